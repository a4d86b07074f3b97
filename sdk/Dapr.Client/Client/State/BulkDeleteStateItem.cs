namespace Dapr.Client;

/// <summary>One key of a bulk delete.</summary>
public readonly struct BulkDeleteStateItem
{
    /// <summary>A key to delete; an etag of null asks for no check.</summary>
    public BulkDeleteStateItem(string key, string etag, StateOptions? stateOptions = null, IReadOnlyDictionary<string, string>? metadata = null)
    {
        Key = key;
        ETag = etag;
        StateOptions = stateOptions;
        Metadata = metadata;
    }

    /// <summary>The key.</summary>
    public string Key { get; }

    /// <summary>The etag that the key must still have.</summary>
    public string ETag { get; }

    /// <summary>Concurrency and consistency.</summary>
    public StateOptions? StateOptions { get; }

    /// <summary>Metadata for the store.</summary>
    public IReadOnlyDictionary<string, string>? Metadata { get; }
}
