namespace DaprShop.Reliability.Checking;

/// <summary>What clients were told, against what was kept: I4, I10, I11, I14 and I17.</summary>
internal static class HistoryRules
{
    public static IEnumerable<Finding> Judge(World world, Orders orders)
    {
        var wishes = world.History.Where(call => call.Action != Actions.Read)
            .GroupBy(call => (call.User, call.Action, call.Key))
            .Select(calls => new Wish(calls.Key.User, calls.Key.Action, calls.Key.Key, [.. calls]))
            .ToList();
        var placed = wishes.Where(wish => wish.Action == Actions.Place).ToList();
        return
        [
            .. wishes.Where(wish => !wish.IsResolved)
                .Select(wish => new Finding(Findings.Unresolved, $"{wish.User} {wish.Action} {wish.Key}", "no call of it was answered for good")),
            .. placed.SelectMany(wish => Placed(wish, orders)),
            .. Kept(world, orders),
            .. Strangers(placed, orders),
            .. Prices(world, orders),
            .. Reads(world, placed),
            .. Outcomes(wishes, orders),
            .. Restocks(world, wishes),
        ];
    }

    private static IEnumerable<Finding> Placed(Wish wish, Orders orders)
    {
        var answers = wish.Answers.ToList();
        var ids = answers.Select(answer => answer.OrderId!).Distinct(StringComparer.Ordinal).ToList();
        if (ids.Count > 1)
        {
            yield return new Finding(Findings.OrderTwice, $"{wish.User} {wish.Key}", $"its key named {string.Join(" and ", ids)}");
        }

        if (answers.Select(answer => (answer.Total, Wish.Shown(answer.Lines))).Distinct().Count() > 1)
        {
            yield return new Finding(Findings.AnswerDiffers, $"{wish.User} {wish.Key}", "repeats of it were answered with different orders");
        }

        foreach (var id in ids)
        {
            if (!orders.Accepted.TryGetValue(id, out var order))
            {
                yield return new Finding(Findings.OrderForgotten, id, $"{wish.User} was told 202 for {wish.Key}; no log and no record has it");
                continue;
            }

            // The lines that were asked for first are the order: another body under its key is refused.
            if (order.User != wish.User || Wish.Shown(order.Lines) != Wish.Shown(wish.Lines) || order.Total != answers[0].Total)
            {
                yield return new Finding(
                    Findings.ContentDiffers,
                    id,
                    $"{wish.User} asked for {Wish.Shown(wish.Lines)} at {answers[0].Total}; kept is {order.User}, {Wish.Shown(order.Lines)} at {order.Total}");
            }
        }
    }

    private static IEnumerable<Finding> Kept(World world, Orders orders)
    {
        var logged = world.Logged.Select(order => order.OrderId).ToHashSet(StringComparer.Ordinal);
        var recorded = world.Records.Select(order => order.OrderId).ToHashSet(StringComparer.Ordinal);
        foreach (var id in orders.Accepted.Keys)
        {
            if (!logged.Contains(id))
            {
                yield return new Finding(Findings.OrderNotLogged, id, "it has a record and stands in no order log");
            }

            if (!recorded.Contains(id))
            {
                yield return new Finding(Findings.OrderNotRecorded, id, "it stands in an order log and has no record");
            }
        }
    }

    /// <summary>Orders that no client was told of: right only while a wish of that user has no answer.</summary>
    private static IEnumerable<Finding> Strangers(List<Wish> placed, Orders orders)
    {
        var acknowledged = placed.SelectMany(wish => wish.Answers).Select(answer => answer.OrderId!).ToHashSet(StringComparer.Ordinal);
        var open = placed.Where(wish => !wish.IsResolved).Select(wish => wish.User).ToHashSet(StringComparer.Ordinal);
        var refused = placed.Where(wish => wish.IsRefused).Select(wish => wish.User).ToHashSet(StringComparer.Ordinal);
        foreach (var order in orders.Accepted.Values.Where(order => !acknowledged.Contains(order.OrderId) && !open.Contains(order.User)))
        {
            yield return refused.Contains(order.User)
                ? new Finding(Findings.RefusedAndAccepted, order.OrderId, $"{order.User} was told of refusals only and it is kept")
                : new Finding(Findings.OrderUnasked, order.OrderId, $"{order.User} was never told of it");
        }
    }

    private static IEnumerable<Finding> Prices(World world, Orders orders)
    {
        var prices = world.Offers.ToDictionary(offer => offer.Sku, offer => offer.Price, StringComparer.Ordinal);
        foreach (var order in orders.Accepted.Values)
        {
            var isRight = order.Total == order.Lines.Sum(line => line.Price * line.Quantity)
                && (order.SaleId is not null || order.Lines.All(line => prices.GetValueOrDefault(line.Sku) == line.Price));
            if (!isRight)
            {
                yield return new Finding(Findings.PriceDiffers, order.OrderId, $"{Wish.Shown(order.Lines)} costs {order.Total}");
            }
        }
    }

