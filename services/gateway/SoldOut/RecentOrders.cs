using System.Collections.Concurrent;
using DaprShop.ServiceDefaults.Ids;

namespace DaprShop.Gateway.SoldOut;

/// <summary>
/// Orders that this gateway is forwarding, or forwarded lately without their being refused. One that was accepted after inventory was
/// asked is not in its filter yet; this lets its repeat through. Those that are done are in two filters of which the older is forgotten,
/// so memory is bounded; one that overflows only lets more through.
/// </summary>
internal sealed class RecentOrders(TimeProvider clock)
{
    /// <summary>An order whose client went away may be accepted as late as the forwarder would have waited.</summary>
    internal static readonly TimeSpan Generation = TimeSpan.FromSeconds(30);

    private const int Capacity = 250_000;

    private readonly ConcurrentDictionary<string, byte> _inFlight = new(StringComparer.Ordinal);
    private readonly Lock _turning = new();
    private volatile Pair _pair = new(Newer: null, Older: null, clock.GetTimestamp());

    /// <returns>True: nobody else is forwarding it, and <see cref="End"/> must follow.</returns>
    public bool TryBegin(string orderId) => _inFlight.TryAdd(orderId, 0);

    public void End(string orderId) => _inFlight.TryRemove(orderId, out _);

    /// <summary>It was accepted, or nobody knows.</summary>
    public void Add(string orderId)
    {
        lock (_turning)
        {
            var pair = Turned();
            if (pair.Newer is null)
            {
                _pair = pair = pair with { Newer = IdFilter.For(Capacity) };
            }

            pair.Newer!.Add(orderId);
        }
    }

    public bool MayContain(string orderId)
    {
        var pair = _pair;
        return _inFlight.ContainsKey(orderId) || (clock.GetElapsedTime(pair.Since) < Generation * 2
            && (pair.Newer?.MayContain(orderId) == true || pair.Older?.MayContain(orderId) == true));
    }

    private Pair Turned()
    {
        var age = clock.GetElapsedTime(_pair.Since);
        if (age >= Generation)
        {
            _pair = new Pair(Newer: null, Older: age < Generation * 2 ? _pair.Newer : null, clock.GetTimestamp());
        }

        return _pair;
    }

    private sealed record Pair(IdFilter? Newer, IdFilter? Older, long Since);
}
