namespace Sidecar.Components.State;

[Flags]
internal enum StateCapabilities
{
    None = 0,
    Etag = 1,
    Transactional = 2,
    Ttl = 4,

    /// <summary>Can list its keys by prefix: what the workflow engine needs to find unfinished instances.</summary>
    KeysLike = 8,
    DeleteWithPrefix = 16,

    /// <summary>May hold workflow and actor state (Dapr's ACTOR capability: ETAG and TRANSACTIONAL).</summary>
    Actor = 32,
}

internal enum Concurrency { Unspecified, FirstWrite, LastWrite }

internal enum Consistency { Unspecified, Eventual, Strong }

/// <summary>A stored value. Keys are complete here: the prefix strategy was applied before the driver is called.</summary>
internal sealed record StateItem(string Key, ReadOnlyMemory<byte> Value, string Etag, DateTimeOffset? ExpiresAt = null);

internal abstract record StateOperation(string Key, string? Etag, Concurrency Concurrency)
{
    public Consistency Consistency { get; init; }
}

/// <param name="TtlSeconds">Zero or negative: never expires; absent: the store's own default.</param>
internal sealed record StateSet(
    string Key,
    ReadOnlyMemory<byte> Value,
    string? Etag = null,
    Concurrency Concurrency = Concurrency.Unspecified,
    int? TtlSeconds = null) : StateOperation(Key, Etag, Concurrency);

internal sealed record StateDelete(
    string Key,
    string? Etag = null,
    Concurrency Concurrency = Concurrency.Unspecified) : StateOperation(Key, Etag, Concurrency);

internal interface IStateStore : IComponent
{
    StateCapabilities Capabilities { get; }

    Task<StateItem?> GetAsync(string key, CancellationToken cancellationToken);

    /// <summary>The items that exist, in any order.</summary>
    Task<IReadOnlyList<StateItem>> GetManyAsync(IReadOnlyList<string> keys, CancellationToken cancellationToken);

    /// <summary>Sets or deletes one key.</summary>
    Task ApplyAsync(StateOperation operation, CancellationToken cancellationToken);

    /// <summary>
    /// As <see cref="ApplyAsync"/>, and answers the new ETag; null when the store does not tell it, so that the caller
    /// must read to learn it. Worth overriding where the driver chooses the ETag: the workflow engine then never reads.
    /// </summary>
    async Task<string?> SetAsync(StateSet operation, CancellationToken cancellationToken)
    {
        await ApplyAsync(operation, cancellationToken);
        return null;
    }

    /// <summary>All or nothing where the real store is; no guarantee beyond the store's own.</summary>
    Task TransactAsync(IReadOnlyList<StateOperation> operations, CancellationToken cancellationToken);

    /// <summary>
    /// Every key that starts with the prefix and exists all the while (capability KeysLike), in any order. One that comes
    /// or goes meanwhile may be missing, and a store may name a key more than once.
    /// </summary>
    IAsyncEnumerable<string> ListKeysAsync(string prefix, CancellationToken cancellationToken);
}
