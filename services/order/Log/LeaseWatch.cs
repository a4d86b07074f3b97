using System.Collections.Concurrent;

namespace DaprShop.Order.Log;

/// <summary>
/// Watches the leases of others by this process's monotonic clock. A lease ends by the wall clock of whoever wrote it; one that was written while that clock
/// was days ahead would keep its log from every other replica, and the accepted orders in it from their sagas, for as long.
/// </summary>
internal sealed class LeaseWatch(TimeProvider clock)
{
    private readonly ConcurrentDictionary<int, (string Run, DateTimeOffset Until, long Since)> _seen = new();

    /// <summary>Whether the lease stands as this process first saw it a whole lease ago. A living owner writes it five times in that time.</summary>
    public bool IsSilent(OrderSlot? slot)
    {
        if (slot is null)
        {
            return false;
        }

        var seen = _seen.AddOrUpdate(
            slot.Slot,
            _ => (slot.Run, slot.LeaseUntil, clock.GetTimestamp()),
            (_, known) => (known.Run, known.Until) == (slot.Run, slot.LeaseUntil) ? known : (slot.Run, slot.LeaseUntil, clock.GetTimestamp()));
        return clock.GetElapsedTime(seen.Since) >= OrderSlots.Lease;
    }
}
