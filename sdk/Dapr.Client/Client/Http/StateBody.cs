using System.Text.Json;

namespace Dapr.Client.Http;

/// <summary>The JSON of state requests. Members that were not given are left out, so that the store's defaults apply.</summary>
internal static class StateBody
{
    public static string? Text(ConsistencyMode? mode) => mode switch
    {
        ConsistencyMode.Eventual => "eventual",
        ConsistencyMode.Strong => "strong",
        null => null,
        _ => throw new ArgumentOutOfRangeException(nameof(mode), mode, "No such consistency mode."),
    };

    public static string? Text(ConcurrencyMode? mode) => mode switch
    {
        ConcurrencyMode.FirstWrite => "first-write",
        ConcurrencyMode.LastWrite => "last-write",
        null => null,
        _ => throw new ArgumentOutOfRangeException(nameof(mode), mode, "No such concurrency mode."),
    };

    public static void WriteBulkGet(Utf8JsonWriter writer, IReadOnlyList<string> keys, int? parallelism)
    {
        writer.WriteStartObject();
        writer.WriteStartArray("keys");
        foreach (var key in keys)
        {
            writer.WriteStringValue(key);
        }

        writer.WriteEndArray();
        if (parallelism is { } limit)
        {
            writer.WriteNumber("parallelism", limit);
        }

        writer.WriteEndObject();
    }

    public static void WriteSave<TValue>(Utf8JsonWriter writer, IReadOnlyList<SaveStateItem<TValue>> items, JsonSerializerOptions json)
    {
        writer.WriteStartArray();
        foreach (var item in items)
        {
            writer.WriteStartObject();
            writer.WriteString("key", item.Key);
            if (item.Value is not null)
            {
                writer.WritePropertyName("value");
                JsonSerializer.Serialize(writer, item.Value, json);
            }

            WriteRest(writer, item.ETag, item.Metadata, item.StateOptions);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    public static void WriteTransaction(
        Utf8JsonWriter writer, IReadOnlyList<StateTransactionRequest> operations, IReadOnlyDictionary<string, string>? metadata)
    {
        writer.WriteStartObject();
        writer.WriteStartArray("operations");
        foreach (var operation in operations)
        {
            writer.WriteStartObject();
            writer.WriteString("operation", operation.OperationType == StateOperationType.Delete ? "delete" : "upsert");
            writer.WriteStartObject("request");
            writer.WriteString("key", operation.Key);
            if (operation.Value is { } value)
            {
                writer.WritePropertyName("value");
                writer.WriteRawValue(value);
            }

            WriteRest(writer, operation.ETag, operation.Metadata, operation.Options);
            writer.WriteEndObject();
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteMetadata(metadata);
        writer.WriteEndObject();
    }

    private static void WriteRest(Utf8JsonWriter writer, string? etag, IReadOnlyDictionary<string, string>? metadata, StateOptions? options)
    {
        // An empty etag is sent: with first-write it says that the key must not exist yet.
        if (etag is not null)
        {
            writer.WriteString("etag", etag);
        }

        writer.WriteMetadata(metadata);
        if (options is null)
        {
            return;
        }

        writer.WriteStartObject("options");
        if (Text(options.Concurrency) is { } concurrency)
        {
            writer.WriteString("concurrency", concurrency);
        }

        if (Text(options.Consistency) is { } consistency)
        {
            writer.WriteString("consistency", consistency);
        }

        writer.WriteEndObject();
    }
}
