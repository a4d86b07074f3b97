using System.Globalization;
using System.Text.Json;
using Sidecar.Components;
using Sidecar.Components.State;

namespace Sidecar.Http;

/// <summary>One item of a save or transaction as the client sent it. The value is a slice of the body: its bytes are stored as they are.</summary>
internal sealed record StateRequest(
    string Key,
    ReadOnlyMemory<byte> Value,
    string? Etag,
    IReadOnlyDictionary<string, string>? Metadata,
    string? Concurrency,
    string? Consistency)
{
    /// <summary>What the value is for the outbox; a store does not ask.</summary>
    public string? ContentType { get; init; }
}

internal sealed record StateTransactionOperation(string Operation, StateRequest Request);

internal sealed record StateTransaction(
    IReadOnlyList<StateTransactionOperation> Operations, IReadOnlyDictionary<string, string>? Metadata)
{
    /// <summary>The values are JSON texts, as in a body of HTTP; over gRPC they are any bytes.</summary>
    public bool HasJsonValues { get; init; }
}

/// <summary>
/// Reads the bodies of the state API (dapr-contract.md 4.1). Throws <see cref="JsonException"/> or
/// <see cref="FormatException"/> for what daprd answers with 400 ERR_MALFORMED_REQUEST; unknown members are skipped.
/// </summary>
internal static class StateRequests
{
    private static readonly ReadOnlyMemory<byte> Null = "null"u8.ToArray();

    public static List<StateRequest> ParseSave(ReadOnlyMemory<byte> body)
    {
        var reader = new Utf8JsonReader(body.Span, JsonObjects.Deep);
        JsonObjects.StartArray(ref reader);

        var items = new List<StateRequest>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            items.Add(ParseItem(ref reader, body));
        }

