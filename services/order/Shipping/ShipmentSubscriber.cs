using DaprShop.Contracts.Events;
using DaprShop.ServiceDefaults.Events;
using DaprShop.ServiceDefaults.Messaging;
using DaprShop.ServiceDefaults.State;

namespace DaprShop.Order.Shipping;

/// <summary>A confirmed order is to be sent, a refunded one no longer. The saga knows nothing of it: shipping only listens.</summary>
internal static partial class ShipmentSubscriber
{
    public static void MapShipmentEvents(this IEndpointRouteBuilder routes)
    {
        MapEvent<OrderConfirmed>(routes, "/events/orders-confirmed", order => order.OrderId, ShipmentDecisions.Confirm, "planned");
        MapEvent<OrderRefunded>(routes, "/events/orders-refunded", order => order.OrderId, ShipmentDecisions.Refund, "cancelled");
        // What the topic carries for others, and types of a later version: nothing to send.
        Map(routes, Subscriptions.OrdersToOrder.DefaultPath, (one, _, _, _) =>
        {
            one.Done();
            return Task.CompletedTask;
        });
    }

    private static void MapEvent<T>(
        IEndpointRouteBuilder routes, string path, Func<T, string?> orderId, Func<ShipmentPlan?, T, Change<ShipmentPlan, bool>> decide, string outcome)
        where T : class =>
        Map(routes, path, async (one, documents, logger, cancellationToken) =>
        {
            if (one.ReadOrDrop<T>() is not { } happened)
            {
                return;
            }

            if (orderId(happened) is not { Length: > 0 } id)
            {
                one.Drop($"The {typeof(T).Name} names no order.");
                return;
            }

            var isNew = await documents.ChangeAsync<ShipmentPlan, bool>(ShipmentPlan.Key(id), stored => decide(stored, happened), cancellationToken);
            if (isNew)
            {
                LogShipment(logger, id, outcome);
            }

            one.Done(isNew);
        });

    private static void Map(IEndpointRouteBuilder routes, string path, Func<DeliveredEvent, DocumentStore, ILogger, CancellationToken, Task> handle) =>
        routes.MapPost(
            path,
            (HttpRequest request, MessageConsumer consumer, DocumentStore documents, ILogger<ShipmentPlan> logger, CancellationToken cancellationToken) =>
                consumer.EachAsync(
                    request, Subscriptions.OrdersToOrder, (one, token) => handle(one, documents, logger, token), cancellationToken)).TakesMessages();

    [LoggerMessage(LogLevel.Information, "Shipment of order {OrderId}: {Outcome}")]
    private static partial void LogShipment(ILogger logger, string orderId, string outcome);
}
