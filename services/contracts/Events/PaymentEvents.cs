namespace DaprShop.Contracts.Events;

/// <summary>CloudEvent type <c>com.daprshop.payment.succeeded.v1</c> on topic <c>payments</c>.</summary>
public sealed record PaymentSucceeded(string EventId, string OrderId, string UserId, string PaymentId, Money Amount, DateTimeOffset At)
{
    public const string Type = "com.daprshop.payment.succeeded.v1";
}

/// <summary>CloudEvent type <c>com.daprshop.payment.failed.v1</c> on topic <c>payments</c>.</summary>
public sealed record PaymentFailed(string EventId, string OrderId, string UserId, string PaymentId, string Reason, DateTimeOffset At)
{
    public const string Type = "com.daprshop.payment.failed.v1";
}

/// <summary>CloudEvent type <c>com.daprshop.payment.refunded.v1</c> on topic <c>payments</c>.</summary>
public sealed record PaymentRefunded(string EventId, string OrderId, string UserId, string PaymentId, Money Amount, DateTimeOffset At)
{
    public const string Type = "com.daprshop.payment.refunded.v1";
}
