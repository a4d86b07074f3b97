using DaprShop.Contracts.Inventory;
using DaprShop.Order.Orders;
using DaprShop.ServiceDefaults.State;

namespace DaprShop.Order.Log;

/// <summary>Reads the order logs of all slots, whoever owns them.</summary>
internal sealed class OrderLogReader(DocumentStore documents)
{
    private const int PageSize = 50;

    /// <summary>One read each: a slot that a bulk read left out would hide its orders.</summary>
    public async Task<IReadOnlyList<OrderSlot>> SlotsAsync(CancellationToken cancellationToken)
    {
        var slots = await Task.WhenAll(Enumerable.Range(0, OrderKeys.Slots).Select(
            slot => documents.ReadAsync<OrderSlot>(OrderKeys.Slot(slot), cancellationToken)));
        return [.. slots.OfType<OrderSlot>()];
    }

    /// <summary>The records of one epoch from <paramref name="first"/> to its tail: numbers are never skipped, so the first gap is the end.</summary>
    public async IAsyncEnumerable<OrderLogRecord> RecordsAsync(
        int slot, long epoch, long first, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var n = first;

        // A bulk read also leaves out what it could not read: only a record's own read tells that the log ends there.
        while (await documents.ReadOnceAsync<OrderLogRecord>(OrderKeys.LogRecord(slot, epoch, n), cancellationToken) is { } record)
        {
            yield return record;
            n++;
            var keys = Enumerable.Range(0, PageSize).Select(offset => OrderKeys.LogRecord(slot, epoch, n + offset)).ToList();
            var found = await documents.ReadManyOnceAsync<OrderLogRecord>(keys, cancellationToken);
            foreach (var following in keys.TakeWhile(found.ContainsKey).Select(key => found[key]))
            {
                yield return following;
                n++;
            }
        }
    }

    /// <summary>Looks behind the watermarks for an order that was accepted and not relayed, such as by a process that died since.</summary>
    public async Task<OrderContent?> FindUnrelayedAsync(string orderId, CancellationToken cancellationToken)
    {
        var open = from slot in await SlotsAsync(cancellationToken)
                   from epoch in slot.Epochs
                   select (slot.Slot, epoch.Epoch, epoch.Watermark);
        EncodedOrder? order = null;
        await Parallel.ForEachAsync(
            open,
            new ParallelOptions { MaxDegreeOfParallelism = OrderKeys.Slots, TaskScheduler = TaskScheduler.Current, CancellationToken = cancellationToken },
            async (at, token) =>
            {
                await foreach (var record in RecordsAsync(at.Slot, at.Epoch, at.Watermark, token))
                {
                    if (record.Orders.FirstOrDefault(found => found.OrderId == orderId) is { } found)
                    {
                        Interlocked.CompareExchange(ref order, found, null);
                        return;
                    }
                }
            });
        return order?.Decode();
    }
}
