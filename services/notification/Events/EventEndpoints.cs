using DaprShop.Contracts.Api;
using DaprShop.Contracts.Events;
using DaprShop.Notification.Inbox;
using DaprShop.Notification.Mail;
using DaprShop.ServiceDefaults.Events;
using DaprShop.ServiceDefaults.Http;

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
        routes.MapPost("/events/unhandled", async (HttpRequest request, CancellationToken cancellationToken) =>
        {
            var delivery = await Delivery.ReadAsync(request, cancellationToken);
            foreach (var one in delivery.Events)
            {
                one.Status = DeliveryStatus.Success;
            }

            return delivery.Answer();
        }).LimitBody(Delivery.MaxBatchBytes);
    }

    private static void MapEvent<T>(
        IEndpointRouteBuilder routes, string path, Func<T, string?> user, Func<T, NotificationView?> text)
        where T : class =>
        routes.MapPost(path, (HttpRequest request, InboxStore inboxes, Mails mails, ILogger<Delivery> logger, CancellationToken cancellationToken) =>
            HandleAsync(request, user, text, inboxes, mails, logger, cancellationToken)).LimitBody(Delivery.MaxBatchBytes);

    private static async Task<IResult> HandleAsync<T>(
        HttpRequest request, Func<T, string?> user, Func<T, NotificationView?> text, InboxStore inboxes, Mails mails, ILogger logger,
        CancellationToken cancellationToken)
        where T : class
    {
        var delivery = await Delivery.ReadAsync(request, cancellationToken);
        var entries = new List<ForUser>(delivery.Events.Count);
        foreach (var one in delivery.Events)
        {
            if (one.Read<T>() is { } message && user(message) is { Length: > 0 } userId && text(message) is { } entry)
            {
                entries.Add(new ForUser(one, userId, entry));
            }
            else
            {
                LogPoison(logger, typeof(T).Name);
                one.Status = DeliveryStatus.Drop;
            }
        }

        // One swap for each inbox, not one for each event.
        await Task.WhenAll(entries.GroupBy(entry => entry.UserId, StringComparer.Ordinal).Select(inbox => delivery.AttemptAsync(
            inbox.Select(entry => entry.Event),
            () => AddAsync(inbox.Key, [.. inbox], inboxes, mails, logger, cancellationToken),
            logger)));
        return delivery.Answer();
    }

    private static async Task<DeliveryStatus> AddAsync(
        string userId, IReadOnlyList<ForUser> entries, InboxStore inboxes, Mails mails, ILogger logger, CancellationToken cancellationToken)
    {
        using var activity = entries[0].Event.Follow("add to inbox");
        var added = await inboxes.AddAsync(userId, [.. entries.Select(entry => entry.Entry)], cancellationToken);
        foreach (var (_, _, entry) in entries)
        {
            LogNotified(logger, entry.Kind, entry.OrderId, added.Contains(entry.Id) ? "added" : "known already");
            await mails.PlanAsync(userId, entry, cancellationToken);
        }

        return DeliveryStatus.Success;
    }

    private sealed record ForUser(DeliveredEvent Event, string UserId, NotificationView Entry);

    [LoggerMessage(LogLevel.Information, "Notification {Kind} for order {OrderId}: {Outcome}")]
    private static partial void LogNotified(ILogger logger, string kind, string orderId, string outcome);

    [LoggerMessage(LogLevel.Warning, "Dropped a message that is no {Event}")]
    private static partial void LogPoison(ILogger logger, string @event);
}
