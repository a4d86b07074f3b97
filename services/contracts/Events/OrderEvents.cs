namespace DaprShop.Contracts.Events;

/// <summary>CloudEvent type <c>com.daprshop.order.confirmed.v1</c> on topic <c>orders</c>.</summary>
public sealed record OrderConfirmed(
    string EventId, string OrderId, string UserId, Money Total, DateTimeOffset At, long Version)
{
    public const string Type = "com.daprshop.order.confirmed.v1";
}

/// <summary>CloudEvent type <c>com.daprshop.order.cancelled.v1</c> on topic <c>orders</c>.</summary>
/// <param name="Reason">Such as <c>payment-declined</c>, <c>payment-deadline</c>, <c>customer</c>, <c>reservation-lost</c>.</param>
public sealed record OrderCancelled(
    string EventId, string OrderId, string UserId, string Reason, DateTimeOffset At, long Version)
{
    public const string Type = "com.daprshop.order.cancelled.v1";
}

/// <summary>CloudEvent type <c>com.daprshop.order.refunded.v1</c> on topic <c>orders</c>: a confirmed order's money and units are back.</summary>
/// <param name="Total">What went back.</param>
public sealed record OrderRefunded(
    string EventId, string OrderId, string UserId, Money Total, DateTimeOffset At, long Version)
{
    public const string Type = "com.daprshop.order.refunded.v1";
}
