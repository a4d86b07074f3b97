using DaprShop.Order.Orders;

namespace DaprShop.Tests.Services.Order;

public sealed class OrderTransitionsTests
{
    private static readonly OrderEvent[] PaidAndSold = [OrderEvent.PaymentSucceeded, OrderEvent.ReservationConfirmed];
    private static readonly DateTimeOffset Later = SampleOrders.Now.AddSeconds(5);

    [Fact]
    public void Apply_FirstEvent_CreatesTheStateWithItsTimeline()
    {
        var order = SampleOrders.One();
        var payBefore = Later.AddMinutes(1);

        var change = OrderTransitions.Apply(
            null, order, OrderEvent.HoldTaken, new TransitionDetails(PayBefore: payBefore, TraceId: "t"), Later);

        Assert.True(change.Result.Applied);
        Assert.NotNull(change.Next);
        Assert.Equal((OrderStatus.AwaitingPayment, 2L, payBefore), (change.Next.Status, change.Next.Version, change.Next.PayBefore!.Value));
        Assert.Equal(
            [
                new OrderTransition(OrderStatus.Reserved, SampleOrders.Now, "stock reserved", "o-1:placed", null),
                new OrderTransition(OrderStatus.AwaitingPayment, Later, "stock held, payment requested", "o-1:HoldTaken", "t"),
            ],
            change.Next.Timeline);
    }

    [Fact]
    public void Apply_SameEventAgain_ChangesNothingAndCountsAsApplied()
    {
        var order = SampleOrders.One();
        var first = OrderTransitions.Apply(null, order, OrderEvent.HoldTaken, new TransitionDetails(PayBefore: Later), Later);

        var again = OrderTransitions.Apply(
            first.Next, order, OrderEvent.HoldTaken, new TransitionDetails(PayBefore: Later.AddHours(1)), Later.AddSeconds(1));

        Assert.Null(again.Next);
        Assert.True(again.Result.Applied);
        Assert.Equal(Later, again.Result.State.PayBefore);
    }

    [Fact]
    public void Apply_IllegalEvent_ChangesNothingAndSaysSo()
    {
        var order = SampleOrders.One();

        var change = OrderTransitions.Apply(null, order, OrderEvent.ReservationConfirmed, new TransitionDetails(), Later);

        Assert.Null(change.Next);
        Assert.False(change.Result.Applied);
        Assert.Equal(OrderStatus.Reserved, change.Result.State.Status);
    }

    [Theory]
    [InlineData("PaymentFailed", "payment-declined")]
    [InlineData("DeadlinePassed", "payment-deadline")]
    [InlineData("CustomerCancelled", "customer")]
    public void Apply_CancellingEvent_GivesTheReasonAndAFailedPayment(string happened, string reason)
    {
        var order = SampleOrders.One();
        var held = OrderTransitions.Apply(null, order, OrderEvent.HoldTaken, new TransitionDetails(), Later).Next;

        var change = OrderTransitions.Apply(held, order, Enum.Parse<OrderEvent>(happened), new TransitionDetails(), Later);

        Assert.Equal(
            (OrderStatus.Cancelled, reason, "Failed", 3L),
            (change.Next!.Status, change.Next.CancelReason, change.Next.PaymentStatus, change.Next.Version));
    }

    [Theory]
    [InlineData("HoldTaken", 4L)]
    [InlineData("HoldTaken,PaymentSucceeded", 4L)]
    public void ApplyAll_PaidAndSold_AreBothInOneNextState(string before, long version)
    {
        var order = SampleOrders.One();
        OrderState? state = null;
        foreach (var happened in before.Split(','))
        {
            state = OrderTransitions.Apply(state, order, Enum.Parse<OrderEvent>(happened), new TransitionDetails(), SampleOrders.Now).Next;
        }

        var change = OrderTransitions.ApplyAll(state, order, PaidAndSold, new TransitionDetails(PaymentId: "pay_1"), Later);
        var again = OrderTransitions.ApplyAll(change.Next, order, PaidAndSold, new TransitionDetails(PaymentId: "pay_1"), Later.AddSeconds(1));

        Assert.Equal(
            (OrderStatus.Confirmed, version, "Succeeded", "pay_1"),
            (change.Next!.Status, change.Next.Version, change.Next.PaymentStatus, change.Next.PaymentId));
        Assert.Equal(
            [OrderStatus.Reserved, OrderStatus.AwaitingPayment, OrderStatus.Paid, OrderStatus.Confirmed],
            change.Next.Timeline.Select(entry => entry.Status));
        Assert.Same(change.Next, change.Result.State);
        Assert.Null(again.Next);
        Assert.True(again.Result.Applied);
    }

    [Fact]
    public void ApplyAll_LastIsIllegal_KeepsWhatCameBefore()
    {
        var order = SampleOrders.One();

        var change = OrderTransitions.ApplyAll(
            null, order, [OrderEvent.HoldTaken, OrderEvent.ReservationConfirmed], new TransitionDetails(), Later);

        Assert.Equal(OrderStatus.AwaitingPayment, change.Next!.Status);
        Assert.False(change.Result.Applied);
    }

    [Fact]
    public void Apply_LongestPath_StaysWithinTheTimeline()
    {
        var order = SampleOrders.One();
        OrderState? state = null;

        foreach (var happened in new[]
        {
            OrderEvent.HoldTaken, OrderEvent.PaymentSucceeded, OrderEvent.ReservationConfirmed, OrderEvent.RefundRequested, OrderEvent.Refunded,
        })
        {
            state = OrderTransitions.Apply(state, order, happened, new TransitionDetails(), Later).Next;
        }

        Assert.Equal((OrderStatus.Refunded, 6L), (state!.Status, state.Version));
        Assert.True(state.Timeline.Count <= OrderTransitions.MaxTimeline);
    }
}
