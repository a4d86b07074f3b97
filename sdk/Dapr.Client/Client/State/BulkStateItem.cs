namespace Dapr.Client;

/// <summary>One key of a bulk read, with its value as text.</summary>
public readonly struct BulkStateItem
{
    /// <summary>A key as the store holds it.</summary>
    public BulkStateItem(string key, string value, string etag)
    {
        Key = key;
        Value = value;
        ETag = etag;
    }

    /// <summary>The key.</summary>
    public string Key { get; }

    /// <summary>The value's text; empty when the key does not exist.</summary>
    public string Value { get; }

    /// <summary>The etag; empty when the key does not exist.</summary>
    public string ETag { get; }
}
