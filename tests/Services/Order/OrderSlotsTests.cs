using DaprShop.Order.Log;
using DaprShop.ServiceDefaults.State;
using DaprShop.TestKit;

namespace DaprShop.Tests.Services.Order;

public sealed class OrderSlotsTests
{
    private static readonly DateTimeOffset Now = SampleOrders.Now;

    [Fact]
    public void Take_NewSlot_StartsAtEpochOne()
    {
        var change = OrderSlots.Take(null, 3, "replica-a", "run-1", Now);

        Assert.Equal(("replica-a", "run-1", 1L, Now + OrderSlots.Lease), (change.Result.Owner, change.Result.Run, change.Result.Epoch, change.Result.LeaseUntil));
        Assert.Equal([new SlotEpoch(1, 0, null)], change.Result.Epochs);
    }

    [Fact]
    public void Take_OwnPredecessor_RaisesTheEpochAtOnceAndKeepsReadingTheOldOne()
    {
        var held = OrderSlots.Take(null, 3, "replica-a", "run-1", Now).Result;
        var relayed = OrderSlots.Renew(held, "run-1", At(7), Now).Result!;

        var change = OrderSlots.Take(relayed, 3, "replica-a", "run-2", Now.AddSeconds(1));

        Assert.Equal(("run-2", 2L), (change.Result.Run, change.Result.Epoch));
        Assert.Equal([new SlotEpoch(1, 7, Now.AddSeconds(1)), new SlotEpoch(2, 0, null)], change.Result.Epochs);
    }

    [Fact]
    public void Take_SlotOfALivingReplica_IsRefused()
    {
        var held = OrderSlots.Take(null, 3, "replica-a", "run-1", Now).Result;

        var change = OrderSlots.Take(held, 3, "replica-b", "run-9", Now + OrderSlots.Lease - TimeSpan.FromMilliseconds(1));

        Assert.Null(change.Next);
        Assert.Equal("run-1", change.Result.Run);
    }

    [Fact]
    public void Take_ExpiredLease_GoesToAnotherReplica()
    {
        var held = OrderSlots.Take(null, 3, "replica-a", "run-1", Now).Result;

        var change = OrderSlots.Take(held, 3, "replica-b", "run-9", Now + OrderSlots.Lease);

        Assert.Equal(("replica-b", 2L), (change.Next!.Owner, change.Next.Epoch));
    }

    [Fact]
    public void Take_LeaseOfAClockDaysAhead_GoesToAnotherReplicaWhenItWasNotRenewedForALease()
    {
        var clock = new ManualClock(Now);
        var leases = new LeaseWatch(clock);
        var held = OrderSlots.Take(null, 3, "replica-a", "run-1", Now.AddDays(3)).Result;

        var first = Take(held);
        clock.Advance(OrderSlots.Lease - TimeSpan.FromMilliseconds(1));
        var renewed = OrderSlots.Renew(held, "run-1", At(0), Now.AddDays(3).AddSeconds(2)).Result!;
        var second = Take(renewed);
        clock.Advance(OrderSlots.Lease);
        var third = Take(renewed);

        Assert.Equal((null, null, "replica-b"), (first.Next, second.Next, third.Next?.Owner));

        Change<OrderSlot, OrderSlot> Take(OrderSlot slot) => OrderSlots.Take(slot, 3, "replica-b", "run-9", clock.GetUtcNow(), leases.IsSilent(slot));
    }

    [Fact]
    public void Take_EpochNobodyReadToItsEnd_IsKeptHoweverOldItIs()
    {
        var first = OrderSlots.Take(null, 3, "replica-a", "run-1", Now).Result;
        var second = OrderSlots.Take(first, 3, "replica-a", "run-2", Now).Result;

        var third = OrderSlots.Take(second, 3, "replica-a", "run-3", Now + OrderSlots.LateWrites + TimeSpan.FromDays(3)).Result;

        Assert.Equal([1L, 2L, 3L], third.Epochs.Select(epoch => epoch.Epoch));
    }

    [Fact]
    public void Take_TakenByThisRunBefore_CountsTheLeaseFromNow()
    {
        var first = OrderSlots.Take(null, 3, "replica-a", "run-1", Now).Result;

        var again = OrderSlots.Take(first, 3, "replica-a", "run-1", Now.AddSeconds(8)).Next!;

        Assert.Equal((1L, Now.AddSeconds(8) + OrderSlots.Lease), (again.Epoch, again.LeaseUntil));
    }

    [Fact]
    public void Renew_EpochReadToItsEnd_IsDropped()
    {
        var first = OrderSlots.Take(null, 3, "replica-a", "run-1", Now).Result;
        var second = OrderSlots.Take(first, 3, "replica-a", "run-2", Now).Result;

        var renewed = OrderSlots.Renew(second, "run-2", new RelayProgress(new Dictionary<long, long> { [2] = 5 }, new HashSet<long> { 1 }), Now).Result!;

        Assert.Equal([new SlotEpoch(2, 5, null)], renewed.Epochs);
    }

    [Fact]
    public void Renew_LostSlot_ChangesNothing()
    {
        var held = OrderSlots.Take(null, 3, "replica-a", "run-1", Now).Result;
        var lost = OrderSlots.Take(held, 3, "replica-b", "run-9", Now + OrderSlots.Lease).Result;

        var change = OrderSlots.Renew(lost, "run-1", At(3), Now + OrderSlots.Lease);

        Assert.Null(change.Next);
        Assert.Equal("run-9", change.Result!.Run);
    }

    [Fact]
    public void Renew_LowerWatermark_NeverGoesBack()
    {
        var held = OrderSlots.Take(null, 3, "replica-a", "run-1", Now).Result;
        var ahead = OrderSlots.Renew(held, "run-1", At(9), Now).Result!;

        var change = OrderSlots.Renew(ahead, "run-1", At(4), Now.AddSeconds(2));

        Assert.Equal(9, change.Result!.Epochs[0].Watermark);
        Assert.Equal(Now.AddSeconds(2) + OrderSlots.Lease, change.Result.LeaseUntil);
    }

    [Fact]
    public void Release_OwnSlot_KeepsItsProgressAndIsFreeAtOnce()
    {
        var held = OrderSlots.Take(null, 3, "replica-a", "run-1", Now).Result;

        var released = OrderSlots.Release(held, "run-1", At(9), Now.AddSeconds(1)).Next!;
        var taken = OrderSlots.Take(released, 3, "replica-b", "run-9", Now.AddSeconds(1)).Next!;

        Assert.Equal(("replica-a", 9L), (released.Owner, released.Epochs[0].Watermark));
        Assert.Equal(("replica-b", 2L), (taken.Owner, taken.Epoch));
        Assert.Equal([new SlotEpoch(1, 9, Now.AddSeconds(1)), new SlotEpoch(2, 0, null)], taken.Epochs);
    }

    [Fact]
    public void Release_LostSlot_ChangesNothing()
    {
        var held = OrderSlots.Take(null, 3, "replica-b", "run-9", Now).Result;

        Assert.Null(OrderSlots.Release(held, "run-1", At(3), Now).Next);
    }

    private static RelayProgress At(long watermark) => new(new Dictionary<long, long> { [1] = watermark }, new HashSet<long>());
}
