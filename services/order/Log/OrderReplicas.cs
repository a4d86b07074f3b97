using DaprShop.Order.Orders;
using DaprShop.ServiceDefaults.State;

namespace DaprShop.Order.Log;

/// <summary>Who shares the order logs: every replica that said so within a lease.</summary>
/// <param name="SeenAt">By the replica's name.</param>
internal sealed record OrderReplicas(IReadOnlyDictionary<string, DateTimeOffset> SeenAt)
{
    /// <summary>
    /// Says that this replica is there, and forgets those that have gone silent. One that was seen in the future is as good as silent: it was a wrong
    /// clock that wrote so, and whoever is still there says so again.
    /// </summary>
    /// <returns>How many logs each may hold: as many as leave none without an owner.</returns>
    public static Change<OrderReplicas, int> See(OrderReplicas? found, string replica, DateTimeOffset now)
    {
        var seen = (found?.SeenAt ?? new Dictionary<string, DateTimeOffset>())
            .Where(other => other.Key != replica && (now - other.Value).Duration() < OrderSlots.Lease)
            .Append(KeyValuePair.Create(replica, now))
            .ToDictionary(StringComparer.Ordinal);
        return Change.To(new OrderReplicas(seen), (OrderKeys.Slots + seen.Count - 1) / seen.Count);
    }
}
