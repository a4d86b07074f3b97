using System.Collections.Concurrent;
using DaprShop.Contracts.Inventory;

namespace DaprShop.Order.Log;

/// <summary>The orders this replica committed to its logs and has not relayed yet: already accepted, not yet under their own keys.</summary>
internal sealed class OrderTails
{
    private readonly ConcurrentDictionary<string, OrderContent> _orders = new(StringComparer.Ordinal);
    private int _count;
    private long _accepted;

    /// <summary>Kept beside the dictionary, whose own count takes all its locks: every request asks.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>Orders that this process made durable. One whose request was repeated meanwhile may be in it twice.</summary>
    public long Accepted => Volatile.Read(ref _accepted);

    /// <summary>When the order was placed that has waited longest; null: none waits.</summary>
    public DateTimeOffset? OldestAt => _orders.IsEmpty ? null : _orders.Min(order => (DateTimeOffset?)order.Value.CreatedAt);

    public OrderContent? Find(string orderId) => _orders.GetValueOrDefault(orderId);

    public IReadOnlyList<OrderContent> Of(string userId) => [.. _orders.Values.Where(order => order.UserId == userId)];

    public void Add(OrderContent order)
    {
        if (_orders.TryAdd(order.OrderId, order))
        {
            Interlocked.Increment(ref _count);
            Interlocked.Increment(ref _accepted);
        }
    }

    public void Remove(string orderId)
    {
        if (_orders.TryRemove(orderId, out _))
        {
            Interlocked.Decrement(ref _count);
        }
    }
}
