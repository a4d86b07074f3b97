using DaprShop.Order.Log;
using DaprShop.Order.Operations;
using DaprShop.Order.Reading;

namespace DaprShop.Order.Reconciling;

/// <summary>Reads the facts in the order in which they can be compared: what was accepted first, what follows from it later.</summary>
internal sealed class FactsReader(AuditReader evidence, OrderLogReader log, UserOrders userOrders, TimeProvider clock)
{
    private const int UsersAtOnce = 4;

    public async Task<AuditFacts> ReadAsync(CancellationToken cancellationToken)
    {
        var from = clock.GetUtcNow();
        var read = await evidence.ReadAsync(cancellationToken);
        var waiting = await WaitingAsync(cancellationToken);
        var lists = new System.Collections.Concurrent.ConcurrentDictionary<string, IReadOnlyList<UserOrder>>(StringComparer.Ordinal);
        await Parallel.ForEachAsync(
            read.Orders.Select(order => order.Order.UserId).Distinct(StringComparer.Ordinal),
            new ParallelOptions { MaxDegreeOfParallelism = UsersAtOnce, TaskScheduler = TaskScheduler.Current, CancellationToken = cancellationToken },
            async (userId, token) => lists[userId] = await ListAsync(userId, token));
        return new AuditFacts(read, from, waiting, lists);
    }

    private async Task<IReadOnlySet<string>> WaitingAsync(CancellationToken cancellationToken)
    {
        var waiting = new HashSet<string>(StringComparer.Ordinal);
        foreach (var slot in await log.SlotsAsync(cancellationToken))
        {
            foreach (var epoch in slot.Epochs)
            {
                await foreach (var record in log.RecordsAsync(slot.Slot, epoch.Epoch, epoch.Watermark, cancellationToken))
                {
                    waiting.UnionWith(record.Orders.Select(order => order.OrderId));
                }
            }
        }

        return waiting;
    }

    private async Task<IReadOnlyList<UserOrder>> ListAsync(string userId, CancellationToken cancellationToken)
    {
        var listed = new List<UserOrder>();
        int? before = null;
        do
        {
            (var entries, before) = await userOrders.ReadAsync(userId, before, cancellationToken);
            listed.AddRange(entries);
        }
        while (before is not null);

        return listed;
    }
}
