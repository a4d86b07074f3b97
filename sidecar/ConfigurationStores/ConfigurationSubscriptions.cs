using System.Collections.Concurrent;
using Sidecar.Components;
using Sidecar.Components.Configuration;
using Sidecar.Host;
using Sidecar.Invocation;
using Sidecar.Resiliency;

namespace Sidecar.ConfigurationStores;

/// <summary>
/// The app's subscriptions to configuration by their ids. They belong to the sidecar, as with daprd: an app that was
/// restarted still has them. While it is away nothing is sent, and what changed meanwhile follows when it is back. They
/// outlive their store, too: when that is replaced or comes back they go on with the new one.
/// </summary>
internal sealed class ConfigurationSubscriptions(
    ComponentRegistry components,
    ResiliencyPolicies resiliency,
    AppHealth health,
    ILogger<ConfigurationSubscriptions> logger,
    IAppChannel? app = null) : IAppLifecycle, IComponentUser, IDisposable
{
    private readonly ConcurrentDictionary<(string Store, string Id), Live> _live = new();
    private readonly DeliveryGate _gate = new(health);

    /// <summary>False: there is nobody to send updates to.</summary>
    public bool CanDeliver => app is not null;

    /// <summary>The id under which the updates come and which ends them.</summary>
    public async Task<string> SubscribeAsync(string name, IReadOnlyList<string> keys, CancellationToken cancellationToken)
    {
        var id = RandomId.NewUuid();
        var delivery = new UpdateDelivery(
            name, id, app ?? throw new InvalidOperationException("there is no app"), _gate, resiliency.ForInbound(name), logger);
        await SubscribeAsync(name, id, keys, delivery.DeliverAsync, delivery, cancellationToken);
        return id;
    }

    /// <summary>As above, for updates that go elsewhere.</summary>
    /// <param name="receiver">Told when the subscription ends, whoever ends it.</param>
    public async Task SubscribeAsync(
        string name,
        string id,
        IReadOnlyList<string> keys,
        ConfigurationHandler handler,
        IDisposable receiver,
        CancellationToken cancellationToken)
    {
        var live = new Live(name, keys, handler, receiver);
        if (!await live.ArrangeAsync(components, cancellationToken))
        {
            throw new ComponentException(ComponentFault.Failed, $"configuration store {name} was removed while the sidecar runs");
        }

        _live[(name, id)] = live;

        // A reload meanwhile did not know of it.
        await live.ArrangeAsync(components, cancellationToken);
    }

    public async Task SettleAsync(CancellationToken cancellationToken)
    {
        foreach (var live in _live.Values)
        {
            await live.ArrangeAsync(components, cancellationToken);
        }
    }

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

    private sealed class Live(string store, IReadOnlyList<string> keys, ConfigurationHandler handler, IDisposable receiver) : IDisposable
    {
        private readonly SemaphoreSlim _turn = new(1, 1);
        private LoadedComponent? _component;
        private IDisposable? _subscription;
        private volatile bool _isOver;

        /// <summary>False: the store is not there.</summary>
        public async Task<bool> ArrangeAsync(ComponentRegistry components, CancellationToken cancellationToken)
        {
            await _turn.WaitAsync(cancellationToken);
            try
            {
                var component = components.Find(store);
                if (!_isOver && !ReferenceEquals(component, _component))
                {
                    // The new one first, so that a change in between is seen by one of the two.
                    var next = component?.Instance is IConfigurationStore found ? await found.SubscribeAsync(keys, handler, cancellationToken) : null;
                    _subscription?.Dispose();
                    (_component, _subscription) = (component, next);
                }

                if (_isOver)
                {
                    _subscription?.Dispose();
                }

                return _subscription is not null;
            }
            finally
            {
                _turn.Release();
            }
        }

        public void Dispose()
        {
            _isOver = true;
            _subscription?.Dispose();
            receiver.Dispose();
        }
    }
}
