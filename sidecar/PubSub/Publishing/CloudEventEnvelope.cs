using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Unicode;

namespace Sidecar.PubSub.Publishing;

/// <summary>What an app published, with what the sidecar adds to it.</summary>
/// <param name="Id">Taken when neither the metadata nor the app's own event names one.</param>
/// <param name="TraceParent">Empty when there is no trace.</param>
/// <param name="Time">In the zone whose offset is to be shown.</param>
internal sealed record PublishedEvent(
    string PubSub,
    string Topic,
    ReadOnlyMemory<byte> Data,
    string? ContentType,
    IReadOnlyDictionary<string, string> Metadata,
    string AppId,
    string Id,
    string TraceParent,
    string TraceState,
    DateTimeOffset Time);

/// <summary>The published bytes are no CloudEvent although their content type says so.</summary>
internal sealed class CloudEventException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>Makes the envelope (dapr-contract.md 5.2). Attributes are in ordinal order, as daprd writes them.</summary>
internal static class CloudEventEnvelope
{
    // Deeper documents are legal JSON and pass through daprd; 64, the default, would turn them into text.
    private static readonly JsonDocumentOptions Deep = new() { MaxDepth = 1_000 };

    private static readonly JsonWriterOptions Writing = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        MaxDepth = 1_000,
        SkipValidation = true,
    };

    /// <param name="expires">True for a driver without message TTL: the envelope carries the expiry then.</param>
    public static byte[] Build(PublishedEvent published, bool expires)
    {
        var expiration = expires && PublishMetadata.TimeToLive(published.Metadata) is { } life ? Expiration(published.Time, life) : null;
        return MediaType.IsCloudEvent(published.ContentType) ? Complete(published, expiration) : Wrap(published, expiration);
    }

    /// <summary>The event with these attributes in place of its own of the same names. Throws <see cref="CloudEventException"/>.</summary>
    public static byte[] With(ReadOnlyMemory<byte> cloudEvent, IReadOnlyDictionary<string, string> attributes)
    {
        using var document = ParseObject(cloudEvent);
        return Write(Attributes(document), attributes);
    }

    /// <summary>The envelope that a raw subscription puts around bytes of unknown origin.</summary>
    public static byte[] WrapRaw(ReadOnlyMemory<byte> data, string id, string topic, string pubSub, string? traceParent, string? traceState) =>
        Write(writer =>
        {
            writer.WriteBase64String(CloudEventAttributes.DataBase64, data.Span);
            writer.WriteString(CloudEventAttributes.DataContentType, "application/octet-stream");
            writer.WriteString(CloudEventAttributes.Id, id);
            writer.WriteString(CloudEventAttributes.PubSubName, pubSub);
            writer.WriteString(CloudEventAttributes.Source, CloudEventAttributes.DefaultSource);
            writer.WriteString(CloudEventAttributes.SpecVersion, CloudEventAttributes.SpecVersionValue);
            writer.WriteString(CloudEventAttributes.Topic, topic);
            if (traceParent is not null)
            {
                writer.WriteString(CloudEventAttributes.TraceId, traceParent);
                writer.WriteString(CloudEventAttributes.TraceParent, traceParent);
            }

            if (traceState is not null)
            {
                writer.WriteString(CloudEventAttributes.TraceState, traceState);
            }

            writer.WriteString(CloudEventAttributes.Type, CloudEventAttributes.DefaultType);
        });

    private static byte[] Wrap(PublishedEvent published, string? expiration)
    {
        var metadata = published.Metadata;
        var trace = PublishMetadata.Override(metadata, CloudEventAttributes.TraceParent)
            ?? PublishMetadata.Override(metadata, CloudEventAttributes.TraceId)
            ?? published.TraceParent;
        return Write(writer =>
        {
            WriteData(writer, published);
            writer.WriteString(
                CloudEventAttributes.DataContentType, string.IsNullOrEmpty(published.ContentType) ? "text/plain" : published.ContentType);
            WriteWhenPresent(writer, CloudEventAttributes.Expiration, expiration);
            writer.WriteString(CloudEventAttributes.Id, PublishMetadata.Override(metadata, CloudEventAttributes.Id) ?? published.Id);
            writer.WriteString(CloudEventAttributes.PubSubName, published.PubSub);
            writer.WriteString(CloudEventAttributes.Source, PublishMetadata.Override(metadata, CloudEventAttributes.Source) ?? published.AppId);
            writer.WriteString(CloudEventAttributes.SpecVersion, CloudEventAttributes.SpecVersionValue);
            WriteWhenPresent(writer, CloudEventAttributes.Subject, PublishMetadata.Override(metadata, CloudEventAttributes.Subject));
            writer.WriteString(CloudEventAttributes.Time, Timestamp(published.Time));
            writer.WriteString(CloudEventAttributes.Topic, published.Topic);
            writer.WriteString(CloudEventAttributes.TraceId, trace);
            writer.WriteString(CloudEventAttributes.TraceParent, trace);
            writer.WriteString(
                CloudEventAttributes.TraceState, PublishMetadata.Override(metadata, CloudEventAttributes.TraceState) ?? published.TraceState);
            writer.WriteString(
                CloudEventAttributes.Type, PublishMetadata.Override(metadata, CloudEventAttributes.Type) ?? CloudEventAttributes.DefaultType);
        });
    }

    // The app's own event keeps its attributes whatever their type; only where it goes is ours to say.
    private static byte[] Complete(PublishedEvent published, string? expiration)
    {
        using var document = ParseObject(published.Data);
        var own = Attributes(document);
        var added = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            [CloudEventAttributes.Topic] = published.Topic,
            [CloudEventAttributes.PubSubName] = published.PubSub,
        };
        Fill(CloudEventAttributes.Id, published.Id);
        Fill(CloudEventAttributes.Source, CloudEventAttributes.DefaultSource);
        Fill(CloudEventAttributes.SpecVersion, CloudEventAttributes.SpecVersionValue);
        Fill(CloudEventAttributes.Time, Timestamp(published.Time));
        Fill(CloudEventAttributes.TraceId, published.TraceParent);
        Fill(CloudEventAttributes.TraceParent, published.TraceParent);
        Fill(CloudEventAttributes.TraceState, published.TraceState);
        Fill(CloudEventAttributes.Type, CloudEventAttributes.DefaultType);
        if (expiration is not null)
        {
            added[CloudEventAttributes.Expiration] = expiration;
        }

        return Write(own, added);

        void Fill(string name, string value)
        {
            if (!own.TryGetValue(name, out var given) || given.ValueKind == JsonValueKind.Null)
            {
                added[name] = value;
            }
        }
    }

    private static Dictionary<string, JsonElement> Attributes(JsonDocument cloudEvent)
    {
        var attributes = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
        foreach (var attribute in cloudEvent.RootElement.EnumerateObject())
        {
            attributes[NameOf(attribute)] = attribute.Value;
        }

        return attributes;
    }

    private static byte[] Write(Dictionary<string, JsonElement> own, IReadOnlyDictionary<string, string> added) => Write(writer =>
    {
        foreach (var name in own.Keys.Union(added.Keys).Order(StringComparer.Ordinal))
        {
            writer.WritePropertyName(name);
            if (added.TryGetValue(name, out var text))
            {
                writer.WriteStringValue(text);
            }
            else
            {
                writer.WriteRawValue(own[name].GetRawText(), skipInputValidation: true);
            }
        }
    });

    private static JsonDocument ParseObject(ReadOnlyMemory<byte> data)
    {
        if (!Utf8.IsValid(data.Span))
        {
            throw new CloudEventException("the event is not UTF-8");
        }

        try
        {
            var document = JsonDocument.Parse(data, Deep);
            if (document.RootElement.ValueKind == JsonValueKind.Object)
            {
                return document;
            }

            document.Dispose();
            throw new CloudEventException("the event is not a JSON object");
        }
        catch (JsonException exception)
        {
            throw new CloudEventException(exception.Message, exception);
        }
    }

    // The parser checks names and texts only when they are read.
    private static string NameOf(JsonProperty attribute)
    {
        try
        {
            return attribute.Name;
        }
        catch (InvalidOperationException exception)
        {
            throw new CloudEventException("the name of an attribute is not Unicode text", exception);
        }
    }

    private static void WriteData(Utf8JsonWriter writer, PublishedEvent published)
    {
        var data = published.Data;
        if (MediaType.IsBinary(published.ContentType))
        {
            writer.WriteBase64String(CloudEventAttributes.DataBase64, data.Span);
            return;
        }

        writer.WritePropertyName(CloudEventAttributes.Data);
        if (MediaType.IsJson(published.ContentType) && IsJson(data))
        {
            // As written, so that no digit of a big number is lost.
            writer.WriteRawValue(data.Span, skipInputValidation: true);
            return;
        }

        writer.WriteStringValue(Encoding.UTF8.GetString(data.Span));
    }

    private static bool IsJson(ReadOnlyMemory<byte> data)
    {
        if (!Utf8.IsValid(data.Span))
        {
            return false;
        }

        try
        {
            using var document = JsonDocument.Parse(data, Deep);
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static void WriteWhenPresent(Utf8JsonWriter writer, string name, string? value)
    {
        if (value is not null)
        {
            writer.WriteString(name, value);
        }
    }

    private static byte[] Write(Action<Utf8JsonWriter> attributes)
    {
        var buffer = new ArrayBufferWriter<byte>(1_024);
        using var writer = new Utf8JsonWriter(buffer, Writing);
        writer.WriteStartObject();
        attributes(writer);
        writer.WriteEndObject();
        writer.Flush();
        return buffer.WrittenSpan.ToArray();
    }

    private static string Expiration(DateTimeOffset now, TimeSpan life) =>
        Timestamp((life < DateTimeOffset.MaxValue - now ? now + life : DateTimeOffset.MaxValue).ToUniversalTime());

    private static string Timestamp(DateTimeOffset time) => time.ToString(
        time.Offset == TimeSpan.Zero ? "yyyy-MM-dd'T'HH:mm:ss'Z'" : "yyyy-MM-dd'T'HH:mm:sszzz", CultureInfo.InvariantCulture);
}
