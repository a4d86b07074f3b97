using DaprShop.Contracts.Api;
using DaprShop.Contracts.Events;
using DaprShop.Notification.Inbox;
using DaprShop.Notification.Mail;
using DaprShop.ServiceDefaults.Events;
using DaprShop.ServiceDefaults.Messaging;

namespace DaprShop.Notification.Events;

/// <summary>The routes that components/&lt;set&gt;/subscriptions.yaml delivers to.</summary>
internal static partial class EventEndpoints
{
    public static void MapEvents(this IEndpointRouteBuilder routes)
    {
        var orders = Subscriptions.OrdersToNotification;
        MapEvent<OrderConfirmed>(routes, orders, "/events/orders-confirmed", order => order.UserId, NotificationTexts.For);
        MapEvent<OrderCancelled>(routes, orders, "/events/orders-cancelled", order => order.UserId, NotificationTexts.For);
        MapEvent<OrderRefunded>(routes, orders, "/events/orders-refunded", order => order.UserId, NotificationTexts.For);
        MapOthers(routes, orders);

        var payments = Subscriptions.PaymentsToNotification;
        MapEvent<PaymentRefunded>(routes, payments, "/events/payments-refunded", payment => payment.UserId, NotificationTexts.For);
        MapOthers(routes, payments);
    }

    /// <summary>What the topic carries for others, and types of a later version: nothing to tell a customer.</summary>
    private static void MapOthers(IEndpointRouteBuilder routes, Subscription subscription) =>
        routes.MapPost(subscription.DefaultPath, (HttpRequest request, MessageConsumer consumer, CancellationToken cancellationToken) =>
            consumer.EachAsync(
                request,
                subscription,
                (one, _) =>
                {
                    one.Done();
                    return Task.CompletedTask;
                },
                cancellationToken)).TakesMessages();

    private static void MapEvent<T>(
        IEndpointRouteBuilder routes, Subscription subscription, string path, Func<T, string?> user, Func<T, NotificationView?> text)
        where T : class =>
        routes.MapPost(
            path,
            (HttpRequest request, MessageConsumer consumer, InboxStore inboxes, Mails mails, ILogger<Delivery> logger, CancellationToken cancellationToken) =>
                consumer.AllAsync(
                    request,
                    subscription,
                    async events =>
                    {
                        var entries = new List<ForUser>(events.Count);
                        foreach (var one in events)
                        {
                            await consumer.AttemptAsync([one], () => ReadAsync(one, user, text, entries), cancellationToken);
                        }

                        // One swap for each inbox, not one for each event.
                        await Task.WhenAll(entries.GroupBy(entry => entry.UserId, StringComparer.Ordinal).Select(inbox => consumer.AttemptAsync(
                            [.. inbox.Select(entry => entry.Event)],
                            () => AddAsync(inbox.Key, [.. inbox], inboxes, mails, logger, cancellationToken),
                            cancellationToken)));
                    },
                    cancellationToken)).TakesMessages();

    /// <summary>Words the event; drops what names no customer, or has nothing to tell.</summary>
    private static Task ReadAsync<T>(DeliveredEvent one, Func<T, string?> user, Func<T, NotificationView?> text, List<ForUser> entries)
        where T : class
    {
        if (one.ReadOrDrop<T>() is { } message)
        {
            if (user(message) is { Length: > 0 } userId && text(message) is { } entry)
            {
                entries.Add(new ForUser(one, userId, entry));
            }
            else
            {
                one.Drop($"The {typeof(T).Name} names no user, no order or no amount.");
            }
        }

        return Task.CompletedTask;
    }

    private static async Task AddAsync(
        string userId, IReadOnlyList<ForUser> entries, InboxStore inboxes, Mails mails, ILogger logger, CancellationToken cancellationToken)
    {
        using var activity = entries[0].Event.Follow("add to inbox");
        var added = new HashSet<string>(await inboxes.AddAsync(userId, [.. entries.Select(entry => entry.Entry)], cancellationToken), StringComparer.Ordinal);
        foreach (var (one, _, entry) in entries)
        {
            // The same entry may come twice in one batch, and is new once.
            var isNew = added.Remove(entry.Id);
            LogNotified(logger, entry.Kind, entry.OrderId, isNew ? "added" : "known already");
            await mails.PlanAsync(userId, entry, cancellationToken);
            one.Done(isNew);
        }
    }

    private sealed record ForUser(DeliveredEvent Event, string UserId, NotificationView Entry);

    [LoggerMessage(LogLevel.Information, "Notification {Kind} for order {OrderId}: {Outcome}")]
    private static partial void LogNotified(ILogger logger, string kind, string orderId, string outcome);
}
