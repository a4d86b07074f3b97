using System.Collections.Concurrent;
using System.Globalization;
using Sidecar.Components;
using Sidecar.Components.State;

namespace DaprShop.Tests.Wire;

/// <summary>A state store that does what a test says: it can fail, and it shows what it was asked.</summary>
internal sealed class FakeStateStore(StateCapabilities capabilities = StateCapabilities.Etag | StateCapabilities.Transactional) : IStateStore
{
    private readonly ConcurrentDictionary<string, StateItem> _items = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<StateOperation> _operations = new();

    public StateCapabilities Capabilities => capabilities;

    /// <summary>Thrown by every operation while it is set.</summary>
    public Exception? Fault { get; set; }

    /// <summary>Every set and delete, in the order they came.</summary>
    public IReadOnlyList<StateOperation> Operations => [.. _operations];

    public int Calls { get; private set; }

    public void Put(StateItem item) => _items[item.Key] = item;

    public Task InitAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task<StateItem?> GetAsync(string key, CancellationToken cancellationToken)
    {
        Called();
        return Task.FromResult(_items.GetValueOrDefault(key));
    }

    public Task<IReadOnlyList<StateItem>> GetManyAsync(IReadOnlyList<string> keys, CancellationToken cancellationToken)
    {
        Called();
        return Task.FromResult<IReadOnlyList<StateItem>>(
            [.. keys.Reverse().Select(key => _items.GetValueOrDefault(key)).OfType<StateItem>()]);
    }

    public Task ApplyAsync(StateOperation operation, CancellationToken cancellationToken)
    {
        Called();
        _operations.Enqueue(operation);
        if (operation is StateSet set)
        {
            Put(new StateItem(set.Key, set.Value, _operations.Count.ToString(CultureInfo.InvariantCulture)));
        }

        return Task.CompletedTask;
    }

    public Task TransactAsync(IReadOnlyList<StateOperation> operations, CancellationToken cancellationToken)
    {
        Called();
        foreach (var operation in operations)
        {
            _operations.Enqueue(operation);
            if (operation is StateSet set)
            {
                Put(new StateItem(set.Key, set.Value, _operations.Count.ToString(CultureInfo.InvariantCulture)));
            }
        }

        return Task.CompletedTask;
    }

    public IAsyncEnumerable<string> ListKeysAsync(string prefix, CancellationToken cancellationToken) =>
        throw new ComponentException(ComponentFault.Unsupported, "not asked for by these tests");

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private void Called()
    {
        Calls++;
        if (Fault is not null)
        {
            throw Fault;
        }
    }
}
