using DaprShop.Contracts.Events;
using DaprShop.Order.Orders;
using DaprShop.ServiceDefaults.Events;
using DaprShop.ServiceDefaults.Messaging;

namespace DaprShop.Order.Saga;

/// <summary>
/// Money that came for a cancelled order went back: the order's own timeline says so too. The refund itself is payment's; this only
/// records it, so nothing but the picture depends on the event.
/// </summary>
internal static class LateRefundSubscriber
{
    public static void MapLateRefunds(this IEndpointRouteBuilder routes) => routes.MapPost(
        "/events/payments-refunded",
        (HttpRequest request, MessageConsumer consumer, OrderStore orders, OrderAdvance advance, CancellationToken cancellationToken) =>
            consumer.EachAsync(
                request, Subscriptions.PaymentsToOrder, (one, token) => HandleAsync(one, orders, advance, token), cancellationToken)).TakesMessages();

    internal static async Task HandleAsync(DeliveredEvent one, OrderStore orders, OrderAdvance advance, CancellationToken cancellationToken)
    {
        if (one.ReadOrDrop<PaymentRefunded>() is not { } refund)
        {
            return;
        }

        if (refund is not { OrderId: not null, PaymentId: not null } || await orders.FindAsync(refund.OrderId, cancellationToken) is not { } found)
        {
            one.Drop("The refund event names no order of ours, or no payment.");
            return;
        }

        // The refund may overtake the saga's last step: then the order is not cancelled yet and the event comes again.
        if (found.State is not { } state || !OrderTable.IsTerminal(state.Status))
        {
            one.Retry($"Order {refund.OrderId} is not settled yet.");
            return;
        }

        var isNew = state is { Status: OrderStatus.Cancelled, PaymentStatus: not "Refunded" };
        if (isNew)
        {
            await advance.AdvanceAsync(
                found.Order, OrderEvent.LatePaymentRefunded, new TransitionDetails(PaymentId: refund.PaymentId), cancellationToken);
        }

        one.Done(isNew);
    }
}
