namespace DaprShop.Contracts.Events;

/// <summary>A subscription as <c>components/&lt;set&gt;/subscriptions.yaml</c> declares it; a test compares the two.</summary>
/// <param name="AppId">Who subscribes.</param>
/// <param name="Routes">Where an event of a type goes.</param>
/// <param name="DefaultPath">Where all others go.</param>
/// <param name="OtherTypes">Types without a route of their own that the default one acts on.</param>
public sealed record Subscription(
    string Name,
    string Topic,
    string AppId,
    string DeadLetterTopic,
    IReadOnlyDictionary<string, string> Routes,
    string DefaultPath,
    params IReadOnlyList<string> OtherTypes);

/// <summary>Every subscription whose messages can be dead-lettered.</summary>
public static class Subscriptions
{
    public static Subscription OrdersToNotification { get; } = new(
        "orders-to-notification",
        Topics.Orders,
        AppIds.Notification,
        "orders-notification-dead",
        new Dictionary<string, string>
        {
            [OrderConfirmed.Type] = "/events/orders-confirmed",
            [OrderCancelled.Type] = "/events/orders-cancelled",
            [OrderRefunded.Type] = "/events/orders-refunded",
        },
        "/events/orders");

    public static Subscription PaymentsToNotification { get; } = new(
        "payments-to-notification",
        Topics.Payments,
        AppIds.Notification,
        "payments-notification-dead",
        new Dictionary<string, string> { [PaymentRefunded.Type] = "/events/payments-refunded" },
        "/events/payments");

    public static Subscription PaymentsToOrder { get; } = new(
        "payments-to-order",
        Topics.Payments,
        AppIds.Order,
        "payments-order-dead",
        new Dictionary<string, string> { [PaymentRefunded.Type] = "/events/payments-refunded" },
        "/events/payments",
        PaymentSucceeded.Type,
        PaymentFailed.Type);

    public static Subscription OrdersToOrder { get; } = new(
        "orders-to-order",
        Topics.Orders,
        AppIds.Order,
        "orders-order-dead",
        new Dictionary<string, string>
        {
            [OrderConfirmed.Type] = "/events/orders-confirmed",
            [OrderRefunded.Type] = "/events/orders-refunded",
        },
        "/events/orders");

    public static Subscription OrdersToLoyalty { get; } = new(
        "orders-to-loyalty",
        Topics.Orders,
        AppIds.Loyalty,
        "orders-loyalty-dead",
        new Dictionary<string, string> { [OrderConfirmed.Type] = "/events/orders-confirmed" },
        "/events/unhandled");

    public static IReadOnlyList<Subscription> All { get; } =
        [OrdersToNotification, PaymentsToNotification, PaymentsToOrder, OrdersToOrder, OrdersToLoyalty];
}
