using System.Text.Json;
using Sidecar.Components;
using Sidecar.Components.PubSub;
using Sidecar.Components.State;
using Sidecar.Host;
using Sidecar.PubSub.Delivery;
using Sidecar.PubSub.Publishing;
using Sidecar.PubSub.Subscriptions;
using Sidecar.Resiliency;
using Sidecar.Scheduling;

namespace Sidecar.PubSub.Outbox;

/// <summary>
/// Publishes the events of committed transactions: waits for the marker that was committed with the state, publishes, and
/// removes the marker. Runs in every sidecar of the app, whether the app is there or not; they share the events.
/// </summary>
internal sealed partial class OutboxRelay(
    SidecarOptions options,
    ComponentRegistry components,
    EventPublisher publisher,
    TimeProvider clock,
    ILogger<OutboxRelay> logger) : IHostedService, IComponentUser, IDisposable
{
    // A relay mostly waits, so a driver that delivers one message after the other would be held up by it.
    private const int AtOnce = 100;

    private static readonly TimeSpan[] Pauses =
        [TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(0.5), TimeSpan.FromSeconds(1.5), TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(3)];

    private static readonly IReadOnlyDictionary<string, string> NoMetadata = new Dictionary<string, string>();

    private readonly CancellationTokenSource _stopping = new();
    private readonly List<Relay> _running = [];

    /// <summary>Does not wait for the brokers: the API must come up while one is away.</summary>
    public Task StartAsync(CancellationToken cancellationToken) => SettleAsync(cancellationToken);

    /// <summary>Events in hand that are still waiting for their marker stay with the broker.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _stopping.CancelAsync();
        await EndAsync([.. _running], cancellationToken);
    }

    public async Task SettleAsync(CancellationToken cancellationToken)
    {
        var outboxes = components.All.Where(component => component.Instance is IStateStore).Select(store => OutboxSettings.Of(store.Spec)).OfType<OutboxSettings>().ToList();
        await EndAsync(
            [.. _running.Where(relay => !outboxes.Contains(relay.Outbox) || !ReferenceEquals(components.Find(relay.Outbox.InternalPubSub), relay.PubSub))], cancellationToken);
        foreach (var outbox in outboxes.Where(outbox => !_running.Exists(relay => relay.Outbox == outbox)))
        {
            var stopping = CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token);
            var pubSub = components.Find(outbox.InternalPubSub);
            _running.Add(new Relay(outbox, pubSub, SubscribeAsync(outbox, pubSub, stopping.Token), stopping));
        }
    }

    public void Dispose() => _stopping.Dispose();

    private async Task EndAsync(IReadOnlyList<Relay> ended, CancellationToken cancellationToken)
    {
        foreach (var relay in ended)
        {
            _running.Remove(relay);
            await relay.Stopping.CancelAsync();
        }

        await Task.WhenAll(ended.Select(EndAsync)).WaitAsync(cancellationToken);
    }

    private static async Task EndAsync(Relay relay)
    {
        if (await relay.Subscribing is { } subscription)
        {
            await subscription.DisposeAsync();
        }

        relay.Stopping.Dispose();
    }

    private async Task<IAsyncDisposable?> SubscribeAsync(OutboxSettings outbox, LoadedComponent? component, CancellationToken stopping)
    {
        await Task.Yield();
        if (component is not { Instance: IPubSub driver })
        {
            LogNoPubSub(logger, outbox.Store, outbox.InternalPubSub);
            return null;
        }

        var topic = outbox.InternalTopic(options.Namespace, options.AppId);
        var request = new SubscribeRequest(topic, AppSubscriptions.ConsumerGroup(component, options), NoMetadata) { Gathers = AtOnce };
        var backoff = new Backoff(clock);
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                var running = await driver.SubscribeAsync(request, (message, token) => RelayAsync(outbox, message, stopping, token), stopping);
                LogStarted(logger, outbox.Store, topic, outbox.InternalPubSub);
                return running;
            }
            catch (ComponentException failure)
            {
                LogNotStarted(logger, outbox.Store, topic, failure);
                await backoff.WaitUnlessAsync(stopping);
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                return null;
            }
        }

        return null;
    }

    private async Task RelayAsync(OutboxSettings outbox, IncomingMessage message, CancellationToken stopping, CancellationToken cancellationToken)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stopping, cancellationToken);
        var (id, contentType) = Read(message.Data);
        if (components.State(outbox.Store) is not { } store)
        {
            throw new DeliveryFailedException($"outbox event {id}: there is no state store {outbox.Store}");
        }

        if (!await IsCommittedAsync(store, id, either.Token))
        {
            if (outbox.DiscardsMissing)
            {
                LogDiscarded(logger, id, outbox.Store);
                return;
            }

            throw new DeliveryFailedException($"outbox event {id}: its transaction is not committed in state store {outbox.Store}");
        }

        var published = CloudEventEnvelope.With(message.Data, new Dictionary<string, string>(StringComparer.Ordinal)
        {
            [CloudEventAttributes.Topic] = outbox.Topic,
            [CloudEventAttributes.PubSubName] = outbox.PubSub,
        });
        await UntilItWorksAsync(
            async token =>
            {
                await publisher.PublishRawAsync(outbox.PubSub, outbox.Topic, published, NoMetadata, token);
                return true;
            },
            id,
            either.Token);
        LogPublished(logger, id, outbox.Topic, outbox.PubSub, contentType);

        // From here on a stop must not interrupt: the event would come again and be published twice.
        await store.ApplyAsync(new StateDelete(id), cancellationToken);
    }

    // The commit comes after the event and so mostly within a moment; what was not committed after ten seconds may be so
    // when the broker brings the event again.
    private async Task<bool> IsCommittedAsync(IStateStore store, string marker, CancellationToken cancellationToken)
    {
        foreach (var pause in Pauses)
        {
            if (await UntilItWorksAsync(HasAsync, marker, cancellationToken))
            {
                return true;
            }

            await Task.Delay(pause, clock, cancellationToken);
        }

        return await UntilItWorksAsync(HasAsync, marker, cancellationToken);

        async Task<bool> HasAsync(CancellationToken token) => await store.GetAsync(marker, token) is { Value.Length: > 0 };
    }

    // Some brokers forget a message whose handler failed: a store or broker that is away for a while must not cost the event.
    private async Task<bool> UntilItWorksAsync(Func<CancellationToken, Task<bool>> step, string id, CancellationToken cancellationToken)
    {
        var backoff = new Backoff(clock);
        while (true)
        {
            try
            {
                return await step(cancellationToken);
            }
            catch (Exception failure) when (failure is ComponentException { Fault: ComponentFault.Failed } or TimeoutException or CircuitBreakerOpenException)
            {
                LogWaits(logger, id, failure);
            }

            await backoff.WaitAsync(cancellationToken);
        }
    }

    private static (string Id, string ContentType) Read(ReadOnlyMemory<byte> data)
    {
        try
        {
            using var cloudEvent = JsonDocument.Parse(data, new JsonDocumentOptions { MaxDepth = 1_000 });
            if (cloudEvent.RootElement is { ValueKind: JsonValueKind.Object } root && root.TextOf(CloudEventAttributes.Id) is { Length: > 0 } id)
            {
                return (id, root.TextOf(CloudEventAttributes.DataContentType) ?? "");
            }

            throw new DeliveryFailedException("a message of the outbox topic is no event of the outbox: it has no id");
        }
        catch (JsonException exception)
        {
            throw new DeliveryFailedException($"a message of the outbox topic is no event: {exception.Message}", exception);
        }
    }

    [LoggerMessage(LogLevel.Information, "The outbox of state store {Store} is relayed from topic {Topic} of {PubSub}")]
    private static partial void LogStarted(ILogger logger, string store, string topic, string pubSub);

    [LoggerMessage(LogLevel.Error, "The outbox of state store {Store} cannot work: there is no pubsub component {PubSub}")]
    private static partial void LogNoPubSub(ILogger logger, string store, string pubSub);

    [LoggerMessage(LogLevel.Warning, "The outbox of state store {Store} could not subscribe to topic {Topic}; trying again")]
    private static partial void LogNotStarted(ILogger logger, string store, string topic, Exception failure);

    [LoggerMessage(LogLevel.Warning, "Outbox event {EventId} waits for its store or broker, which fails; trying again")]
    private static partial void LogWaits(ILogger logger, string eventId, Exception failure);

    [LoggerMessage(LogLevel.Debug, "Outbox event {EventId} was published to topic {Topic} of {PubSub} as {ContentType}")]
    private static partial void LogPublished(ILogger logger, string eventId, string topic, string pubSub, string contentType);

    [LoggerMessage(LogLevel.Warning, "Outbox event {EventId} is discarded: its transaction is not committed in state store {Store} (outboxDiscardWhenMissingState)")]
    private static partial void LogDiscarded(ILogger logger, string eventId, string store);

    private sealed record Relay(OutboxSettings Outbox, LoadedComponent? PubSub, Task<IAsyncDisposable?> Subscribing, CancellationTokenSource Stopping);
}
