#nullable disable
namespace Dapr.Actors.Runtime;

/// <summary>
/// What an actor remembers of its state, and which of it is changed. A turn that belongs to a chain of calls (reentrancy) has a memory
/// of its own: another turn may be under way in the same actor, and only one of them would know of the other's unfinished changes.
/// </summary>
internal sealed class ActorStateManager(ActorHost host) : IActorStateManager
{
    private readonly Dictionary<string, Entry> _shared = new(StringComparer.Ordinal);
    private readonly AsyncLocal<Dictionary<string, Entry>> _ofChain = new();

    public Task UnloadStateAsync(string stateName, UnloadStateOptions options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(stateName);
        if (Entries.TryGetValue(stateName, out var entry) && entry.Kind != StateChangeKind.None && options?.AllowUnloadingWhenStateModified != true)
        {
            throw new InvalidOperationException(
                $"The state {stateName} is changed and not stored: save it first, or allow it with AllowUnloadingWhenStateModified.");
        }

        Entries.Remove(stateName);
        return Task.CompletedTask;
    }

    public Task AddStateAsync<T>(string stateName, T value, CancellationToken cancellationToken = default) =>
        AddAsync(stateName, value, null, cancellationToken);

    public Task AddStateAsync<T>(string stateName, T value, TimeSpan ttl, CancellationToken cancellationToken = default) =>
        AddAsync(stateName, value, ttl, cancellationToken);

    public Task<bool> TryAddStateAsync<T>(string stateName, T value, CancellationToken cancellationToken = default) =>
        TryAddAsync(stateName, value, null, cancellationToken);

    public Task<bool> TryAddStateAsync<T>(string stateName, T value, TimeSpan ttl, CancellationToken cancellationToken = default) =>
        TryAddAsync(stateName, value, ttl, cancellationToken);

    public async Task<T> GetStateAsync<T>(string stateName, CancellationToken cancellationToken = default) =>
        await TryGetStateAsync<T>(stateName, cancellationToken) is { HasValue: true } found ? found.Value : throw Missing(stateName);

    public async Task<ConditionalValue<T>> TryGetStateAsync<T>(string stateName, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(stateName);
        if (Entries.TryGetValue(stateName, out var entry))
        {
            return Exists(entry) ? new ConditionalValue<T>(true, (T)entry.Value) : default;
        }

        var stored = await Store.LoadAsync<T>(stateName, cancellationToken);
        if (!stored.HasValue)
        {
            return default;
        }

        Entries[stateName] = new Entry(stored.Value.Value, typeof(T), StateChangeKind.None, stored.Value.Expires);
        return new ConditionalValue<T>(true, stored.Value.Value);
    }

    public Task SetStateAsync<T>(string stateName, T value, CancellationToken cancellationToken = default) =>
        SetAsync(stateName, value, null, cancellationToken);

    public Task SetStateAsync<T>(string stateName, T value, TimeSpan ttl, CancellationToken cancellationToken = default) =>
        SetAsync(stateName, value, ttl, cancellationToken);

    public async Task RemoveStateAsync(string stateName, CancellationToken cancellationToken = default)
    {
        if (!await TryRemoveStateAsync(stateName, cancellationToken))
        {
            throw Missing(stateName);
        }
    }

    public async Task<bool> TryRemoveStateAsync(string stateName, CancellationToken cancellationToken = default)
    {
        if (!await ContainsStateAsync(stateName, cancellationToken))
        {
            return false;
        }

        if (Entries.TryGetValue(stateName, out var entry) && entry.Kind == StateChangeKind.Add)
        {
            // The store has never heard of it.
            Entries.Remove(stateName);
        }
        else
        {
            Entries[stateName] = new Entry(null, typeof(object), StateChangeKind.Remove, null);
        }

        return true;
    }

    public async Task<bool> ContainsStateAsync(string stateName, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(stateName);
        return Entries.TryGetValue(stateName, out var entry) ? Exists(entry) : await Store.ContainsAsync(stateName, cancellationToken);
    }

    public Task<T> GetOrAddStateAsync<T>(string stateName, T value, CancellationToken cancellationToken = default) =>
        GetOrAddAsync(stateName, value, null, cancellationToken);

    public Task<T> GetOrAddStateAsync<T>(string stateName, T value, TimeSpan ttl, CancellationToken cancellationToken = default) =>
        GetOrAddAsync(stateName, value, ttl, cancellationToken);

