using Sidecar.Components;
using Sidecar.Components.PubSub;
using Sidecar.Configuration;
using Sidecar.Host;
using Sidecar.Metrics;
using Sidecar.PubSub.Delivery;
using Sidecar.PubSub.Publishing;
using Sidecar.Resiliency;
using Sidecar.Tracing;

namespace Sidecar.PubSub.Subscriptions;

/// <summary>
/// The app's subscriptions while it is healthy: asked for at each start, stopped so that a message in hand is
/// finished and later ones stay with the broker.
/// </summary>
internal sealed partial class AppSubscriptions(
    SidecarOptions options,
    SidecarResources resources,
    ComponentRegistry components,
    IAppTopics app,
    EventPublisher publisher,
    ResiliencyPolicies resiliency,
    ActiveSubscriptions active,
    SidecarTracing tracing,
    SidecarMetrics metrics,
    TimeProvider clock,
    ILogger<AppSubscriptions> logger) : IAppLifecycle, IDisposable
{
    // A wedged broker must not hold up the stop for ever.
    private static readonly TimeSpan LongestDrain = TimeSpan.FromSeconds(30);

    private readonly List<IAsyncDisposable> _running = [];
    private CancellationTokenSource _stopping = new();

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var subscriptions = Subscription.Merge(
            await app.AskAsync(cancellationToken), resources.Subscriptions.Select(Subscription.From));
        _stopping.Dispose();
        _stopping = new CancellationTokenSource();
        active.Replace([.. subscriptions.Select(subscription => subscription.Describe())]);
        try
        {
            foreach (var subscription in subscriptions)
            {
                await SubscribeAsync(subscription, cancellationToken);
            }
        }
        catch
        {
            // The start is tried again as a whole: what did start would otherwise consume twice.
            await StopAsync(CancellationToken.None);
            throw;
        }
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        // The drivers first: what they see cancelled before they stop themselves counts as a failed delivery.
        var ending = _running.ConvertAll(subscription => subscription.DisposeAsync().AsTask());
        _running.Clear();
        await _stopping.CancelAsync();
        try
        {
            await Task.WhenAll(ending).WaitAsync(LongestDrain, clock, cancellationToken);
        }
        catch (TimeoutException)
        {
            LogStuck(logger, LongestDrain);
        }
    }

    public void Dispose() => _stopping.Dispose();

    /// <summary>Under which the subscribers of one app share its messages.</summary>
    internal static string ConsumerGroup(LoadedComponent component, SidecarOptions options)
    {
        var group = component.Spec.Metadata.FirstOrDefault(item => item.Key.Equals("consumerID", StringComparison.OrdinalIgnoreCase)).Value;
        return string.IsNullOrEmpty(group) ? options.AppId : group;
    }

    private async Task SubscribeAsync(Subscription subscription, CancellationToken cancellationToken)
    {
        if (components.Find(subscription.PubSub) is not { Instance: IPubSub driver } component)
        {
            LogUnknown(logger, subscription.Topic, subscription.PubSub);
            return;
        }

        if (!publisher.ScopesOf(component).MaySubscribe(subscription.Topic))
        {
            LogForbidden(logger, subscription.Topic, subscription.PubSub, options.AppId);
            return;
        }

        var policy = resiliency.ForInbound(subscription.PubSub);
        var delivery = new EventDelivery(
            subscription, app.ReceiverFor(subscription.PubSub), publisher, policy, tracing.Source, clock, logger, _stopping.Token)
        {
            Batches = app.BatchReceiverFor(subscription) is { } receiver
                ? new EventBatches(subscription, receiver, policy, tracing.Source, clock, _stopping.Token) { Metrics = metrics.PubSub }
                : null,
            Metrics = metrics.PubSub,
        };
        var request = new SubscribeRequest(subscription.Topic, ConsumerGroup(component, options), subscription.Metadata)
        {
            Gathers = delivery.Batches is null ? 1 : subscription.Bulk!.Count,
        };
        _running.Add(await driver.SubscribeAsync(request, delivery.HandleAsync, cancellationToken));
        LogStarted(logger, subscription.Topic, subscription.PubSub);
    }

    [LoggerMessage(LogLevel.Information, "Subscribed to topic {Topic} of {PubSub}")]
    private static partial void LogStarted(ILogger logger, string topic, string pubSub);

    [LoggerMessage(LogLevel.Error, "Cannot subscribe to topic {Topic}: there is no pubsub component {PubSub}")]
    private static partial void LogUnknown(ILogger logger, string topic, string pubSub);

    [LoggerMessage(LogLevel.Error, "Cannot subscribe to topic {Topic} of {PubSub}: its scopes do not allow app {AppId}")]
    private static partial void LogForbidden(ILogger logger, string topic, string pubSub, string appId);

    [LoggerMessage(LogLevel.Warning, "Subscriptions were still busy {Limit} after the stop; they are left behind")]
    private static partial void LogStuck(ILogger logger, TimeSpan limit);
}
