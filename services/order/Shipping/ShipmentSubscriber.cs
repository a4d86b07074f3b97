using System.Text.Json;
using DaprShop.Contracts.Events;
using DaprShop.ServiceDefaults.Json;
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
        routes.MapPost("/events/orders", () => Answer("SUCCESS"));
    }

    private static void MapEvent<T>(
        IEndpointRouteBuilder routes, string path, Func<T, string?> orderId, Func<ShipmentPlan?, T, Change<ShipmentPlan, bool>> decide, string outcome)
        where T : class =>
        routes.MapPost(path, async (HttpRequest request, DocumentStore documents, ILogger<ShipmentPlan> logger, CancellationToken cancellationToken) =>
        {
            if (await ReadAsync<T>(request, cancellationToken) is not { } happened || orderId(happened) is not { Length: > 0 } id)
            {
                LogPoison(logger, typeof(T).Name);
                return Answer("DROP");
            }

            if (await documents.ChangeAsync<ShipmentPlan, bool>(ShipmentPlan.Key(id), stored => decide(stored, happened), cancellationToken))
            {
                LogShipment(logger, id, outcome);
            }

            return Answer("SUCCESS");
        });

    private static IResult Answer(string status) => TypedResults.Ok(new { status });

    private static async Task<T?> ReadAsync<T>(HttpRequest request, CancellationToken cancellationToken)
        where T : class
    {
        try
        {
            return await JsonSerializer.DeserializeAsync<T>(request.Body, ShopJson.Documents, cancellationToken);
        }
        catch (JsonException)
        {
            // The caller drops it, with a warning.
            return null;
        }
    }

    [LoggerMessage(LogLevel.Information, "Shipment of order {OrderId}: {Outcome}")]
    private static partial void LogShipment(ILogger logger, string orderId, string outcome);

    [LoggerMessage(LogLevel.Warning, "A message that is no {Event} goes to the dead-letter topic")]
    private static partial void LogPoison(ILogger logger, string @event);
}
