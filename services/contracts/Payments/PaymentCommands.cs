namespace DaprShop.Contracts.Payments;

/// <summary><c>POST /internal/payments/charge</c>; idempotent by order id.</summary>
public sealed record RequestPayment(string OrderId, string UserId, Money Amount, string Source);

/// <summary><c>POST /internal/payments/{poll|close|refund|settle}</c>. Close creates a voided payment when there is none; settle gives
/// back what came for one that is closed.</summary>
public sealed record PaymentCommand(string OrderId, string UserId, Money Amount);

public enum PaymentStatus
{
    Pending,
    Succeeded,
    Failed,
    Voided,
    Refunded,
}

public sealed record PaymentResult(string PaymentId, PaymentStatus Status, string? Reason);
