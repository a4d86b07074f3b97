using DaprShop.Contracts.Api;
using DaprShop.Contracts.Inventory;
using DaprShop.Contracts.Payments;
using DaprShop.Order.Orders;

namespace DaprShop.Order.Operations;

/// <summary>What three independent records say: the order logs with their states, the stock logs, the provider's ledger.</summary>
/// <param name="Orders">
/// Read before the other two: what a terminal order entails is in them then. Of one that the other two show being refunded, whether it is has
/// been read after them.
/// </param>
internal sealed record AuditEvidence(
    IReadOnlyList<FoundOrder> Orders, IReadOnlyList<StockAudit> Stock, IReadOnlyList<LedgerEntry> Ledger, DateTimeOffset AsOf);

/// <summary>
/// The shop's promises as pure functions of the evidence. Inequalities are judged always; equalities only for orders that have
/// ended and are not being refunded, because the others are on their way.
/// </summary>
internal static class InvariantChecks
{
    /// <summary>What is on its way, such as money that goes back or an order accepted after the logs were read, counts as wrong after this.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    public static InvariantsReport Judge(AuditEvidence evidence)
    {
        var unfinished = evidence.Orders.Where(order => !IsTerminal(order)).ToList();
        var lag = unfinished.Count == 0 ? TimeSpan.Zero : evidence.AsOf - unfinished.Min(order => order.Order.CreatedAt);
        InvariantCheck[] checks =
        [
            StockConserved(evidence),
            TransfersConserved(evidence),
            StockLogAgrees(evidence),
            ReservedIsHeld(evidence),
            NothingOversold(evidence),
            EndedOrdersSettledStock(evidence),
            SoldUnitsAreOrders(evidence),
            ReservationsAreOrders(evidence),
            ChargedAtMostOnce(evidence),
            ConfirmedOrdersArePaid(evidence),
            CancelledOrdersKeepNoMoney(evidence),
            RefundedOrdersKeepNoMoney(evidence),
            NoMoneyWithoutOrder(evidence),
        ];
        return new InvariantsReport(checks.All(check => check.Holds), evidence.AsOf, Math.Max(0, lag.TotalSeconds), checks);
    }

    private static InvariantCheck StockConserved(AuditEvidence evidence) => None(
        "stock-conserved",
        "initial + restocked + received = available + reserved + sold + sent in every bucket, and nothing negative",
        from stock in evidence.Stock
        let document = stock.Document
        where document.Initial + document.Restocked + document.Received
                != document.Available + document.Reserved + document.Sold + document.Sent
            || document.Available < 0 || document.Reserved < 0 || document.Sold < 0
        select document.Bucket);

    private static InvariantCheck TransfersConserved(AuditEvidence evidence) => None(
        "transfers-conserved",
        "units sent between the buckets of a SKU = units received + units under way",
        from buckets in BySku(evidence)
        where buckets.Sum(bucket => bucket.Sent) != buckets.Sum(bucket => bucket.Received + bucket.UnderWay)
        select buckets.Key);

    private static InvariantCheck StockLogAgrees(AuditEvidence evidence) => None(
        "stock-log-agrees",
        "the log of every bucket folds to its document",
        from stock in evidence.Stock
        where stock.Document != stock.Log
        select stock.Document.Bucket);

    private static InvariantCheck ReservedIsHeld(AuditEvidence evidence) => None(
        "reserved-units-have-reservations",
        "reserved units = units of open reservations",
        from stock in evidence.Stock
        where stock.Log.Reserved != stock.UnitsHeldByReservations
        select stock.Document.Bucket);

    private static InvariantCheck NothingOversold(AuditEvidence evidence)
    {
        var confirmed = evidence.Orders
            .Where(order => order.State is { Status: OrderStatus.Confirmed, IsRefunding: false })
            .SelectMany(order => order.Order.Lines)
            .GroupBy(line => line.Sku, StringComparer.Ordinal)
            .ToDictionary(lines => lines.Key, lines => lines.Sum(line => (long)line.Quantity), StringComparer.Ordinal);
        return None(
            "nothing-oversold",
            "units of confirmed orders <= initial + restocked, and so are units sold and reserved",
            from buckets in BySku(evidence)
            let taken = Math.Max(confirmed.GetValueOrDefault(buckets.Key), buckets.Sum(bucket => bucket.Sold + bucket.Reserved))
            where taken > buckets.Sum(bucket => bucket.Initial + bucket.Restocked)
            select buckets.Key);
    }

    private static InvariantCheck EndedOrdersSettledStock(AuditEvidence evidence)
    {
        var reservations = evidence.Stock
            .SelectMany(stock => stock.Reservations, (stock, reservation) => (stock.Document.Sku, Reservation: reservation))
            .ToDictionary(pair => (pair.Sku, pair.Reservation.ReservationId), pair => pair.Reservation.State);
        return None(
            "ended-orders-settled-stock",
            "a confirmed order's units are sold, a cancelled or refunded order's are back",
            from order in evidence.Orders
            where IsTerminal(order) && !order.State!.IsRefunding
            from line in order.Order.Lines
            let isSettled = reservations.TryGetValue((line.Sku, line.ReservationId), out var state) && IsSettled(state, order.State!.Status)
            where !isSettled
            select order.Order.OrderId);
    }

