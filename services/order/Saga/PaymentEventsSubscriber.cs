using DaprShop.Contracts.Events;
using DaprShop.ServiceDefaults.Events;
using DaprShop.ServiceDefaults.Messaging;

namespace DaprShop.Order.Saga;

/// <summary>Any event about an order's payment wakes its saga if that may wait for it, which then asks payment itself: the event only says "look".</summary>
internal static class PaymentEventsSubscriber
{
    public static void MapPaymentEvents(this IEndpointRouteBuilder routes) => routes.MapPost(
        Subscriptions.PaymentsToOrder.DefaultPath,
        (HttpRequest request, MessageConsumer consumer, SagaWaker waker, AttendedPayments attended, CancellationToken cancellationToken) =>
            consumer.EachAsync(
                request, Subscriptions.PaymentsToOrder, (one, token) => HandleAsync(one, waker, attended, token), cancellationToken)).TakesMessages();

    internal static async Task HandleAsync(DeliveredEvent one, SagaWaker waker, AttendedPayments attended, CancellationToken cancellationToken)
    {
        if (one.ReadOrDrop<AboutOrder>() is not { } payment)
        {
            return;
        }

        if (payment.OrderId is not { Length: > 0 } orderId)
        {
            one.Drop("The payment event names no order.");
            return;
        }

        if (!attended.Contains(orderId))
        {
            await waker.WakeAsync(orderId, cancellationToken);
        }

        one.Done();
    }

    private sealed record AboutOrder(string? OrderId);
}
