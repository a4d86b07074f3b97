using DaprShop.Contracts.Inventory;
using DaprShop.Order.Orders;
using DaprShop.ServiceDefaults.State;

namespace DaprShop.Order.Log;

/// <summary>Reads the order logs of all slots, whoever owns them.</summary>
internal sealed class OrderLogReader(DocumentStore documents)
{
    private const int PageSize = 50;

    public async Task<IReadOnlyList<OrderSlot>> SlotsAsync(CancellationToken cancellationToken)
    {
        var keys = Enumerable.Range(0, OrderKeys.Slots).Select(OrderKeys.Slot).ToList();
        return [.. (await documents.ReadManyAsync<OrderSlot>(keys, cancellationToken)).Values.OrderBy(slot => slot.Slot)];
    }

    /// <summary>The records of one epoch from <paramref name="first"/> to its tail: numbers are never skipped, so the first gap is the end.</summary>
    public async IAsyncEnumerable<OrderLogRecord> RecordsAsync(
        int slot, long epoch, long first, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        for (var n = first; ; n += PageSize)
        {
            var keys = Enumerable.Range(0, PageSize).Select(offset => OrderKeys.LogRecord(slot, epoch, n + offset)).ToList();
            var found = await documents.ReadManyOnceAsync<OrderLogRecord>(keys, cancellationToken);
            foreach (var key in keys)
            {
                if (!found.TryGetValue(key, out var record))
                {
                    yield break;
                }

                yield return record;
            }
        }
    }

    /// <summary>Looks behind the watermarks for an order that was accepted and not relayed, such as by a process that died since.</summary>
    public async Task<OrderContent?> FindUnrelayedAsync(string orderId, CancellationToken cancellationToken)
    {
        var next = (from slot in await SlotsAsync(cancellationToken)
                    from epoch in slot.Epochs
                    select (slot.Slot, epoch.Epoch, N: epoch.Watermark)).ToList();
        while (next.Count > 0)
        {
            var keys = next.ToDictionary(at => OrderKeys.LogRecord(at.Slot, at.Epoch, at.N));
            var found = await documents.ReadManyOnceAsync<OrderLogRecord>([.. keys.Keys], cancellationToken);
            var order = found.Values.SelectMany(record => record.Orders).FirstOrDefault(order => order.OrderId == orderId);
            if (order is not null)
            {
                return order;
            }

            next = [.. found.Keys.Select(key => keys[key] with { N = keys[key].N + 1 })];
        }

        return null;
    }
}