        JsonObjects.End(ref reader);
        return items;
    }

    public static List<string> ParseBulkGet(ReadOnlyMemory<byte> body)
    {
        var reader = new Utf8JsonReader(body.Span, JsonObjects.Deep);
        JsonObjects.Start(ref reader);
        var keys = new List<string>();
        while (JsonObjects.NextMember(ref reader, out var name))
        {
            switch (name)
            {
                case "keys" when reader.TokenType == JsonTokenType.StartArray:
                    while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
                    {
                        keys.Add(JsonObjects.Text(ref reader, "keys") ?? "");
                    }

                    break;
                case "keys" when reader.TokenType != JsonTokenType.Null:
                    throw new FormatException("\"keys\" is not an array");
                case "parallelism" when reader.TokenType != JsonTokenType.Null && !(reader.TokenType == JsonTokenType.Number && reader.TryGetInt32(out _)):
                    throw new FormatException("\"parallelism\" is not a whole number");
                case "metadata":
                    JsonObjects.TextMap(ref reader, name);
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        JsonObjects.End(ref reader);
        return keys;
    }

    public static StateTransaction ParseTransaction(ReadOnlyMemory<byte> body)
    {
        var reader = new Utf8JsonReader(body.Span, JsonObjects.Deep);
        JsonObjects.Start(ref reader);
        var operations = new List<StateTransactionOperation>();
        IReadOnlyDictionary<string, string>? metadata = null;
        while (JsonObjects.NextMember(ref reader, out var name))
        {
            switch (name)
            {
                case "operations" when reader.TokenType == JsonTokenType.StartArray:
                    while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
                    {
                        operations.Add(ParseOperation(ref reader, body));
                    }

                    break;
                case "operations" when reader.TokenType != JsonTokenType.Null:
                    throw new FormatException("\"operations\" is not an array");
                case "metadata":
                    metadata = JsonObjects.TextMap(ref reader, name);
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        JsonObjects.End(ref reader);
        return new StateTransaction(operations, metadata) { HasJsonValues = true };
    }

    /// <summary>The operations of an actor's transaction: an array of its own, in which a missing key is the operation's mistake and not the body's.</summary>
    public static List<StateTransactionOperation> ParseOperations(ReadOnlyMemory<byte> body)
    {
        if (body.IsEmpty)
        {
            throw new FormatException("EOF");
        }

        var reader = new Utf8JsonReader(body.Span, JsonObjects.Deep);
        if (!reader.Read() || reader.TokenType is not (JsonTokenType.StartArray or JsonTokenType.Null))
        {
            throw new FormatException("the body is not a JSON array");
        }

        var operations = new List<StateTransactionOperation>();
        while (reader.TokenType != JsonTokenType.Null && reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            operations.Add(ParseOperation(ref reader, body, needsKey: false));
        }

        JsonObjects.End(ref reader);
        return operations;
    }

    /// <summary>
    /// What the store is asked to do. Throws <see cref="ComponentException"/> for options and TTLs that a real store
    /// refuses: their errors are those of the operation, not of the body.
    /// </summary>
    public static StateSet ToSet(StateRequest request, string prefix, IReadOnlyDictionary<string, string>? queryMetadata)
    {
        var consistency = ConsistencyOf(request.Consistency);
        return new StateSet(
            prefix + request.Key,
            request.Value,
            request.Etag is { Length: > 0 } etag ? etag : null,
            ConcurrencyOf(request.Concurrency),
            TtlOf(request.Metadata, queryMetadata))
        {
            Consistency = consistency,
        };
    }

    public static StateDelete ToDelete(StateRequest request, string prefix)
    {
        var consistency = ConsistencyOf(request.Consistency);
        return new StateDelete(
            prefix + request.Key, request.Etag is { Length: > 0 } etag ? etag : null, ConcurrencyOf(request.Concurrency))
        {
            Consistency = consistency,
        };
    }

    private static StateTransactionOperation ParseOperation(ref Utf8JsonReader reader, ReadOnlyMemory<byte> body, bool needsKey = true)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            throw new FormatException("an operation is not an object");
        }

        var operation = "";
        StateRequest? request = null;
        while (JsonObjects.NextMember(ref reader, out var name))
        {
            switch (name)
            {
                case "operation":
                    operation = JsonObjects.Text(ref reader, name) ?? "";
                    break;
                case "request":
                    request = ParseItem(ref reader, body, needsKey);
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        return new StateTransactionOperation(operation, request ?? throw new FormatException("\"request\" is a required field"));
    }

    private static StateRequest ParseItem(ref Utf8JsonReader reader, ReadOnlyMemory<byte> body, bool needsKey = true)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            throw new FormatException("an item is not an object");
        }

        string? key = null;
        var value = Null;
        string? etag = null;
        IReadOnlyDictionary<string, string>? metadata = null;
        string? contentType = null;
        var (concurrency, consistency) = ((string?)null, (string?)null);
        while (JsonObjects.NextMember(ref reader, out var name))
        {
            switch (name)
            {
                case "key":
                    key = JsonObjects.Text(ref reader, name);
                    break;
                case "value":
                    value = JsonObjects.Slice(ref reader, body);
                    break;
                case "etag":
                    etag = JsonObjects.Text(ref reader, name);
                    break;
                case "metadata":
                    metadata = JsonObjects.TextMap(ref reader, name);
                    break;
                case "contentType":
                    contentType = JsonObjects.Text(ref reader, name);
                    break;
                case "options":
                    (concurrency, consistency) = ParseOptions(ref reader);
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        return needsKey && string.IsNullOrEmpty(key)
            ? throw new FormatException("\"key\" is a required field")
            : new StateRequest(key ?? "", value, etag, metadata, concurrency, consistency) { ContentType = contentType };
    }

    private static (string? Concurrency, string? Consistency) ParseOptions(ref Utf8JsonReader reader)
    {
        var options = (Concurrency: (string?)null, Consistency: (string?)null);
        if (reader.TokenType == JsonTokenType.Null)
        {
            return options;
        }

        if (reader.TokenType != JsonTokenType.StartObject)
        {
            throw new FormatException("\"options\" is not an object");
        }

        while (JsonObjects.NextMember(ref reader, out var name))
        {
            switch (name)
            {
                case "concurrency":
                    options.Concurrency = JsonObjects.Text(ref reader, name);
                    break;
                case "consistency":
                    options.Consistency = JsonObjects.Text(ref reader, name);
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        return options;
    }

    private static Concurrency ConcurrencyOf(string? text) => text switch
    {
        null or "" => Concurrency.Unspecified,
        "first-write" => Concurrency.FirstWrite,
        "last-write" => Concurrency.LastWrite,
        _ => throw new ComponentException(ComponentFault.BadRequest, $"unrecognized concurrency model '{text}'"),
    };

    private static Consistency ConsistencyOf(string? text) => text switch
    {
        null or "" => Consistency.Unspecified,
        "strong" => Consistency.Strong,
        "eventual" => Consistency.Eventual,
        _ => throw new ComponentException(ComponentFault.BadRequest, $"unrecognized consistency model '{text}'"),
    };

    private static int? TtlOf(IReadOnlyDictionary<string, string>? item, IReadOnlyDictionary<string, string>? query)
    {
        const string Name = "ttlInSeconds";
        if ((query is null || !query.TryGetValue(Name, out var text)) && (item is null || !item.TryGetValue(Name, out text)) || text.Length == 0)
        {
            return null;
        }

        return int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var seconds)
            ? seconds
            : throw new ComponentException(ComponentFault.BadRequest, $"incorrect value for metadata 'ttlInSeconds': '{text}' is not a whole number");
    }
}
