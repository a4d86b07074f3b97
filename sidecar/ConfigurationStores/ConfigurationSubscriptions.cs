using System.Collections.Concurrent;
using Sidecar.Components.Configuration;
using Sidecar.Host;
using Sidecar.Invocation;
using Sidecar.Resiliency;

namespace Sidecar.ConfigurationStores;

/// <summary>
/// The app's subscriptions to configuration by their ids. They belong to the sidecar, as with daprd: an app that was
/// restarted still has them. While it is away nothing is sent, and what changed meanwhile follows when it is back.
/// </summary>
internal sealed class ConfigurationSubscriptions(
    ResiliencyPolicies resiliency, AppHealth health, ILogger<ConfigurationSubscriptions> logger, IAppChannel? app = null) : IAppLifecycle, IDisposable
{
    private readonly ConcurrentDictionary<(string Store, string Id), Live> _live = new();
    private readonly DeliveryGate _gate = new(health);

    /// <summary>False: there is nobody to send updates to.</summary>
    public bool CanDeliver => app is not null;

    /// <summary>The id under which the updates come and which ends them.</summary>
    public async Task<string> SubscribeAsync(
        string name, IConfigurationStore store, IReadOnlyList<string> keys, CancellationToken cancellationToken)
    {
        var id = RandomId.NewUuid();
        var delivery = new UpdateDelivery(
            name, id, app ?? throw new InvalidOperationException("there is no app"), _gate, resiliency.ForInbound(name), logger);
        await SubscribeAsync(name, id, store, keys, delivery.DeliverAsync, delivery, cancellationToken);
        return id;
    }

    /// <summary>As above, for updates that go elsewhere.</summary>
    /// <param name="receiver">Told when the subscription ends, whoever ends it.</param>
    public async Task SubscribeAsync(
        string name,
        string id,
        IConfigurationStore store,
        IReadOnlyList<string> keys,
        ConfigurationHandler handler,
        IDisposable receiver,
        CancellationToken cancellationToken) =>
        _live[(name, id)] = new Live(await store.SubscribeAsync(keys, handler, cancellationToken), receiver);

    /// <summary>False: there is no such subscription. An update that the app has in hand is finished, no other follows.</summary>
    public bool TryUnsubscribe(string name, string id)
    {
        if (!_live.TryRemove((name, id), out var live))
        {
            return false;
        }

        live.Dispose();
        return true;
    }

    /// <summary>As above, whichever store it is to.</summary>
    public bool TryUnsubscribe(string id) => _live.Keys.FirstOrDefault(key => key.Id == id) is { Id: not null } key && TryUnsubscribe(key.Store, key.Id);

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _gate.Open();
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => _gate.CloseAsync().WaitAsync(cancellationToken);

    /// <summary>May come twice: the container knows it under two types.</summary>
    public void Dispose()
    {
        foreach (var (store, id) in _live.Keys)
        {
            TryUnsubscribe(store, id);
        }

        _gate.Dispose();
    }

    private sealed record Live(IDisposable Subscription, IDisposable Receiver) : IDisposable
    {
        public void Dispose()
        {
            Subscription.Dispose();
            Receiver.Dispose();
        }
    }
}
