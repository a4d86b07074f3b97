using System.Text.Json;

namespace DaprShop.Contracts.Api;

/// <summary>A message that its consumer did not take.</summary>
/// <param name="Topic">Where it was published.</param>
/// <param name="EventType">Null, as <paramref name="EventId"/>, when the message does not name it.</param>
/// <param name="TraceId">Of whoever published it.</param>
/// <param name="Reason">Why the consumer did not take it; null when it could not say.</param>
/// <param name="Attempts">How often the consumer had it before it came here; null when it could not say.</param>
/// <param name="Status"><c>Open</c>, <c>Replayed</c> or <c>Discarded</c>.</param>
/// <param name="Audit">What was done about it, and by whom, the oldest first.</param>
public record DeadLetterView(
    string Id,
    string Subscription,
    string Topic,
    string? EventType,
    string? EventId,
    string? TraceId,
    DateTimeOffset ReceivedAt,
    string? Reason,
    int? Attempts,
    string Status,
    IReadOnlyList<DeadLetterAction> Audit);

/// <param name="Action"><c>replayed</c>, <c>refused</c> (the consumer did not take it again), <c>unanswered</c> (nobody knows) or <c>discarded</c>.</param>
/// <param name="Edited">It was sent with a payload of the operator's.</param>
public sealed record DeadLetterAction(DateTimeOffset At, string By, string Action, bool Edited, string? Detail);

/// <summary>With what the message is.</summary>
/// <param name="Payload">The CloudEvent as it came; null when it is no JSON object.</param>
/// <param name="PayloadBase64">Its bytes, when it is no JSON object.</param>
/// <param name="ReplayedPayload">What the consumer took in its place; null when that was the message itself, or nothing.</param>
public sealed record DeadLetterDetail(
    string Id,
    string Subscription,
    string Topic,
    string? EventType,
    string? EventId,
    string? TraceId,
    DateTimeOffset ReceivedAt,
    string? Reason,
    int? Attempts,
    string Status,
    IReadOnlyList<DeadLetterAction> Audit,
    JsonElement? Payload,
    string? PayloadBase64,
    JsonElement? ReplayedPayload)
    : DeadLetterView(Id, Subscription, Topic, EventType, EventId, TraceId, ReceivedAt, Reason, Attempts, Status, Audit);

/// <param name="Payload">The CloudEvent to send in place of the one that came; left out: that one.</param>
public sealed record ReplayDeadLetter(JsonElement? Payload = null);

/// <summary>Send again what is open, the newest first, at most fifty.</summary>
/// <param name="Cursor">Of the answer before, to go on after it.</param>
public sealed record ReplayDeadLetters(string Subscription, string? Cursor = null);

/// <param name="Replayed">Ids of those that the consumer took.</param>
/// <param name="Refused">Ids of those that it did not take.</param>
/// <param name="Unanswered">Id of the one at which the consumer did not answer, which ended the run; null: it always did.</param>
/// <param name="Done">All that were open have been tried. Otherwise send the request again with <paramref name="NextCursor"/>.</param>
public sealed record ReplayedDeadLetters(
    IReadOnlyList<string> Replayed, IReadOnlyList<string> Refused, string? Unanswered, bool Done, string? NextCursor);
