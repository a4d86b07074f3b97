using System.Text.Json;
using DaprShop.Contracts.Events;
using DaprShop.ServiceDefaults.Events;
using DaprShop.ServiceDefaults.Messaging;

namespace DaprShop.Order.DeadLetters;

/// <summary>
/// <c>POST /dead-letters/{subscription}</c>: the sidecar brings what a consumer did not take. Nothing lies behind a dead-letter topic, and some
/// brokers forget a message whose handler has failed, so this handler waits for a store that is away instead of failing at once.
/// </summary>
internal static partial class ReceiveDeadLetterEndpoint
{
    /// <summary>
    /// Of one delivery; the subscription's policy delivers nine times. With the calls of the last round it stays below the minute after which
    /// Redis would give the message to another sidecar as well.
    /// </summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(35);

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    public static void MapDeadLetterDelivery(this IEndpointRouteBuilder routes)
    {
        foreach (var subscription in Subscriptions.All)
        {
            routes.MapPost(
                $"/dead-letters/{subscription.Name}",
                async (
                    HttpRequest request,
                    DeadLetterStore letters,
                    ConsumerClient consumers,
                    MessageCounters counters,
                    TimeProvider clock,
                    ILogger<DeadLetterStore> logger,
                    CancellationToken cancellationToken) =>
                {
                    using var body = new MemoryStream();
                    await request.Body.CopyToAsync(body, cancellationToken);
                    var message = DeadMessage.Of(Unwrap(body.ToArray()));
                    return await StoreAsync(subscription, message, letters, consumers, counters, clock, logger, cancellationToken)
                        ? TypedResults.Ok(new { status = "SUCCESS" })
                        : TypedResults.Ok(new { status = "RETRY" });
                }).TakesMessages();
        }
    }

    private static async Task<bool> StoreAsync(
        Subscription subscription,
        DeadMessage message,
        DeadLetterStore letters,
        ConsumerClient consumers,
        MessageCounters counters,
        TimeProvider clock,
        ILogger logger,
        CancellationToken cancellationToken)
    {
        var failure = message.IsObject
            ? await consumers.FindFailureAsync(subscription, message.EventId, cancellationToken)
            : new DeliveryFailure(Attempts: 0, "The message is no CloudEvent (no JSON object), so the sidecar could not deliver it.", clock.GetUtcNow());
        var started = clock.GetTimestamp();
        while (true)
        {
            try
            {
                if (await letters.AddAsync(subscription, message, failure, cancellationToken))
                {
                    counters.Count(subscription, MessageOutcome.DeadLettered);
                    LogStored(logger, message.EventId, subscription.Name, failure?.Reason);
                }

                return true;
            }
#pragma warning disable CA1031 // Whatever it was, the message must not be lost for it.
            catch (Exception fault) when (!cancellationToken.IsCancellationRequested)
#pragma warning restore CA1031
            {
                LogNotStored(logger, message.EventId, subscription.Name, fault);
                if (clock.GetElapsedTime(started) >= Patience)
                {
                    return false;
                }
            }

            await Task.Delay(Pause, clock, cancellationToken);
        }
    }

    /// <summary>The subscription asks for raw bytes, which come in base64 in an envelope of the sidecar's.</summary>
    private static byte[] Unwrap(byte[] body)
    {
        try
        {
            using var envelope = JsonDocument.Parse(body);
            return envelope.RootElement.ValueKind == JsonValueKind.Object
                && envelope.RootElement.TryGetProperty("data_base64", out var data) && data.TryGetBytesFromBase64(out var bytes)
                ? bytes
                : body;
        }
        catch (Exception fault) when (fault is JsonException or InvalidOperationException)
        {
            // Whatever it is, it is kept as it is.
            return body;
        }
    }

    [LoggerMessage(LogLevel.Warning, "Message {EventId} of {Subscription} is a dead letter: {Reason}")]
    private static partial void LogStored(ILogger logger, string? eventId, string subscription, string? reason);

    [LoggerMessage(LogLevel.Warning, "Dead letter {EventId} of {Subscription} is not stored yet")]
    private static partial void LogNotStored(ILogger logger, string? eventId, string subscription, Exception fault);
}