    /// <summary>Who was told of an order reads it from then on, and never an older version than before.</summary>
    private static IEnumerable<Finding> Reads(World world, List<Wish> placed)
    {
        var toldAt = placed.SelectMany(wish => wish.Answers).GroupBy(answer => answer.OrderId!, StringComparer.Ordinal)
            .ToDictionary(answers => answers.Key, answers => answers.Min(answer => answer.AtMs), StringComparer.Ordinal);
        foreach (var reads in world.History.Where(call => call.Action == Actions.Read).GroupBy(call => call.Key, StringComparer.Ordinal))
        {
            var begun = reads.Where(call => call.Phase == Phase.Invoke).ToDictionary(call => call.Call, call => call.AtMs);
            var seen = reads.Where(call => call.Phase == Phase.Ok).ToList();
            foreach (var forgot in reads.Where(call => call.Phase == Phase.Fail && toldAt.GetValueOrDefault(call.Key, long.MaxValue) < begun[call.Call]))
            {
                yield return new Finding(Findings.ReadForgot, reads.Key, $"{forgot.AtMs} ms after the start it was answered {forgot.Detail}");
            }

            foreach (var read in seen)
            {
                // Reads that overlap may be answered in any order.
                var newest = seen.Where(other => other.AtMs < begun[read.Call]).Max(other => other.Version);
                if (newest > read.Version)
                {
                    yield return new Finding(Findings.ReadRegressed, reads.Key, $"version {read.Version} was read after version {newest}");
                }
            }
        }
    }

    /// <summary>What was answered 202 happens, and what happens was asked for.</summary>
    private static IEnumerable<Finding> Outcomes(List<Wish> wishes, Orders orders)
    {
        var refunds = wishes.Where(wish => wish.Action == Actions.Refund).ToList();
        foreach (var refund in refunds.Where(wish => wish.Answers.Any() && orders.StatusOf(wish.OrderId!) != OrderLife.Refunded))
        {
            yield return new Finding(Findings.RefundForgotten, refund.OrderId!, $"its refund was answered 202 and it is {orders.StatusOf(refund.OrderId!)}");
        }

        var askedBack = refunds.Where(wish => !wish.IsRefused).Select(wish => wish.OrderId).ToHashSet(StringComparer.Ordinal);
        var cancelled = wishes.Where(wish => wish.Action == Actions.Cancel && !wish.IsRefused).Select(wish => wish.OrderId).ToHashSet(StringComparer.Ordinal);
        foreach (var id in orders.Accepted.Keys)
        {
            if (orders.StatusOf(id) == OrderLife.Refunded && !askedBack.Contains(id))
            {
                yield return new Finding(Findings.RefundUnasked, id, "nobody asked for its refund");
            }

            if (orders.StateOf(id) is { CancelReason: "customer" } && !cancelled.Contains(id))
            {
                yield return new Finding(Findings.CancelUnasked, id, "its customer did not cancel it");
            }
        }
    }

    private static IEnumerable<Finding> Restocks(World world, List<Wish> wishes)
    {
        var restocks = wishes.Where(wish => wish.Action == Actions.Restock).ToLookup(wish => wish.Lines[0].Sku, StringComparer.Ordinal);
        foreach (var offer in world.Offers)
        {
            var sure = restocks[offer.Sku].Where(wish => wish.Answers.Any()).Sum(wish => (long)wish.Lines[0].Quantity);
            var most = sure + restocks[offer.Sku].Where(wish => !wish.IsResolved).Sum(wish => (long)wish.Lines[0].Quantity);
            var kept = world.Stock.Where(bucket => bucket.Sku == offer.Sku).Sum(bucket => bucket.Restocked);
            if (kept < sure || kept > most)
            {
                yield return new Finding(Findings.RestockLost, offer.Sku, $"{sure} units were restocked, its buckets have {kept}", Math.Abs(kept - sure));
            }
        }
    }
}

/// <summary>What a client wanted, however many calls it took.</summary>
internal sealed record Wish(string User, string Action, string Key, IReadOnlyList<HistoryEvent> Calls)
{
    public IReadOnlyList<Line> Lines { get; } = Calls.FirstOrDefault(call => call.Phase == Phase.Invoke)?.Lines ?? [];

    public string? OrderId { get; } = Calls.Select(call => call.OrderId).FirstOrDefault(id => id is not null);

    public IEnumerable<HistoryEvent> Answers => Calls.Where(call => call.Phase == Phase.Ok);

    public bool IsResolved => Calls.Any(call => call.Phase is Phase.Ok or Phase.Fail);

    /// <summary>Refused, and by no call answered otherwise.</summary>
    public bool IsRefused => IsResolved && !Answers.Any();

    public static string Shown(IReadOnlyList<Line>? lines) =>
        string.Join(", ", (lines ?? []).OrderBy(line => line.Sku, StringComparer.Ordinal).Select(line => $"{line.Quantity} {line.Sku}"));
}
