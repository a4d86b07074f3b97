namespace DaprShop.Reliability.Checking;

/// <summary>I1 and I2: no unit is promised twice, none is lost, and each belongs to an order that still has a right to it.</summary>
internal static class StockRules
{
    public static IEnumerable<Finding> Judge(World world, Orders orders, IReadOnlyList<BucketLedger> ledgers) =>
    [
        .. ledgers.SelectMany(ledger => ledger.Findings),
        .. ledgers.SelectMany(Counters),
        .. world.Pools.GroupBy(pool => pool.Sku, StringComparer.Ordinal).SelectMany(pools => Units(pools.Key, [.. pools], world, orders)),
        .. Reservations(world, orders, ledgers),
    ];

    /// <summary>The document beside its log.</summary>
    private static IEnumerable<Finding> Counters(BucketLedger log)
    {
        var document = log.Bucket;
        var drift = Math.Max(
            Math.Abs(document.Available - log.Available),
            Math.Max(
                Math.Max(Math.Abs(document.Reserved - log.Reserved), Math.Abs(document.SoldDrift(log))),
                Math.Max(Math.Abs(document.Restocked - log.Restocked), Math.Max(Math.Abs(document.Received - log.Received), Math.Abs(document.Sent - log.Sent)))));
        if (drift > 0)
        {
            yield return new Finding(
                Findings.StockDrift,
                document.Bucket,
                $"the document has available {document.Available}, reserved {document.Reserved}, sold {document.Sold}; its log {log.Available}, {log.Reserved}, {log.SoldUnits}",
                drift);
        }

        var missing = document.Initial + document.Restocked + document.Received - document.Available - document.Reserved - document.Sold - document.Sent;
        if (missing != 0)
        {
            yield return new Finding(Findings.StockDrift, document.Bucket, $"its counters are {missing} units short of what came in", Math.Abs(missing));
        }

        var open = log.Reservations.Where(IsOpen).Sum(reservation => reservation.Units);
        if (document.Reserved != open)
        {
            yield return new Finding(
                Findings.StockDrift, document.Bucket, $"{document.Reserved} units are reserved, open reservations keep {open}", Math.Abs(document.Reserved - open));
        }
    }

    private static long SoldDrift(this StockBucket document, BucketLedger log) => document.Sold - log.SoldUnits;

    /// <summary>All buckets of a SKU, those of its sales among them, against the orders.</summary>
    private static IEnumerable<Finding> Units(string sku, IReadOnlyList<StockPool> pools, World world, Orders orders)
    {
        var buckets = world.Stock.Where(bucket => bucket.Sku == sku).ToDictionary(bucket => bucket.Bucket, StringComparer.Ordinal);
        long initial = 0, available = 0;
        foreach (var pool in pools)
        {
            initial += pool.Initial;
            for (var n = 0; n < pool.Buckets; n++)
            {
                // A bucket nobody has asked for has no document: its share is whole.
                var share = (pool.Initial / pool.Buckets) + (n < pool.Initial % pool.Buckets ? 1 : 0);
                available += buckets.GetValueOrDefault($"{pool.Pool}/{n}")?.Available ?? share;
            }
        }

        if (world.Offers.FirstOrDefault(offer => offer.Sku == sku) is { } offered && offered.Initial != initial)
        {
            yield return new Finding(Findings.StockDrift, sku, $"it began with {initial} units, the operator gave {offered.Initial}", Math.Abs(offered.Initial - initial));
        }

        var underWay = buckets.Values.Sum(bucket => bucket.Sent - bucket.Received);
        if (underWay != 0)
        {
            yield return new Finding(Findings.TransferLost, sku, $"{underWay} units were sent between its buckets and never received", Math.Abs(underWay));
        }

        var owned = initial + buckets.Values.Sum(bucket => bucket.Restocked);
        var promised = orders.Accepted.Values.Where(order => orders.StatusOf(order.OrderId) is not (OrderLife.Cancelled or OrderLife.Refunded))
            .SelectMany(order => order.Lines).Where(line => line.Sku == sku).Sum(line => (long)line.Quantity);
        if (promised > owned)
        {
            yield return new Finding(Findings.Oversold, sku, $"{promised} units are promised, there are {owned}", promised - owned);
        }
        else if (available + promised > owned)
        {
            yield return new Finding(
                Findings.Oversold, sku, $"{available} units are for sale beside {promised} promised ones, there are {owned}", available + promised - owned);
        }

        var lost = owned - available - promised;
        if (lost > 0)
        {
            yield return new Finding(Findings.Undersold, sku, $"of {owned} units {available} are for sale and {promised} belong to orders", lost);
        }
    }

    private static IEnumerable<Finding> Reservations(World world, Orders orders, IReadOnlyList<BucketLedger> ledgers)
    {
        var bySku = ledgers.SelectMany(ledger => ledger.Reservations, (ledger, reservation) => (ledger.Bucket.Sku, Reservation: reservation))
            .GroupBy(pair => (pair.Sku, pair.Reservation.Id))
            .ToDictionary(same => same.Key, same => same.First().Reservation);
        var lines = new HashSet<(string Sku, string Id)>();
        foreach (var order in orders.Accepted.Values)
        {
            var status = orders.StatusOf(order.OrderId);
            foreach (var line in order.Lines)
            {
                var key = (line.Sku, line.ReservationId ?? order.OrderId);
                lines.Add(key);
                var found = bySku.GetValueOrDefault(key);
                if (found is not null && found.Units != line.Quantity)
                {
                    yield return new Finding(
                        Findings.QuantityDiffers, order.OrderId, $"{line.Quantity} {line.Sku} are ordered, {found.Units} reserved", Math.Abs(found.Units - line.Quantity));
                }

                if (status == OrderLife.Confirmed && found?.State != BucketLedger.Sold)
                {
                    yield return new Finding(
                        Findings.UnitsNotSold, order.OrderId, $"it is Confirmed, its {line.Sku} are {found?.State ?? "not reserved"}", line.Quantity);
                }

                if (status is OrderLife.Cancelled or OrderLife.Refunded && found is not null && (IsOpen(found) || found.State == BucketLedger.Sold))
                {
                    yield return new Finding(Findings.UnitsKept, order.OrderId, $"it is {status}, its {line.Sku} are {found.State}", line.Quantity);
                }
            }
        }

        foreach (var ((sku, id), reservation) in bySku)
        {
            if (!lines.Contains((sku, id)) && (IsOpen(reservation) || reservation.State == BucketLedger.Sold))
            {
                yield return new Finding(
                    Findings.UnitsOfNobody, id, $"{reservation.Units} {sku} are {reservation.State} for no line of an accepted order", reservation.Units);
            }
        }
    }

    private static bool IsOpen(FoldedReservation reservation) => reservation.State is BucketLedger.Tentative or BucketLedger.Held;
}
