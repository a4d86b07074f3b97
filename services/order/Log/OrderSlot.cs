using DaprShop.Contracts.Inventory;
using DaprShop.ServiceDefaults.State;

namespace DaprShop.Order.Log;

/// <summary>
/// One of the 16 order logs (commit rule R2). Whoever holds the slot's epoch numbers its records; an epoch that was taken
/// over stays open for reading, because a paused owner's last write may still land.
/// </summary>
/// <param name="Owner">The replica, stable over its restarts.</param>
/// <param name="Run">
/// One holding of the slot by one process. A restarted replica, or one that let the slot go before, finds it under another run and takes it at once, at the next epoch.
/// </param>
internal sealed record OrderSlot(
    int Slot, string Owner, string Run, long Epoch, DateTimeOffset LeaseUntil, IReadOnlyList<SlotEpoch> Epochs);

/// <param name="Watermark">Every record below this number has been relayed.</param>
/// <param name="ClosedAt">When the next epoch was opened; null for the current one.</param>
internal sealed record SlotEpoch(long Epoch, long Watermark, DateTimeOffset? ClosedAt);

/// <summary>
/// <c>order/log/{slot}/{epoch}/{n}</c>: the orders of one commit, and their outbox at once. Only the owner of the epoch writes it,
/// always the same bytes, and never skips a number (commit rule R1).
/// </summary>
internal sealed record OrderLogRecord(int Slot, long Epoch, long N, IReadOnlyList<EncodedOrder> Orders);

/// <summary>How far a relay got: the first number not relayed of each epoch, and the closed epochs that can hold nothing more.</summary>
internal sealed record RelayProgress(IReadOnlyDictionary<long, long> Watermarks, IReadOnlySet<long> Finished);

/// <summary>Decisions about slots: pure functions of the document and the clock.</summary>
internal static class OrderSlots
{
    public static readonly TimeSpan Lease = TimeSpan.FromSeconds(10);
    public static readonly TimeSpan Renewal = TimeSpan.FromSeconds(2);

    /// <summary>A commit starts only with this much lease left, so that it ends before anybody may take over.</summary>
    public static readonly TimeSpan Reserve = TimeSpan.FromSeconds(5);

    /// <summary>How long after its end an epoch may still grow. It is dropped only once it was read to its end after that.</summary>
    public static readonly TimeSpan LateWrites = TimeSpan.FromHours(24);

    /// <summary>Takes a slot that is free: new, expired, or held by this replica under an earlier run.</summary>
    /// <param name="isSilent">Its lease was not renewed for as long as one is: whatever end a wrong clock has given it, its owner is gone.</param>
    /// <returns>The slot as it now stands; not taken when its owner is somebody else.</returns>
    public static Change<OrderSlot, OrderSlot> Take(OrderSlot? slot, int number, string owner, string run, DateTimeOffset now, bool isSilent = false)
    {
        if (slot is null)
        {
            return Changed(new OrderSlot(number, owner, run, Epoch: 1, now + Lease, [new SlotEpoch(1, Watermark: 0, ClosedAt: null)]));
        }

        if (slot.Run == run)
        {
            // Taken before, and the answer was lost: the lease counts from now, as it does for whoever asks.
            return Changed(slot with { LeaseUntil = now + Lease });
        }

        if (slot.Owner != owner && slot.LeaseUntil > now && !isSilent)
        {
            return Change.None<OrderSlot, OrderSlot>(slot);
        }

        var next = slot.Epoch + 1;
        return Changed(slot with
        {
            Owner = owner,
            Run = run,
            Epoch = next,
            LeaseUntil = now + Lease,
            Epochs =
            [
                .. slot.Epochs.Select(epoch => epoch with { ClosedAt = epoch.ClosedAt ?? now }),
                new SlotEpoch(next, Watermark: 0, ClosedAt: null),
            ],
        });
    }

    /// <summary>Extends the lease, moves watermarks and drops the epochs that were read to their end; changes nothing when the slot was lost.</summary>
    public static Change<OrderSlot, OrderSlot?> Renew(OrderSlot? slot, string run, RelayProgress progress, DateTimeOffset now) =>
        Write(slot, run, progress, now + Lease);

    /// <summary>As <see cref="Renew"/>, and anybody may take the slot from now on: its owner writes nothing more.</summary>
    public static Change<OrderSlot, OrderSlot?> Release(OrderSlot? slot, string run, RelayProgress progress, DateTimeOffset now) =>
        Write(slot, run, progress, now);

    private static Change<OrderSlot, OrderSlot?> Write(OrderSlot? slot, string run, RelayProgress progress, DateTimeOffset leaseUntil)
    {
        if (slot is null || slot.Run != run)
        {
            return Change.None<OrderSlot, OrderSlot?>(slot);
        }

        var next = slot with
        {
            LeaseUntil = leaseUntil,
            Epochs =
            [
                .. slot.Epochs
                    .Where(epoch => !progress.Finished.Contains(epoch.Epoch))
                    .Select(epoch => epoch with
                    {
                        Watermark = Math.Max(epoch.Watermark, progress.Watermarks.GetValueOrDefault(epoch.Epoch)),
                    }),
            ],
        };
        return Change.To<OrderSlot, OrderSlot?>(next, next);
    }

    private static Change<OrderSlot, OrderSlot> Changed(OrderSlot next) => Change.To(next, next);
}
