namespace Sidecar.Components.State.InMemory;

/// <summary>
/// Private to one sidecar and gone with it. As in daprd the ETag is checked whatever the concurrency says, also for
/// keys that do not exist.
/// </summary>
internal sealed class InMemoryStateStore(TimeProvider clock) : IStateStore
{
    private static readonly TimeSpan SweepInterval = TimeSpan.FromSeconds(1);

    private readonly System.Threading.Lock _gate = new();
    private readonly Dictionary<string, StateItem> _items = new(StringComparer.Ordinal);
    private ITimer? _sweeper;

    public static IComponent Create(ComponentSpec spec, ComponentContext context, ICollection<string> errors)
    {
        ComponentLog.WarnUnknown(context, spec, new ComponentMetadata(spec, errors));
        return new InMemoryStateStore(context.Clock);
    }

    public StateCapabilities Capabilities =>
        StateCapabilities.Etag | StateCapabilities.Transactional | StateCapabilities.Ttl
        | StateCapabilities.DeleteWithPrefix | StateCapabilities.KeysLike | StateCapabilities.Actor;

    public Task InitAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task<StateItem?> GetAsync(string key, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            return Task.FromResult(Find(key));
        }
    }

    public Task<IReadOnlyList<StateItem>> GetManyAsync(IReadOnlyList<string> keys, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            return Task.FromResult<IReadOnlyList<StateItem>>([.. keys.Distinct().Select(Find).OfType<StateItem>()]);
        }
    }

    public Task ApplyAsync(StateOperation operation, CancellationToken cancellationToken) =>
        TransactAsync([operation], cancellationToken);

    public async Task<string?> SetAsync(StateSet operation, CancellationToken cancellationToken)
    {
        // The lock is re-entrant: nobody writes between the set and the look at what it wrote.
        Task applied;
        string? etag;
        lock (_gate)
        {
            applied = TransactAsync([operation], cancellationToken);
            etag = Find(operation.Key)?.Etag;
        }

        await applied;
        return etag;
    }

    public Task TransactAsync(IReadOnlyList<StateOperation> operations, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            foreach (var operation in operations)
            {
                if (!Matches(operation))
                {
                    return Task.FromException(new ComponentException(
                        ComponentFault.EtagMismatch, $"etag mismatch for key {operation.Key}"));
                }
            }

            foreach (var operation in operations)
            {
                Apply(operation);
            }
        }

        return Task.CompletedTask;
    }

    public IAsyncEnumerable<string> ListKeysAsync(string prefix, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            List<string> keys = [.. _items.Keys.Where(key => key.StartsWith(prefix, StringComparison.Ordinal) && Find(key) is not null)];
            return keys.ToAsyncEnumerable();
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_sweeper is not null)
        {
            await _sweeper.DisposeAsync();
        }
    }

    private StateItem? Find(string key) =>
        _items.GetValueOrDefault(key) is { } item && (item.ExpiresAt is null || item.ExpiresAt > clock.GetUtcNow()) ? item : null;

    private bool Matches(StateOperation operation)
    {
        var existing = Find(operation.Key);
        return string.IsNullOrEmpty(operation.Etag)
            ? operation.Concurrency is not Concurrency.FirstWrite || operation is not StateSet || existing is null
            : existing?.Etag == operation.Etag;
    }

    private void Apply(StateOperation operation)
    {
        if (operation is not StateSet set)
        {
            _items.Remove(operation.Key);
            return;
        }

        DateTimeOffset? expiresAt = set.TtlSeconds > 0 ? clock.GetUtcNow().AddSeconds(set.TtlSeconds.Value) : null;
        // A copy: the caller's buffer may be pooled.
        _items[set.Key] = new StateItem(set.Key, set.Value.ToArray(), RandomId.NewUuid(), expiresAt);
        if (expiresAt is not null)
        {
            // Only a store that has something to expire ticks.
            _sweeper ??= clock.CreateTimer(_ => Sweep(), null, SweepInterval, SweepInterval);
        }
    }

    private void Sweep()
    {
        lock (_gate)
        {
            var now = clock.GetUtcNow();
            foreach (var (key, _) in _items.Where(entry => entry.Value.ExpiresAt <= now).ToArray())
            {
                _items.Remove(key);
            }
        }
    }
}
