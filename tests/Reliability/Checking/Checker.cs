namespace DaprShop.Reliability.Checking;

/// <summary>
/// Judges a world at rest: a pure function. A world that is still on its way has findings such as <see cref="Findings.OrderUnfinished"/>, so
/// whoever waits for rest reads and judges again.
/// </summary>
internal static class Checker
{
    public static IReadOnlyList<Finding> Judge(World world)
    {
        var orders = new Orders(world);
        var ledgers = world.Stock.Select(BucketLedger.Fold).ToList();
        return
        [
            .. HistoryRules.Judge(world, orders),
            .. OrderRules.Judge(world),
            .. StockRules.Judge(world, orders, ledgers),
            .. MoneyRules.Judge(world, orders),
            .. NoticeRules.Judge(world, orders),
            .. DeadLetterRules.Judge(world),
        ];
    }
}

/// <summary>The orders that were accepted: what the logs hold, with the record and the state that stand for each.</summary>
internal sealed class Orders
{
    private readonly Dictionary<string, OrderFacts> _states;

    public Orders(World world)
    {
        var records = world.Records.ToLookup(record => record.OrderId, StringComparer.Ordinal);
        // When one key was used for two bodies, both are in the logs and the record is the order.
        Accepted = world.Logged.Concat(world.Records).GroupBy(order => order.OrderId, StringComparer.Ordinal)
            .ToDictionary(same => same.Key, same => records[same.Key].FirstOrDefault() ?? same.First(), StringComparer.Ordinal);
        _states = world.States.ToDictionary(state => state.OrderId, StringComparer.Ordinal);
    }

    public IReadOnlyDictionary<string, OrderRecord> Accepted { get; }

    /// <summary><c>Reserved</c> until its saga has written a state.</summary>
    public string StatusOf(string orderId) => _states.GetValueOrDefault(orderId)?.Status ?? OrderLife.Reserved;

    public OrderFacts? StateOf(string orderId) => _states.GetValueOrDefault(orderId);
}
