using System.Globalization;
using DaprShop.Order.Log;
using DaprShop.Order.Orders;

namespace DaprShop.Tests.Services.Order;

public sealed class OrderReplicasTests
{
    private static readonly DateTimeOffset Now = SampleOrders.Now;

    [Theory]
    [InlineData(1, 16)]
    [InlineData(2, 8)]
    [InlineData(3, 6)]
    [InlineData(4, 4)]
    [InlineData(16, 1)]
    [InlineData(20, 1)]
    public void See_SoManyReplicas_LeavesNoLogWithoutAnOwner(int count, int share)
    {
        OrderReplicas? replicas = null;
        var last = 0;
        for (var n = 1; n <= count; n++)
        {
            var change = OrderReplicas.See(replicas, n.ToString(CultureInfo.InvariantCulture), Now);
            (replicas, last) = (change.Next, change.Result);
        }

        Assert.Equal(share, last);
        Assert.InRange(share * count, OrderKeys.Slots, int.MaxValue);
    }

    [Fact]
    public void See_ASilentReplica_IsForgottenWhenItsLeasesEnd()
    {
        var first = OrderReplicas.See(null, "replica-a", Now).Next;

        var before = OrderReplicas.See(first, "replica-b", Now + OrderSlots.Lease - TimeSpan.FromMilliseconds(1));
        var after = OrderReplicas.See(first, "replica-b", Now + OrderSlots.Lease);

        Assert.Equal(8, before.Result);
        Assert.Equal((16, "replica-b"), (after.Result, Assert.Single(after.Next!.SeenAt).Key));
    }

    [Fact]
    public void See_AReplicaThatAWrongClockSawInTheFuture_IsForgotten()
    {
        var first = OrderReplicas.See(null, "replica-a", Now.AddDays(3)).Next;

        var second = OrderReplicas.See(first, "replica-b", Now);

        Assert.Equal((16, "replica-b"), (second.Result, Assert.Single(second.Next!.SeenAt).Key));
    }

    [Fact]
    public void See_TheSameReplicaAgain_CountsOnce()
    {
        var first = OrderReplicas.See(null, "replica-a", Now).Next;

        var again = OrderReplicas.See(first, "replica-a", Now.AddSeconds(2));

        Assert.Equal(16, again.Result);
        Assert.Equal(Now.AddSeconds(2), again.Next!.SeenAt["replica-a"]);
    }
}
