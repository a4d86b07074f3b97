namespace Dapr.Client;

/// <summary>One value of a bulk save.</summary>
/// <typeparam name="TValue">The type of the value.</typeparam>
public readonly struct SaveStateItem<TValue>
{
    /// <summary>A value for a key; an etag of null asks for no check.</summary>
    public SaveStateItem(string key, TValue value, string etag, StateOptions? stateOptions = null, IReadOnlyDictionary<string, string>? metadata = null)
    {
        Key = key;
        Value = value;
        ETag = etag;
        StateOptions = stateOptions;
        Metadata = metadata;
    }

    /// <summary>The key.</summary>
    public string Key { get; }

    /// <summary>The value, written as JSON.</summary>
    public TValue Value { get; }

    /// <summary>The etag that the key must still have.</summary>
    public string ETag { get; }

    /// <summary>Concurrency and consistency.</summary>
    public StateOptions? StateOptions { get; }

    /// <summary>Metadata for the store, such as <c>ttlInSeconds</c>.</summary>
    public IReadOnlyDictionary<string, string>? Metadata { get; }
}
