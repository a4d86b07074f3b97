using DaprShop.Order.Orders;

namespace DaprShop.Tests.Services.Order;

public sealed class LateRefundTests
{
    [Fact]
    public void LateRefund_OfACancelledOrder_IsRecordedOnceAndStaysCancelled()
    {
        var order = SampleOrders.One();
        var cancelled = OrderTransitions.Apply(null, order, OrderEvent.CustomerCancelled, new TransitionDetails(), SampleOrders.Now).Next;

        var recorded = OrderTransitions.Apply(
            cancelled, order, OrderEvent.LatePaymentRefunded, new TransitionDetails(PaymentId: "pay_1"), SampleOrders.Now);
        var again = OrderTransitions.Apply(
            recorded.Next, order, OrderEvent.LatePaymentRefunded, new TransitionDetails(PaymentId: "pay_1"), SampleOrders.Now);

        Assert.Equal(
            (OrderStatus.Cancelled, "customer", "Refunded", "pay_1"),
            (recorded.Next!.Status, recorded.Next.CancelReason, recorded.Next.PaymentStatus, recorded.Next.PaymentId));
        Assert.Null(again.Next);
    }
}
