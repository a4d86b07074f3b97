using Dapr.Client;

namespace Dapr;

/// <summary>A value read from a state store, remembered with its etag so that it can be written back.</summary>
/// <typeparam name="TValue">The type of the value.</typeparam>
public sealed class StateEntry<TValue>
{
    private readonly DaprClient _client;

    /// <summary>An entry as it was read.</summary>
    public StateEntry(DaprClient client, string storeName, string key, TValue value, string etag)
    {
        ArgumentNullException.ThrowIfNull(client);
        ArgumentException.ThrowIfNullOrEmpty(storeName);
        ArgumentException.ThrowIfNullOrEmpty(key);
        _client = client;
        StoreName = storeName;
        Key = key;
        Value = value;
        ETag = etag;
    }

    /// <summary>The state store component.</summary>
    public string StoreName { get; }

    /// <summary>The key.</summary>
    public string Key { get; }

    /// <summary>The value; change it and save.</summary>
    public TValue Value { get; set; }

    /// <summary>The etag of the read. A save does not refresh it.</summary>
    public string ETag { get; }

    /// <summary>Deletes the key whatever its etag is now.</summary>
    public Task DeleteAsync(
        StateOptions? stateOptions = null,
        IReadOnlyDictionary<string, string>? metadata = null,
        CancellationToken cancellationToken = default) =>
        _client.DeleteStateAsync(StoreName, Key, stateOptions, metadata, cancellationToken);

    /// <summary>Writes the value whatever the key's etag is now.</summary>
    public Task SaveAsync(
        StateOptions? stateOptions = null,
        IReadOnlyDictionary<string, string>? metadata = null,
        CancellationToken cancellationToken = default) =>
        _client.SaveStateAsync(StoreName, Key, Value, stateOptions, metadata, cancellationToken);

    /// <summary>Writes the value if nobody changed the key since the read; false if somebody did.</summary>
    public Task<bool> TrySaveAsync(
        StateOptions? stateOptions = null,
        IReadOnlyDictionary<string, string>? metadata = null,
        CancellationToken cancellationToken = default) =>
        _client.TrySaveStateAsync(StoreName, Key, Value, ETag, stateOptions, metadata, cancellationToken);

    /// <summary>Deletes the key if nobody changed it since the read; false if somebody did.</summary>
    public Task<bool> TryDeleteAsync(
        StateOptions? stateOptions = null,
        IReadOnlyDictionary<string, string>? metadata = null,
        CancellationToken cancellationToken = default) =>
        _client.TryDeleteStateAsync(StoreName, Key, ETag, stateOptions, metadata, cancellationToken);
}