    private static InvariantCheck SoldUnitsAreOrders(AuditEvidence evidence)
    {
        var orders = ById(evidence);
        return None(
            "sold-units-are-orders",
            "every sold unit belongs to an accepted order that was not cancelled or refunded",
            from stock in evidence.Stock
            from reservation in stock.Reservations
            where reservation.State == ReservationState.Confirmed
                && (orders.TryGetValue(reservation.OrderId, out var order)
                    ? order.State?.Status is OrderStatus.Cancelled or OrderStatus.Refunded
                    : reservation.ReservedAt + Patience < evidence.AsOf)
            select reservation.ReservationId);
    }

    private static InvariantCheck ReservationsAreOrders(AuditEvidence evidence)
    {
        var orders = ById(evidence);
        return None(
            "open-reservations-are-orders",
            "every reservation older than 5 minutes that still keeps units belongs to an accepted order that has not ended",
            from stock in evidence.Stock
            from reservation in stock.Reservations
            where reservation.State is ReservationState.Tentative or ReservationState.Held
                && reservation.ReservedAt + Patience < evidence.AsOf
                && (!orders.TryGetValue(reservation.OrderId, out var order) || IsTerminal(order))
            select reservation.ReservationId);
    }

    private static InvariantCheck ChargedAtMostOnce(AuditEvidence evidence) => None(
        "charged-at-most-once",
        "captures of an order less its refunds are nothing or one capture",
        from entries in ByOrder(evidence)
        let capture = entries.Where(entry => entry.Kind == "capture").Select(entry => entry.Amount).FirstOrDefault()
        where Net(entries) != 0 && Net(entries) != capture
        select entries.Key);

    private static InvariantCheck ConfirmedOrdersArePaid(AuditEvidence evidence)
    {
        var net = Nets(evidence);
        return None(
            "confirmed-orders-are-paid",
            "the provider holds exactly the total of every confirmed order",
            from order in evidence.Orders
            where order.State is { Status: OrderStatus.Confirmed, IsRefunding: false } && net.GetValueOrDefault(order.Order.OrderId) != order.Order.Total.Amount
            select order.Order.OrderId);
    }

    private static InvariantCheck CancelledOrdersKeepNoMoney(AuditEvidence evidence)
    {
        var net = Nets(evidence);
        return None(
            "cancelled-orders-keep-no-money",
            "the provider holds nothing of a cancelled order (what came late goes back within 5 minutes)",
            from order in evidence.Orders
            where order.State?.Status == OrderStatus.Cancelled
                && net.GetValueOrDefault(order.Order.OrderId) != 0
                && LastEntry(evidence, order.Order.OrderId) + Patience < evidence.AsOf
            select order.Order.OrderId);
    }

    private static InvariantCheck RefundedOrdersKeepNoMoney(AuditEvidence evidence)
    {
        var net = Nets(evidence);
        return None(
            "refunded-orders-keep-no-money",
            "the provider holds nothing of a refunded order",
            from order in evidence.Orders
            where order.State?.Status == OrderStatus.Refunded && net.GetValueOrDefault(order.Order.OrderId) != 0
            select order.Order.OrderId);
    }

    private static InvariantCheck NoMoneyWithoutOrder(AuditEvidence evidence)
    {
        var orders = evidence.Orders.Select(order => order.Order.OrderId).ToHashSet(StringComparer.Ordinal);
        return None(
            "no-money-without-order",
            "every capture names an accepted order",
            from entries in ByOrder(evidence)
            where !orders.Contains(entries.Key) && entries.Max(entry => entry.At) < evidence.AsOf - Patience
            select entries.Key);
    }

    private static Dictionary<string, FoundOrder> ById(AuditEvidence evidence) =>
        evidence.Orders.ToDictionary(order => order.Order.OrderId, StringComparer.Ordinal);

    /// <summary>The buckets of a SKU, those of its sales among them.</summary>
    private static IEnumerable<IGrouping<string, StockFold>> BySku(AuditEvidence evidence) =>
        evidence.Stock.Select(stock => stock.Document).GroupBy(bucket => bucket.Sku, StringComparer.Ordinal);

    private static bool IsTerminal(FoundOrder order) => order.State is { } state && OrderTable.IsTerminal(state.Status);

    private static bool IsSettled(ReservationState reservation, OrderStatus order) => order switch
    {
        OrderStatus.Confirmed => reservation == ReservationState.Confirmed,
        OrderStatus.Refunded => reservation == ReservationState.Returned,
        _ => reservation is ReservationState.Released or ReservationState.Returned,
    };

    private static DateTimeOffset LastEntry(AuditEvidence evidence, string orderId) =>
        evidence.Ledger.Where(entry => entry.Reference == orderId).Max(entry => entry.At);

    private static IEnumerable<IGrouping<string, LedgerEntry>> ByOrder(AuditEvidence evidence) =>
        evidence.Ledger.GroupBy(entry => entry.Reference, StringComparer.Ordinal);

    private static Dictionary<string, long> Nets(AuditEvidence evidence) =>
        ByOrder(evidence).ToDictionary(entries => entries.Key, Net, StringComparer.Ordinal);

    private static long Net(IEnumerable<LedgerEntry> entries) =>
        entries.Sum(entry => entry.Kind == "capture" ? entry.Amount : -entry.Amount);

    private static InvariantCheck None(string name, string expected, IEnumerable<string> violations)
    {
        var found = violations.Distinct(StringComparer.Ordinal).ToList();
        return new InvariantCheck(
            name,
            found.Count == 0,
            expected,
            found.Count == 0 ? "holds" : $"{found.Count} violated: {string.Join(", ", found.Take(5))}");
    }
}
