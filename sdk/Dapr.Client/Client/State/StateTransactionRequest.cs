namespace Dapr.Client;

/// <summary>One operation of a state transaction.</summary>
public sealed class StateTransactionRequest
{
#pragma warning disable CA1051 // The official type shows a field here, and a field is part of the signature.
    /// <summary>Concurrency and consistency.</summary>
    public StateOptions Options;
#pragma warning restore CA1051

    /// <summary>An operation on a key; the value is its JSON text in UTF-8.</summary>
    public StateTransactionRequest(
        string key,
        byte[]? value,
        StateOperationType operationType,
        string? etag = null,
        IReadOnlyDictionary<string, string>? metadata = null,
        StateOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(key);
        Key = key;
        Value = value;
        OperationType = operationType;
        ETag = etag;
        Metadata = metadata;
        Options = options!;
    }

    /// <summary>The key.</summary>
    public string Key { get; }

    /// <summary>The value's JSON text in UTF-8; null for a delete.</summary>
    public byte[]? Value { get; set; }

    /// <summary>What is done to the key.</summary>
    public StateOperationType? OperationType { get; set; }

    /// <summary>The etag that the key must still have; null for no check.</summary>
    public string? ETag { get; set; }

    /// <summary>Metadata for the store and the outbox.</summary>
    public IReadOnlyDictionary<string, string>? Metadata { get; set; }
}
