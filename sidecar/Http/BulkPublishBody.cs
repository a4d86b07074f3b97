using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Sidecar.Api;
using Sidecar.PubSub.Publishing;

namespace Sidecar.Http;

/// <summary>An entry's event is not what its content type says.</summary>
internal sealed class ContentMismatchException(string message) : Exception(message);

/// <summary>The bodies of bulk publishing (dapr-contract.md 5.1).</summary>
internal static class BulkPublishBody
{
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>
    /// Throws <see cref="JsonException"/> or <see cref="FormatException"/> for a body that is no list of entries, and
    /// <see cref="ContentMismatchException"/>.
    /// </summary>
    public static IReadOnlyList<BulkEntry> Parse(ReadOnlyMemory<byte> body)
    {
        var reader = new Utf8JsonReader(body.Span, JsonObjects.Deep);
        JsonObjects.StartArray(ref reader);

        var entries = new List<BulkEntry>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            entries.Add(ParseEntry(ref reader, body));
        }

        JsonObjects.End(ref reader);
        return entries;
    }

    public static ReadOnlyMemory<byte> Write(IReadOnlyList<FailedEntry> failed)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer, Options))
        {
            writer.WriteStartObject();
            writer.WriteStartArray("failedEntries");
            foreach (var entry in failed)
            {
                writer.WriteStartObject();
                writer.WriteString("entryId", entry.EntryId);
                writer.WriteString("error", entry.Error);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
            writer.WriteString("errorCode", "ERR_PUBSUB_PUBLISH_MESSAGE");
            writer.WriteEndObject();
        }

        return buffer.WrittenMemory;
    }

    private static BulkEntry ParseEntry(ref Utf8JsonReader reader, ReadOnlyMemory<byte> body)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            throw new FormatException("an entry is not an object");
        }

        var (entryId, contentType) = ("", "");
        ReadOnlyMemory<byte> written = default;
        IReadOnlyDictionary<string, string>? metadata = null;
        while (JsonObjects.NextMember(ref reader, out var name))
        {
            switch (name)
            {
                case "entryId":
                    entryId = JsonObjects.Text(ref reader, name) ?? "";
                    break;
                case "event":
                    written = JsonObjects.Slice(ref reader, body);
                    break;
                case "contentType":
                    contentType = JsonObjects.Text(ref reader, name) ?? "";
                    break;
                case "metadata":
                    metadata = JsonObjects.TextMap(ref reader, name);
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        return new BulkEntry(entryId, ToBytes(written, contentType), contentType, metadata ?? new Dictionary<string, string>());
    }

    private static ReadOnlyMemory<byte> ToBytes(ReadOnlyMemory<byte> written, string contentType)
    {
        if (written.IsEmpty)
        {
            throw new ContentMismatchException("event is a required field of every entry");
        }

        if (MediaType.IsCloudEvent(contentType))
        {
            return written.Span[0] == '{' ? written : throw Mismatch();
        }

        if (MediaType.IsJson(contentType) || MediaType.HasJsonSuffix(contentType))
        {
            return written;
        }

        var text = written.Span[0] == '"' ? JsonSerializer.Deserialize<string>(written.Span)! : throw Mismatch();
        if (MediaType.IsText(contentType))
        {
            return Encoding.UTF8.GetBytes(text);
        }

        var bytes = new byte[text.Length];
        return MediaType.IsBinary(contentType) && Convert.TryFromBase64String(text, bytes, out var count)
            ? bytes.AsMemory(0, count)
            : throw Mismatch();
    }

    private static ContentMismatchException Mismatch() => new("error: mismatch between contentType and event");
}
