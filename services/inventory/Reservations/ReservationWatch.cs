using System.Collections.Concurrent;
using DaprShop.Inventory.Stock;

namespace DaprShop.Inventory.Reservations;

/// <summary>For how long this process has seen reservations waiting, by its monotonic clock: an age that no wrong wall clock can change.</summary>
internal sealed class ReservationWatch(TimeProvider clock)
{
    private readonly ConcurrentDictionary<BucketId, IReadOnlyDictionary<string, (DateTimeOffset ReservedAt, long Since)>> _since = new();

    /// <summary>Begins to watch what is new or was asked for again, and forgets what is gone.</summary>
    /// <returns>The ages by reservation.</returns>
    public IReadOnlyDictionary<string, TimeSpan> Watch(BucketId bucket, IReadOnlyCollection<Reservation> reservations)
    {
        if (reservations.Count == 0)
        {
            _since.TryRemove(bucket, out _);
            return new Dictionary<string, TimeSpan>();
        }

        var now = clock.GetTimestamp();
        var known = _since.GetValueOrDefault(bucket);
        var since = reservations.ToDictionary(
            reservation => reservation.Id,
            reservation => known?.TryGetValue(reservation.Id, out var seen) == true && seen.ReservedAt == reservation.ReservedAt ? seen : (reservation.ReservedAt, Since: now),
            StringComparer.Ordinal);
        _since[bucket] = since;
        return since.ToDictionary(each => each.Key, each => clock.GetElapsedTime(each.Value.Since, now), StringComparer.Ordinal);
    }
}
