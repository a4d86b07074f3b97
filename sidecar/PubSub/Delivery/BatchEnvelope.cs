using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Sidecar.PubSub.Publishing;
using Sidecar.PubSub.Subscriptions;

namespace Sidecar.PubSub.Delivery;

/// <summary>The body that carries a batch to the app: CloudEvents as objects, raw messages in base64 (dapr-contract.md 5.6).</summary>
internal static class BatchEnvelope
{
    public const string Type = "com.dapr.event.sent.bulk";

    private static readonly JsonWriterOptions Writing = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        MaxDepth = 1_000,
        SkipValidation = true,
    };

    public static ReadOnlyMemory<byte> Write(string id, Subscription subscription, IReadOnlyList<BatchEntry> batch)
    {
        var buffer = new ArrayBufferWriter<byte>(batch.Sum(entry => entry.Body.Length + 256));
        using var writer = new Utf8JsonWriter(buffer, Writing);
        writer.WriteStartObject();
        writer.WriteString("id", id);
        writer.WriteStartArray("entries");
        foreach (var entry in batch)
        {
            Write(writer, entry, subscription.IsRaw);
        }

        writer.WriteEndArray();
        writer.WriteStartObject("metadata");
        writer.WriteString("pubsubName", subscription.PubSub);
        writer.WriteEndObject();
        writer.WriteString("topic", subscription.Topic);
        writer.WriteString("pubsubname", subscription.PubSub);
        writer.WriteString("type", Type);
        writer.WriteEndObject();
        writer.Flush();
        return buffer.WrittenMemory;
    }

    public static string ContentType(BatchEntry entry, bool isRaw)
    {
        var otherwise = isRaw ? "application/octet-stream" : CloudEventAttributes.ContentType;
        return string.IsNullOrEmpty(entry.Message.ContentType) ? otherwise : entry.Message.ContentType;
    }

    private static void Write(Utf8JsonWriter writer, BatchEntry entry, bool isRaw)
    {
        writer.WriteStartObject();
        writer.WriteString("entryId", entry.Id);
        if (isRaw)
        {
            writer.WriteBase64String("event", entry.Message.Data.Span);
        }
        else
        {
            writer.WritePropertyName("event");
            writer.WriteRawValue(entry.Body.Span, skipInputValidation: true);
        }

        writer.WriteString("contentType", ContentType(entry, isRaw));
        writer.WriteStartObject("metadata");
        foreach (var (name, value) in entry.Message.Metadata)
        {
            writer.WriteString(name, value);
        }

        writer.WriteEndObject();
        writer.WriteEndObject();
    }
}
