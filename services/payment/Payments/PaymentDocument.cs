using System.Text.Json.Serialization;
using DaprShop.Contracts;
using DaprShop.Contracts.Events;
using DaprShop.Contracts.Payments;

namespace DaprShop.Payment.Payments;

/// <summary>The payment of one order (commit rule R2): what decides about its money.</summary>
/// <param name="Source">Null when the payment was voided before it was ever requested.</param>
/// <param name="Attempts">How often the charge was handed to the provider.</param>
/// <param name="Unpublished">Events of this document that are not known to be published (commit rule R7).</param>
/// <param name="ClosedAt">When it was voided: what was on its way to the provider by then may still arrive there.</param>
internal sealed record PaymentDocument(
    string PaymentId,
    string OrderId,
    string UserId,
    Money Amount,
    string? Source,
    PaymentStatus Status,
    string? Reason,
    int Attempts,
    string? ChargeId,
    RefundDocument? Refund,
    IReadOnlyList<PaymentEvent> Unpublished,
    long Version,
    DateTimeOffset CreatedAt,
    DateTimeOffset? ClosedAt = null)
{
    /// <summary>Something this document has decided has not been done yet.</summary>
    public bool IsOwing => Unpublished.Count > 0 || Refund is { Done: false };
}

/// <param name="Done">False from the decision to refund until the provider has confirmed it.</param>
internal sealed record RefundDocument(bool Done, string? RefundId);

[JsonDerivedType(typeof(SucceededEvent), "succeeded")]
[JsonDerivedType(typeof(FailedEvent), "failed")]
[JsonDerivedType(typeof(RefundedEvent), "refunded")]
internal abstract record PaymentEvent(string EventId);

internal sealed record SucceededEvent(PaymentSucceeded Event) : PaymentEvent(Event.EventId);

internal sealed record FailedEvent(PaymentFailed Event) : PaymentEvent(Event.EventId);

internal sealed record RefundedEvent(PaymentRefunded Event) : PaymentEvent(Event.EventId);

/// <summary>Ids and keys that follow from the order id, so that a repeat names the same thing.</summary>
internal static class PaymentKeys
{
    public static string Document(string orderId) => $"payment/{orderId}";

    public static string CaptureKey(string orderId) => $"{orderId}:capture";

    public static string RefundKey(string orderId) => $"{orderId}:refund";

    public static string SettlementInstance(string orderId) => $"{orderId}-settle";

    /// <summary>One for each version that owes something, so that none is taken for an earlier one that has ended.</summary>
    public static string ArrearsInstance(PaymentDocument payment) => $"{payment.OrderId}-settle-{payment.Version}";
}
