using System.Collections.Concurrent;
using DaprShop.Contracts.Inventory;

namespace DaprShop.Order.Log;

/// <summary>The orders this replica committed to its logs and has not relayed yet: already accepted, not yet under their own keys.</summary>
internal sealed class OrderTails
{
    private readonly ConcurrentDictionary<string, OrderContent> _orders = new(StringComparer.Ordinal);

    public int Count => _orders.Count;

    public OrderContent? Find(string orderId) => _orders.GetValueOrDefault(orderId);

    public IReadOnlyList<OrderContent> Of(string userId) => [.. _orders.Values.Where(order => order.UserId == userId)];

    public void Add(OrderContent order) => _orders.TryAdd(order.OrderId, order);

    public void Remove(string orderId) => _orders.TryRemove(orderId, out _);
}
