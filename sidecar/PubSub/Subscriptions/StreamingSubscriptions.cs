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
/// app's consumer group, so that streams of one app share the messages.
/// </summary>
internal sealed class StreamingSubscriptions(
    SidecarOptions options,
    ComponentRegistry components,
    EventPublisher publisher,
    ResiliencyPolicies resiliency,
    ActiveSubscriptions active,
    SidecarTracing tracing,
    SidecarMetrics metrics,
    TimeProvider clock,
    ILogger<StreamingSubscriptions> logger)
{
    public bool Knows(string pubSub) => components.PubSub(pubSub) is not null;

    /// <summary>
    /// Starts deliveries; disposing the result stops them after those in hand. Throws <see cref="TopicForbiddenException"/>
    /// or what the driver throws.
    /// </summary>
    /// <param name="stopping">No delivery begins any more, and one that fails from then on stays with the broker.</param>
    public async Task<IAsyncDisposable> StartAsync(
        Subscription subscription, IEventReceiver receiver, CancellationToken stopping, CancellationToken cancellationToken)
    {
        if (components.Find(subscription.PubSub) is not { Instance: IPubSub driver } component
            || !publisher.ScopesOf(component).MaySubscribe(subscription.Topic))
        {
            throw new TopicForbiddenException(subscription.Topic, options.AppId);
        }

        var delivery = new EventDelivery(
            subscription, receiver, publisher, resiliency.ForInbound(subscription.PubSub), tracing.Source, clock, logger, stopping)
        {
            Metrics = metrics.PubSub,
        };
        var request = new SubscribeRequest(subscription.Topic, AppSubscriptions.ConsumerGroup(component, options), subscription.Metadata);
        var running = await driver.SubscribeAsync(request, delivery.HandleAsync, cancellationToken);
        var described = subscription.Describe();
        active.Add(described);
        return new Running(running, () => active.Remove(described));
    }

    private sealed class Running(IAsyncDisposable subscription, Action ended) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            ended();
            await subscription.DisposeAsync();
        }
    }
}
