using DaprShop.Contracts.Api;
using DaprShop.Contracts.Events;
using DaprShop.ServiceDefaults.Http;
using DaprShop.ServiceDefaults.Messaging;

namespace DaprShop.Order.DeadLetters;

/// <summary>How a replay ended.</summary>
/// <param name="Letter">As it stands; null when there is none.</param>
/// <param name="Refusal">Why it was not replayed; null: it was, now or before.</param>
/// <param name="IsUnanswered">The consumer did not answer: whether it took the message is unknown.</param>
internal sealed record ReplayResult(DeadLetter? Letter, string? Refusal, bool IsUnanswered = false);

/// <summary>
/// Sends a letter to its consumer again. Which payload is sent is decided by a swap of the letter before it is sent, and what became of it is
/// written after; a crash in between leaves a replay that is repeated, which the consumer takes once.
/// </summary>
internal sealed partial class DeadLetterReplay(
    DeadLetterStore letters, ConsumerClient consumers, MessageCounters counters, TimeProvider clock, ILogger<DeadLetterReplay> logger)
{
    /// <param name="edited">What is sent in place of what came; null: that.</param>
    public async Task<ReplayResult> ReplayAsync(
        DeadLetter letter, Subscription subscription, DeadMessage? edited, string by, CancellationToken cancellationToken)
    {
        var payload = edited is null ? letter.Payload : await letters.WritePayloadAsync(letter.Id, edited, cancellationToken);
        var message = edited ?? await letters.ReadPayloadAsync(letter.Id, payload, cancellationToken);
        var (standing, refusal) = await letters.ChangeAsync(
            letter.Id, found => DeadLetterDecisions.Begin(found, payload, clock.GetUtcNow()), cancellationToken);
        if (standing is not null || refusal is not null)
        {
            return new ReplayResult(standing, refusal);
        }

        var (outcome, detail) = await consumers.DeliverAsync(subscription, message, cancellationToken);
        return await EndAsync(letter.Id, subscription, payload, outcome, ActionOf(outcome, edited is not null, detail, by), cancellationToken);
    }

    private async Task<ReplayResult> EndAsync(
        string id, Subscription subscription, PayloadRef payload, RedeliveryOutcome outcome, DeadLetterAction action, CancellationToken cancellationToken)
    {
        var (letter, isNew) = await letters.ChangeAsync(id, found => DeadLetterDecisions.End(found, payload, outcome, action), cancellationToken);
        if (isNew)
        {
            counters.Count(subscription, MessageOutcome.Replayed);
        }

        LogReplay(letter.Id, subscription.Name, ShopCaller.PseudonymOf(action.By), action.Action, action.Detail);
        return letter.Status == DeadLetterStatus.Replayed
            ? new ReplayResult(letter, Refusal: null)
            : new ReplayResult(letter, action.Detail, outcome == RedeliveryOutcome.Unanswered);
    }

    private DeadLetterAction ActionOf(RedeliveryOutcome outcome, bool isEdited, string detail, string by) => new(
        clock.GetUtcNow(),
        by,
        outcome switch
        {
            RedeliveryOutcome.Taken => "replayed",
            RedeliveryOutcome.Refused => "refused",
            _ => "unanswered",
        },
        isEdited,
        detail.Length == 0 ? null : detail);

    [LoggerMessage(LogLevel.Information, "Dead letter {Id} of {Subscription}, sent again by {Operator}: {Outcome} {Detail}")]
    private partial void LogReplay(string id, string subscription, string @operator, string outcome, string? detail);
}
