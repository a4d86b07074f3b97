using DaprShop.Contracts.Api;
using DaprShop.Contracts.Events;
using DaprShop.Notification.Inbox;
using Microsoft.AspNetCore.Http.HttpResults;

namespace DaprShop.Notification.Events;

/// <summary>The routes that components/&lt;set&gt;/subscriptions.yaml delivers to.</summary>
internal static partial class EventEndpoints
{
    public static void MapEvents(this IEndpointRouteBuilder routes)
    {
        MapEvent<OrderConfirmed>(routes, "/events/orders-confirmed", order => order.UserId, NotificationTexts.For);
        MapEvent<OrderCancelled>(routes, "/events/orders-cancelled", order => order.UserId, NotificationTexts.For);
        MapEvent<OrderRefunded>(routes, "/events/orders-refunded", order => order.UserId, NotificationTexts.For);
        MapEvent<PaymentRefunded>(routes, "/events/payments-refunded", payment => payment.UserId, NotificationTexts.For);
        // What the topics carry for others, and types of a later version: nothing to tell a customer.
        routes.MapPost("/events/unhandled", () => TypedResults.Ok(Delivery.Success));
    }

    private static void MapEvent<T>(
        IEndpointRouteBuilder routes, string path, Func<T, string?> user, Func<T, NotificationView?> text)
        where T : class =>
        routes.MapPost(path, (HttpRequest request, InboxStore inboxes, ILogger<Delivery> logger, CancellationToken cancellationToken) =>
            HandleAsync(request, user, text, inboxes, logger, cancellationToken));

    private static async Task<Ok<Delivery>> HandleAsync<T>(
        HttpRequest request, Func<T, string?> user, Func<T, NotificationView?> text, InboxStore inboxes, ILogger logger,
        CancellationToken cancellationToken)
        where T : class
    {
        if (await Delivery.ReadAsync<T>(request, cancellationToken) is not { } message
            || user(message) is not { Length: > 0 } userId
            || text(message) is not { } entry)
        {
            LogPoison(logger, typeof(T).Name);
            return TypedResults.Ok(Delivery.Drop);
        }

        var added = await inboxes.AddAsync(userId, entry, cancellationToken);
        LogNotified(logger, entry.Kind, entry.OrderId, added ? "added" : "known already");
        return TypedResults.Ok(Delivery.Success);
    }

    [LoggerMessage(LogLevel.Information, "Notification {Kind} for order {OrderId}: {Outcome}")]
    private static partial void LogNotified(ILogger logger, string kind, string orderId, string outcome);

    [LoggerMessage(LogLevel.Warning, "Dropped a message that is no {Event}")]
    private static partial void LogPoison(ILogger logger, string @event);
}
