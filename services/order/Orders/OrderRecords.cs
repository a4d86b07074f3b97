using System.Collections.Concurrent;
using DaprShop.Contracts.Inventory;
using DaprShop.ServiceDefaults.State;

namespace DaprShop.Order.Orders;

/// <summary>
/// The records <c>order/{id}</c>: created once and never changed, so what was read once need not be read again. Every step of a saga asks for one.
/// </summary>
internal sealed class OrderRecords(DocumentStore documents)
{
    /// <summary>How many are kept at the least; twice as many at the most.</summary>
    private const int Kept = 4096;

    private ConcurrentDictionary<string, OrderContent> _newer = new(StringComparer.Ordinal);
    private ConcurrentDictionary<string, OrderContent> _older = new(StringComparer.Ordinal);

    public async Task<OrderContent?> FindAsync(string orderId, CancellationToken cancellationToken)
    {
        if (_newer.TryGetValue(orderId, out var kept) || _older.TryGetValue(orderId, out kept))
        {
            return kept;
        }

        var record = await documents.ReadAsync<OrderContent>(OrderKeys.Record(orderId), cancellationToken);
        if (record is not null)
        {
            Keep(record);
        }

        return record;
    }

    /// <summary>Created, never overwritten: when one key was used for two bodies at the same moment, the first record is the order.</summary>
    /// <returns>The record that stands, and whether it is there since now.</returns>
    public async Task<(OrderContent Record, bool IsNew)> CreateAsync(OrderContent order, CancellationToken cancellationToken)
    {
        var standing = await documents.CreateAsync(OrderKeys.Record(order.OrderId), order, cancellationToken);
        var record = standing ?? order;
        Keep(record);
        return (record, standing is null);
    }

    private void Keep(OrderContent record)
    {
        // Two writers at once may turn the generations twice: then some records are read again.
        if (_newer.Count >= Kept)
        {
            (_older, _newer) = (_newer, new(StringComparer.Ordinal));
        }

        _newer[record.OrderId] = record;
    }
}
