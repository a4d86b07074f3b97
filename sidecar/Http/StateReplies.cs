using System.Buffers;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using Sidecar.Components.State;

namespace Sidecar.Http;

/// <summary>Writes the answers of the state API (dapr-contract.md 4.1).</summary>
internal static class StateReplies
{
    public const string ExpireTime = "ttlExpireTime";

    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static string Rfc3339(DateTimeOffset time) =>
        time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    public static ReadOnlyMemory<byte> Compact(JsonElement value)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using (var writer = new Utf8JsonWriter(buffer, Options))
        {
            value.WriteTo(writer);
        }

        return buffer.WrittenMemory;
    }

    /// <summary>One entry per key asked for, in that order; a missing key has nothing but its name.</summary>
    public static ReadOnlyMemory<byte> BulkGet(IReadOnlyList<string> keys, string prefix, IReadOnlyDictionary<string, StateItem> found)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using (var writer = new Utf8JsonWriter(buffer, Options))
        {
            writer.WriteStartArray();
            foreach (var key in keys)
            {
                writer.WriteStartObject();
                writer.WriteString("key", key);
                if (found.TryGetValue(prefix + key, out var item))
                {
                    WriteItem(writer, item);
                }

                writer.WriteEndObject();
            }

            writer.WriteEndArray();
        }

        return buffer.WrittenMemory;
    }

    private static void WriteItem(Utf8JsonWriter writer, StateItem item)
    {
        // The gRPC API stores any bytes; in JSON they would break the whole answer.
        if (!IsJson(item.Value.Span))
        {
            writer.WriteString("error", "the value is not JSON; read it by its own key");
            return;
        }

        writer.WritePropertyName("data");
        writer.WriteRawValue(item.Value.Span, skipInputValidation: true);
        writer.WriteString("etag", item.Etag);
        if (item.ExpiresAt is { } expiry)
        {
            writer.WriteStartObject("metadata");
            writer.WriteString(ExpireTime, Rfc3339(expiry));
            writer.WriteEndObject();
        }
    }

    private static bool IsJson(ReadOnlySpan<byte> value)
    {
        try
        {
            var reader = new Utf8JsonReader(value, JsonObjects.Deep);
            if (!reader.Read())
            {
                return false;
            }

            reader.Skip();
            return !reader.Read();
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
