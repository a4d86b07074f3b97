using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using Sidecar.Components.PubSub;
using Sidecar.PubSub.Publishing;
using Sidecar.Tracing;

namespace Sidecar.PubSub.Delivery;

/// <summary>The broker's bytes are no CloudEvent, and the subscription does not take raw ones.</summary>
internal sealed class UnreadableEventException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>A message from the broker, read as the CloudEvent that the app gets.</summary>
internal sealed class ReceivedEvent : IDisposable
{
    private static readonly JsonDocumentOptions Deep = new() { MaxDepth = 1_000 };

    private readonly JsonDocument _document;

    private ReceivedEvent(ReadOnlyMemory<byte> body, JsonDocument document, TraceContext trace)
    {
        Body = body;
        Trace = trace;
        _document = document;
    }

    /// <summary>What is sent to the app.</summary>
    public ReadOnlyMemory<byte> Body { get; }

    public TraceContext Trace { get; }

    public JsonElement Attributes => _document.RootElement;

    public string Id => Attributes.TextOf(CloudEventAttributes.Id) ?? "";

    /// <summary>Throws <see cref="UnreadableEventException"/>.</summary>
    /// <param name="newId">For the envelope of a raw message.</param>
    public static ReceivedEvent Read(IncomingMessage message, string pubSub, bool isRaw, Func<string> newId)
    {
        var parent = message.Metadata.GetValueOrDefault(CloudEventAttributes.TraceParent)
            ?? message.Metadata.GetValueOrDefault(CloudEventAttributes.TraceId);
        var state = message.Metadata.GetValueOrDefault(CloudEventAttributes.TraceState);
        var body = isRaw ? CloudEventEnvelope.WrapRaw(message.Data, newId(), message.Topic, pubSub, parent, state) : message.Data;
        if (!Utf8.IsValid(body.Span))
        {
            // As daprd reads them: what is not UTF-8 becomes the replacement character.
            body = Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(body.Span));
        }

        var document = Parse(body);
        var attributes = document.RootElement;

        // An app may have put numbers or objects here; such an event is delivered without a trace, not refused.
        parent = attributes.TextOf(CloudEventAttributes.TraceParent) ?? attributes.TextOf(CloudEventAttributes.TraceId) ?? parent;
        state = attributes.TextOf(CloudEventAttributes.TraceState) ?? state;
        var trace = ActivityContext.TryParse(parent, state, out _) ? new TraceContext(parent!, state ?? "", "") : TraceContext.Empty;
        return new ReceivedEvent(body, document, trace);
    }

    public bool HasExpired(DateTimeOffset now) =>
        Attributes.TextOf(CloudEventAttributes.Expiration) is { Length: > 0 } text
        && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var expiration)
        && expiration < now;

    public void Dispose() => _document.Dispose();

    private static JsonDocument Parse(ReadOnlyMemory<byte> body)
    {
        try
        {
            var document = JsonDocument.Parse(body, Deep);
            if (document.RootElement.ValueKind == JsonValueKind.Object)
            {
                return document;
            }

            document.Dispose();
            throw new UnreadableEventException("the message is not a CloudEvent: it is JSON, but no object");
        }
        catch (JsonException exception)
        {
            throw new UnreadableEventException($"the message is not a CloudEvent: {exception.Message}", exception);
        }
    }
}
