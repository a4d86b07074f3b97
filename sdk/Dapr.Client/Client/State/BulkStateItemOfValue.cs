namespace Dapr.Client;

/// <summary>One key of a bulk read, with its value.</summary>
/// <typeparam name="TValue">The type of the value.</typeparam>
public readonly struct BulkStateItem<TValue>
{
    /// <summary>A key as the store holds it.</summary>
    public BulkStateItem(string key, TValue value, string etag)
    {
        Key = key;
        Value = value;
        ETag = etag;
    }

    /// <summary>The key.</summary>
    public string Key { get; }

    /// <summary>The value; the type's default when the key does not exist.</summary>
    public TValue Value { get; }

    /// <summary>The etag; empty when the key does not exist.</summary>
    public string ETag { get; }
}
