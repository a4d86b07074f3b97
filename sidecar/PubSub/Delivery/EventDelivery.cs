using System.Diagnostics;
using Sidecar.Components;
using Sidecar.Components.PubSub;
using Sidecar.Metrics;
using Sidecar.PubSub.Publishing;
using Sidecar.PubSub.Subscriptions;
using Sidecar.Resiliency;
using Sidecar.Tracing;

namespace Sidecar.PubSub.Delivery;

/// <summary>The app did not take the event: the broker's own redelivery applies.</summary>
internal sealed class DeliveryFailedException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>
/// Carries the messages of one subscription to whoever receives them (dapr-contract.md 5.4). Returning acknowledges; throwing hands
/// the message back to the driver; cancellation while stopping does neither.
/// </summary>
internal sealed partial class EventDelivery(
    Subscription subscription,
    IEventReceiver receiver,
    EventPublisher publisher,
    Pipeline policy,
    ActivitySource traces,
    TimeProvider clock,
    ILogger logger,
    CancellationToken stopping)
{
    private static readonly TimeSpan DeadLetterLimit = TimeSpan.FromSeconds(30);

    private readonly bool _isRaw = subscription.IsRaw;

    /// <summary>Where events of a bulk subscription are gathered; null: each is sent by itself.</summary>
    public EventBatches? Batches { get; init; }

    public PubSubMetrics? Metrics { get; init; }

    public async Task HandleAsync(IncomingMessage message, CancellationToken cancellationToken)
    {
        stopping.ThrowIfCancellationRequested();
        ReceivedEvent received;
        try
        {
            received = ReceivedEvent.Read(message, subscription.PubSub, _isRaw, RandomId.NewUuid);
        }
        catch (UnreadableEventException exception)
        {
            LogUndeliverable(logger, "", subscription.Topic, exception.Message);
            CountUndeliverable();
            await RejectAsync(message, "", exception.Message, exception);
            return;
        }

        using (received)
        {
            await RouteAsync(message, received, cancellationToken);
        }
    }

    private async Task RouteAsync(IncomingMessage message, ReceivedEvent received, CancellationToken cancellationToken)
    {
        if (received.HasExpired(clock.GetUtcNow()))
        {
            LogDropped(logger, received.Id, subscription.Topic, "it has expired");
            Metrics?.NotDelivered(subscription.PubSub, subscription.Topic, DeliveryStatus.Drop);
            await DropAsync(message, received.Id);
            return;
        }

        var path = subscription.Find(received.Attributes, out var error);
        if (error is not null)
        {
            LogUndeliverable(logger, received.Id, subscription.Topic, error);
            CountUndeliverable();
            await RejectAsync(message, received.Id, error, null);
        }
        else if (path is null)
        {
            LogNoRoute(logger, received.Id, subscription.Topic);
            Metrics?.NotDelivered(subscription.PubSub, subscription.Topic, DeliveryStatus.DropAsked);
            await DropAsync(message, received.Id);
        }
        else
        {
            await DeliverAsync(message, received, path, cancellationToken);
        }
    }

    private async Task DeliverAsync(IncomingMessage message, ReceivedEvent received, string path, CancellationToken cancellationToken)
    {
        var (answer, failure) = await TryDeliverAsync(message, received, path, cancellationToken);
        switch (answer.Verdict)
        {
            case Verdict.Success:
                return;
            case Verdict.Drop:
                LogDropped(logger, received.Id, subscription.Topic, answer.Reason);
                await DropAsync(message, received.Id);
                return;
            default:
                // A redelivery after the restart must find it with the broker, not in the dead-letter topic.
                stopping.ThrowIfCancellationRequested();
                LogUndeliverable(logger, received.Id, subscription.Topic, answer.Reason);
                await RejectAsync(message, received.Id, answer.Reason, failure);
                return;
        }
    }

    private async Task<(AppAnswer Answer, Exception? Failure)> TryDeliverAsync(
        IncomingMessage message, ReceivedEvent received, string path, CancellationToken cancellationToken)
    {
        if (Batches is { } batches)
        {
            return await batches.AddAsync(message, received, path, cancellationToken);
        }

        try
        {
            var answer = await policy.RunAsync(
                async token =>
                {
                    var once = await SendAsync(message, received, path, token);
                    return once.Verdict == Verdict.Retry ? Attempt<AppAnswer>.Failure(once, once.Code) : Attempt<AppAnswer>.Success(once);
                },
                cancellationToken,
                stopping);
            return (answer, null);
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException or TimeoutException or CircuitBreakerOpenException)
        {
            return (new AppAnswer(Verdict.Retry, exception.Message), exception);
        }
    }

    private async Task<AppAnswer> SendAsync(IncomingMessage message, ReceivedEvent received, string path, CancellationToken cancellationToken)
    {
        var trace = received.Trace;
        ActivityContext.TryParse(trace.Traceparent, trace.Tracestate, isRemote: true, out var parent);
        using var activity = traces.StartActivity($"pubsub/{subscription.Topic}", ActivityKind.Consumer, parent);
        var started = clock.GetTimestamp();
        var status = DeliveryStatus.Retry;
        try
        {
            var answer = await receiver.SendAsync(message, received, path, activity is null ? trace : TraceContext.Of(activity), cancellationToken);
            status = answer.Status;
            return answer;
        }
        finally
        {
            Metrics?.Delivered(subscription.PubSub, subscription.Topic, status, clock.GetElapsedTime(started));
        }
    }

    // The app is not asked: the message is dropped where there is a dead-letter topic, and comes again where there is none.
    private void CountUndeliverable() => Metrics?.NotDelivered(
        subscription.PubSub, subscription.Topic, subscription.DeadLetterTopic is null ? DeliveryStatus.Retry : DeliveryStatus.Drop);

    // Done with as far as the broker is concerned; kept aside where there is a place for it.
    private async Task DropAsync(IncomingMessage message, string id)
    {
        if (subscription.DeadLetterTopic is not null && await TryDeadLetterAsync(message, id) is { } failure)
        {
            throw new DeliveryFailedException($"event {id} was dropped, but not taken by topic {subscription.DeadLetterTopic}", failure);
        }
    }

    private async Task RejectAsync(IncomingMessage message, string id, string reason, Exception? cause)
    {
        if (subscription.DeadLetterTopic is null || await TryDeadLetterAsync(message, id) is not null)
        {
            throw new DeliveryFailedException($"event {id} of topic {subscription.Topic} was not delivered: {reason}", cause);
        }
    }

    private async Task<Exception?> TryDeadLetterAsync(IncomingMessage message, string id)
    {
        // A time of its own: that of the delivery may be used up, and a stop must not lose the message half way.
        using var limit = new CancellationTokenSource(DeadLetterLimit, clock);
        try
        {
            await publisher.PublishRawAsync(subscription.PubSub, subscription.DeadLetterTopic!, message.Data, message.Metadata, limit.Token);
            LogDeadLettered(logger, id, subscription.Topic, subscription.DeadLetterTopic!);
            return null;
        }
        catch (Exception exception) when (exception is ComponentException or TopicForbiddenException or OperationCanceledException
            or TimeoutException or CircuitBreakerOpenException)
        {
            LogDeadLetterFailed(logger, exception, id, subscription.DeadLetterTopic!);
            return exception;
        }
    }

    [LoggerMessage(LogLevel.Warning, "Event {EventId} of topic {Topic} was not delivered: {Reason}")]
    private static partial void LogUndeliverable(ILogger logger, string eventId, string topic, string reason);

    [LoggerMessage(LogLevel.Warning, "Event {EventId} of topic {Topic} was dropped: {Reason}")]
    private static partial void LogDropped(ILogger logger, string eventId, string topic, string reason);

    [LoggerMessage(LogLevel.Debug, "Event {EventId} of topic {Topic} matches no route")]
    private static partial void LogNoRoute(ILogger logger, string eventId, string topic);

    [LoggerMessage(LogLevel.Warning, "Event {EventId} of topic {Topic} went to the dead-letter topic {DeadLetterTopic}")]
    private static partial void LogDeadLettered(ILogger logger, string eventId, string topic, string deadLetterTopic);

    [LoggerMessage(LogLevel.Error, "Event {EventId} could not be published to the dead-letter topic {DeadLetterTopic}")]
    private static partial void LogDeadLetterFailed(ILogger logger, Exception exception, string eventId, string deadLetterTopic);
}
