using System.Collections.Concurrent;
using DaprShop.Contracts.Inventory;

namespace DaprShop.Order.Log;

/// <summary>The orders this replica committed to its logs and has not relayed yet: already accepted, not yet under their own keys.</summary>
internal sealed class OrderTails
{
    private readonly ConcurrentDictionary<string, OrderContent> _orders = new(StringComparer.Ordinal);
    private int _count;

    /// <summary>Kept beside the dictionary, whose own count takes all its locks: every request asks.</summary>
    public int Count => Volatile.Read(ref _count);

    public OrderContent? Find(string orderId) => _orders.GetValueOrDefault(orderId);

    public IReadOnlyList<OrderContent> Of(string userId) => [.. _orders.Values.Where(order => order.UserId == userId)];

    public void Add(OrderContent order)
    {
        if (_orders.TryAdd(order.OrderId, order))
        {
            Interlocked.Increment(ref _count);
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
