using DaprShop.Contracts.Api;
using DaprShop.Contracts.Events;

namespace DaprShop.Order.DeadLetters;

internal static class DeadLetterViews
{
    public static DeadLetterView Of(DeadLetter letter) => new(
        letter.Id, letter.Subscription, TopicOf(letter), letter.EventType, letter.EventId, letter.TraceId, letter.ReceivedAt, letter.Reason,
        letter.Attempts, letter.Status.ToString(), letter.Audit);

    /// <param name="taken">What the consumer took, when that was not what came.</param>
    public static DeadLetterDetail Of(DeadLetter letter, DeadMessage message, DeadMessage? taken)
    {
        var json = message.AsJson();
        return new(
            letter.Id, letter.Subscription, TopicOf(letter), letter.EventType, letter.EventId, letter.TraceId, letter.ReceivedAt, letter.Reason,
            letter.Attempts, letter.Status.ToString(), letter.Audit, json, json is null ? Convert.ToBase64String(message.Bytes.Span) : null, taken?.AsJson());
    }

    private static string TopicOf(DeadLetter letter) => Subscriptions.All.Single(known => known.Name == letter.Subscription).Topic;
}