    public Task<T> AddOrUpdateStateAsync<T>(
        string stateName, T addValue, Func<string, T, T> updateValueFactory, CancellationToken cancellationToken = default) =>
        AddOrUpdateAsync(stateName, addValue, updateValueFactory, null, cancellationToken);

    public Task<T> AddOrUpdateStateAsync<T>(
        string stateName, T addValue, Func<string, T, T> updateValueFactory, TimeSpan ttl, CancellationToken cancellationToken = default) =>
        AddOrUpdateAsync(stateName, addValue, updateValueFactory, ttl, cancellationToken);

    public Task ClearCacheAsync(CancellationToken cancellationToken = default)
    {
        Entries.Clear();
        return Task.CompletedTask;
    }

    public async Task SaveStateAsync(CancellationToken cancellationToken = default)
    {
        var entries = Entries;
        var changed = entries.Where(entry => entry.Value.Kind != StateChangeKind.None).ToList();
        if (changed.Count == 0)
        {
            return;
        }

        await Store.SaveAsync(
            changed.Select(entry => new ActorStateChange(entry.Key, entry.Value.Type, entry.Value.Value, entry.Value.Kind, entry.Value.Expires)),
            cancellationToken);

        // Only now: a change that could not be stored is still a change.
        foreach (var (name, entry) in changed)
        {
            if (entry.Kind == StateChangeKind.Remove)
            {
                entries.Remove(name);
            }
            else
            {
                entries[name] = entry with { Kind = StateChangeKind.None };
            }
        }
    }

    /// <summary>Gives the running turn a memory of its own, which ends with it.</summary>
    internal void BeginChain() => _ofChain.Value = new Dictionary<string, Entry>(StringComparer.Ordinal);

    private Dictionary<string, Entry> Entries => _ofChain.Value ?? _shared;

    private ActorStateStore Store => host.StateStore
        ?? throw new InvalidOperationException("An actor made for a test has no store. Give its StateManager something the test provides.");

    private async Task AddAsync<T>(string name, T value, TimeSpan? ttl, CancellationToken cancellationToken)
    {
        if (!await TryAddAsync(name, value, ttl, cancellationToken))
        {
            throw new InvalidOperationException($"The actor {host.Id} has the state {name} already.");
        }
    }

    private async Task<bool> TryAddAsync<T>(string name, T value, TimeSpan? ttl, CancellationToken cancellationToken)
    {
        if (await ContainsStateAsync(name, cancellationToken))
        {
            return false;
        }

        Put(name, value, StateChangeKind.Add, ttl);
        return true;
    }

    private async Task SetAsync<T>(string name, T value, TimeSpan? ttl, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(name);

        // The store is asked only to learn whether this adds or replaces, as the other implementation does.
        var kind = Entries.ContainsKey(name) || await Store.ContainsAsync(name, cancellationToken) ? StateChangeKind.Update : StateChangeKind.Add;
        Put(name, value, kind, ttl);
    }

    private async Task<T> GetOrAddAsync<T>(string name, T value, TimeSpan? ttl, CancellationToken cancellationToken)
    {
        if (await TryGetStateAsync<T>(name, cancellationToken) is { HasValue: true } found)
        {
            return found.Value;
        }

        Put(name, value, StateChangeKind.Add, ttl);
        return value;
    }

    private async Task<T> AddOrUpdateAsync<T>(
        string name, T addValue, Func<string, T, T> update, TimeSpan? ttl, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(update);
        var found = await TryGetStateAsync<T>(name, cancellationToken);
        var value = found.HasValue ? update(name, found.Value) : addValue;
        Put(name, value, found.HasValue ? StateChangeKind.Update : StateChangeKind.Add, ttl);
        return value;
    }

    private void Put<T>(string name, T value, StateChangeKind kind, TimeSpan? ttl)
    {
        // What is remembered decides: new stays new until it is stored, and what the store may still have is replaced, not added.
        var actual = Entries.TryGetValue(name, out var entry)
            ? entry.Kind == StateChangeKind.Add ? StateChangeKind.Add : StateChangeKind.Update
            : kind;
        Entries[name] = new Entry(value, typeof(T), actual, ttl is { } lifetime ? host.Clock.GetUtcNow() + lifetime : null);
    }

    private bool Exists(Entry entry) => entry.Kind != StateChangeKind.Remove && !(entry.Expires <= host.Clock.GetUtcNow());

    private static KeyNotFoundException Missing(string name) => new($"The actor has no state {name}.");

    internal sealed record Entry(object Value, Type Type, StateChangeKind Kind, DateTimeOffset? Expires);
}
