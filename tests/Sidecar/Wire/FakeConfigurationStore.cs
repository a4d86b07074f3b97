using System.Collections.Concurrent;
using Sidecar.Components.Configuration;

namespace DaprShop.Tests.Wire;

/// <summary>A configuration store whose items and changes are the test's.</summary>
internal sealed class FakeConfigurationStore : IConfigurationStore
{
    private readonly ConcurrentDictionary<Subscription, bool> _subscriptions = new();
    private readonly ConcurrentQueue<IReadOnlyList<string>> _asked = new();

    public Dictionary<string, ConfigurationItem> Items { get; } = new(StringComparer.Ordinal);

    /// <summary>Thrown by every call while it is set.</summary>
    public Exception? Fault { get; set; }

    /// <summary>The keys of every get and subscribe, in the order they came.</summary>
    public IReadOnlyList<string> Asked => [.. _asked.Select(keys => string.Join(',', keys))];

    public int Subscriptions => _subscriptions.Count;

    /// <summary>Tells every subscription; returns when their handlers have.</summary>
    public Task ChangeAsync(params (string Key, ConfigurationItem Item)[] changes) => Task.WhenAll(
        _subscriptions.Keys.Select(subscription => subscription.Handler(changes.ToDictionary(), CancellationToken.None)));

    public Task InitAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task<IReadOnlyDictionary<string, ConfigurationItem>> GetAsync(IReadOnlyList<string> keys, CancellationToken cancellationToken)
    {
        Ask(keys);
        return Task.FromResult<IReadOnlyDictionary<string, ConfigurationItem>>(
            Items.Where(item => keys.Count == 0 || keys.Contains(item.Key)).ToDictionary());
    }

    public Task<IDisposable> SubscribeAsync(IReadOnlyList<string> keys, ConfigurationHandler handler, CancellationToken cancellationToken)
    {
        Ask(keys);
        var subscription = new Subscription(this, handler);
        _subscriptions[subscription] = true;
        return Task.FromResult<IDisposable>(subscription);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private void Ask(IReadOnlyList<string> keys)
    {
        _asked.Enqueue(keys);
        if (Fault is not null)
        {
            throw Fault;
        }
    }

    private sealed class Subscription(FakeConfigurationStore store, ConfigurationHandler handler) : IDisposable
    {
        public ConfigurationHandler Handler => handler;

        public void Dispose() => store._subscriptions.TryRemove(this, out _);
    }
}
