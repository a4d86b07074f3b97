using System.Text.Json.Serialization;

namespace DaprShop.Provider.Ledger;

/// <summary>What the journal holds. The book is the fold of these; a line of the file is one array of them, so they land together.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[JsonDerivedType(typeof(ErrorAnswered), "error-answered")]
[JsonDerivedType(typeof(ChargeOpened), "charge")]
[JsonDerivedType(typeof(ChargeCaptured), "capture")]
[JsonDerivedType(typeof(ChargeDeclined), "decline")]
[JsonDerivedType(typeof(RefundMade), "refund")]
[JsonDerivedType(typeof(WebhookQueued), "webhook")]
[JsonDerivedType(typeof(WebhookEnded), "webhook-end")]
internal abstract record Entry(DateTimeOffset At);

/// <summary>A key was answered 500 once, on purpose; the next request with it goes through.</summary>
internal sealed record ErrorAnswered(DateTimeOffset At, string IdempotencyKey) : Entry(At);

/// <param name="Outcome">What the source asked for, after the fault rates had their say.</param>
/// <param name="CaptureAt">When a <c>processing</c> charge settles; null when it is settled in the same line.</param>
internal sealed record ChargeOpened(
    DateTimeOffset At, string ChargeId, string IdempotencyKey, long Amount, string Currency, string Source, string Reference,
    string Outcome, DateTimeOffset? CaptureAt) : Entry(At)
{
    /// <summary>The request that asked for it, as W3C traceparent: its webhooks go on in that trace.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? TraceParent { get; init; }
}

internal sealed record ChargeCaptured(DateTimeOffset At, string ChargeId) : Entry(At);

internal sealed record ChargeDeclined(DateTimeOffset At, string ChargeId) : Entry(At);

internal sealed record RefundMade(DateTimeOffset At, string RefundId, string IdempotencyKey, string ChargeId, long Amount) : Entry(At);

/// <param name="DeliveryId">Names this delivery; two deliveries of one event share the <paramref name="EventId"/>.</param>
/// <param name="Forged">Signed with a wrong secret, and sent once only.</param>
internal sealed record WebhookQueued(
    DateTimeOffset At, string DeliveryId, string EventId, string Type, string ChargeId, long Amount, bool Forged) : Entry(At)
{
    /// <summary>Of the request that it is the outcome of.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? TraceParent { get; init; }
}

internal sealed record WebhookEnded(DateTimeOffset At, string DeliveryId) : Entry(At);
