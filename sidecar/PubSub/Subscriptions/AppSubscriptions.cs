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
/// The app's subscriptions while it is healthy: asked for at each start, stopped so that a message in hand is
/// finished and later ones stay with the broker. A reload restarts those that it changes, and no other.
/// </summary>
internal sealed partial class AppSubscriptions(
    SidecarOptions options,
    DeclaredSubscriptions declared,
    ComponentRegistry components,
    IAppTopics app,
    EventPublisher publisher,
    ResiliencyPolicies resiliency,
    ActiveSubscriptions active,
    SidecarTracing tracing,
    SidecarMetrics metrics,
    TimeProvider clock,
    ILogger<AppSubscriptions> logger) : IAppLifecycle, IComponentUser, IDisposable
{
    // A wedged broker must not hold up the stop for ever.
    private static readonly TimeSpan LongestDrain = TimeSpan.FromSeconds(30);

    // Starts and stops follow the app's health, changes follow the files: one at a time.
    private readonly Turns _turns = new();
    private readonly List<Running> _running = [];

    /// <summary>Null: the app is not fed.</summary>
    private IReadOnlyList<Subscription>? _ofApp;

    public Task StartAsync(CancellationToken cancellationToken) => _turns.RunAsync(
        async () =>
        {
            try
            {
                _ofApp = await app.AskAsync(cancellationToken);
                await ArrangeAsync(cancellationToken);
            }
            catch
            {
                // The start is tried again as a whole: what did start would otherwise consume twice.
                await EndAllAsync(CancellationToken.None);
                throw;
            }
        },
        cancellationToken);

    public Task StopAsync(CancellationToken cancellationToken) => _turns.RunAsync(() => EndAllAsync(cancellationToken), cancellationToken);

    public Task SettleAsync(CancellationToken cancellationToken) => _turns.RunAsync(() => ArrangeAsync(cancellationToken), cancellationToken);

    public void Dispose() => _turns.Dispose();

    /// <summary>Under which the subscribers of one app share its messages.</summary>
    internal static string ConsumerGroup(LoadedComponent component, SidecarOptions options)
    {
        var group = component.Spec.Metadata.FirstOrDefault(item => item.Key.Equals("consumerID", StringComparison.OrdinalIgnoreCase)).Value;
        return string.IsNullOrEmpty(group) ? options.AppId : group;
    }

    private Task EndAllAsync(CancellationToken cancellationToken)
    {
        _ofApp = null;
        return EndAsync([.. _running], cancellationToken);
    }

    private async Task ArrangeAsync(CancellationToken cancellationToken)
    {
        if (_ofApp is null)
        {
            return;
        }

        var wanted = Subscription.Merge(_ofApp, declared.Current);
        active.Replace([.. wanted.Select(subscription => subscription.Describe())]);
        await EndAsync([.. _running.Where(one => !wanted.Contains(one.Subscription, ReferenceEqualityComparer.Instance) || !IsCurrent(one))], cancellationToken);
        foreach (var subscription in wanted.Where(subscription => !_running.Exists(one => ReferenceEquals(one.Subscription, subscription))))
        {
            await SubscribeAsync(subscription, cancellationToken);
        }
    }

    private bool IsCurrent(Running one) => ReferenceEquals(components.Find(one.Subscription.PubSub), one.Component);

    private async Task EndAsync(IReadOnlyList<Running> ended, CancellationToken cancellationToken)
    {
        // The drivers first: what they see cancelled before they stop themselves counts as a failed delivery.
        var ending = ended.Select(one => one.OfDriver.DisposeAsync().AsTask()).ToList();
        foreach (var one in ended)
        {
            _running.Remove(one);
            await one.Stopping.CancelAsync();
        }

        try
        {
            await Task.WhenAll(ending).WaitAsync(LongestDrain, clock, cancellationToken);
        }
        catch (TimeoutException)
        {
            LogStuck(logger, LongestDrain);
        }

        foreach (var one in ended)
        {
            one.Stopping.Dispose();
        }
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
        var stopping = new CancellationTokenSource();
        var delivery = new EventDelivery(
            subscription, app.ReceiverFor(subscription.PubSub), publisher, policy, tracing.Source, clock, logger, stopping.Token)
        {
            Batches = app.BatchReceiverFor(subscription) is { } receiver
                ? new EventBatches(subscription, receiver, policy, tracing.Source, clock, stopping.Token) { Metrics = metrics.PubSub }
                : null,
            Metrics = metrics.PubSub,
        };
        var request = new SubscribeRequest(subscription.Topic, ConsumerGroup(component, options), subscription.Metadata)
        {
            Gathers = delivery.Batches is null ? 1 : subscription.Bulk!.Count,
        };
        try
        {
            _running.Add(new Running(subscription, component, await driver.SubscribeAsync(request, delivery.HandleAsync, cancellationToken), stopping));
        }
        catch
        {
            stopping.Dispose();
            throw;
        }

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

    private sealed record Running(Subscription Subscription, LoadedComponent Component, IAsyncDisposable OfDriver, CancellationTokenSource Stopping);
}
