using System.Collections.Concurrent;
using Sidecar.Components;
using Sidecar.Components.PubSub;
using Sidecar.Host;
using Sidecar.Metrics;
using Sidecar.PubSub.Delivery;
using Sidecar.PubSub.Publishing;
using Sidecar.Resiliency;
using Sidecar.Tracing;

namespace Sidecar.PubSub.Subscriptions;

/// <summary>
/// Subscriptions that live as long as a client's stream (dapr-contract.md 5.7). Each has its own at the broker, with the
/// app's consumer group, so that streams of one app share the messages. A stream outlives its component: when that is
/// replaced or comes back, so do the stream's messages.
/// </summary>
internal sealed partial class StreamingSubscriptions(
    SidecarOptions options,
    ComponentRegistry components,
    EventPublisher publisher,
    ResiliencyPolicies resiliency,
    ActiveSubscriptions active,
    SidecarTracing tracing,
    SidecarMetrics metrics,
    TimeProvider clock,
    ILogger<StreamingSubscriptions> logger) : IComponentUser
{
    // A client that does not answer must not hold up a reload for ever.
    private static readonly TimeSpan LongestDrain = TimeSpan.FromSeconds(30);

    private readonly ConcurrentDictionary<ClientStream, bool> _streams = new();

    public bool Knows(string pubSub) => components.PubSub(pubSub) is not null;

    /// <summary>
    /// Starts deliveries; disposing the result stops them after those in hand. Throws <see cref="TopicForbiddenException"/>
    /// or what the driver throws.
    /// </summary>
    /// <param name="stopping">No delivery begins any more, and one that fails from then on stays with the broker.</param>
    public async Task<IAsyncDisposable> StartAsync(
        Subscription subscription, IEventReceiver receiver, CancellationToken stopping, CancellationToken cancellationToken)
    {
        var delivery = new EventDelivery(
            subscription, receiver, publisher, resiliency.ForInbound(subscription.PubSub), tracing.Source, clock, logger, stopping)
        {
            Metrics = metrics.PubSub,
        };
        var stream = new ClientStream(this, subscription, delivery);

        // Known before it subscribes, so that a reload meanwhile does not miss it.
        _streams[stream] = true;
        var isAllowed = false;
        try
        {
            isAllowed = await stream.ArrangeAsync(cancellationToken);
        }
        finally
        {
            if (!isAllowed)
            {
                _streams.TryRemove(stream, out _);
            }
        }

        return isAllowed ? stream : throw new TopicForbiddenException(subscription.Topic, options.AppId);
    }

    public async Task SettleAsync(CancellationToken cancellationToken)
    {
        foreach (var stream in _streams.Keys)
        {
            await stream.ArrangeAsync(cancellationToken);
        }
    }

    private LoadedComponent? Find(Subscription subscription) => components.Find(subscription.PubSub);

    /// <summary>Null: the component is no pub/sub component or does not allow the topic.</summary>
    private async Task<IAsyncDisposable?> SubscribeAsync(
        LoadedComponent component, Subscription subscription, EventDelivery delivery, CancellationToken cancellationToken)
    {
        if (component.Instance is not IPubSub driver || !publisher.ScopesOf(component).MaySubscribe(subscription.Topic))
        {
            return null;
        }

        var request = new SubscribeRequest(subscription.Topic, AppSubscriptions.ConsumerGroup(component, options), subscription.Metadata);
        return await driver.SubscribeAsync(request, delivery.HandleAsync, cancellationToken);
    }

    private void Show(ActiveSubscription stream) => active.Add(stream);

    private async Task EndAsync(IAsyncDisposable running, ActiveSubscription stream)
    {
        active.Remove(stream);
        try
        {
            await running.DisposeAsync().AsTask().WaitAsync(LongestDrain, clock);
        }
        catch (TimeoutException)
        {
            LogStuck(logger, stream.Topic, stream.PubsubName, LongestDrain);
        }
    }

    [LoggerMessage(LogLevel.Warning, "The subscription of a stream to topic {Topic} of {PubSub} was still busy {Limit} after its end; it is left behind")]
    private static partial void LogStuck(ILogger logger, string topic, string pubSub, TimeSpan limit);

    private sealed class ClientStream(StreamingSubscriptions owner, Subscription subscription, EventDelivery delivery) : IAsyncDisposable
    {
        private readonly SemaphoreSlim _turn = new(1, 1);
        private readonly ActiveSubscription _described = subscription.Describe();
        private (LoadedComponent Component, IAsyncDisposable OfDriver)? _running;
        private bool _isOver;

        /// <summary>False: the component is not there or does not allow the topic.</summary>
        public async Task<bool> ArrangeAsync(CancellationToken cancellationToken)
        {
            await _turn.WaitAsync(cancellationToken);
            try
            {
                var component = owner.Find(subscription);
                if (_isOver || (component is not null && ReferenceEquals(_running?.Component, component)))
                {
                    return true;
                }

                await EndAsync();
                if (component is null || await owner.SubscribeAsync(component, subscription, delivery, cancellationToken) is not { } running)
                {
                    return false;
                }

                _running = (component, running);
                owner.Show(_described);
                return true;
            }
            finally
            {
                _turn.Release();
            }
        }

        public async ValueTask DisposeAsync()
        {
            owner._streams.TryRemove(this, out _);
            await _turn.WaitAsync();
            try
            {
                _isOver = true;
                await EndAsync();
            }
            finally
            {
                _turn.Release();
            }
        }

        private async Task EndAsync()
        {
            if (_running is { } running)
            {
                _running = null;
                await owner.EndAsync(running.OfDriver, _described);
            }
        }
    }
}
