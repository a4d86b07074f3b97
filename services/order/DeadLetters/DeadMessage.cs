using System.Diagnostics;
using System.Security.Cryptography;
using System.Text.Json;
using DaprShop.ServiceDefaults.Events;
using DaprShop.ServiceDefaults.Json;

namespace DaprShop.Order.DeadLetters;

/// <summary>The bytes of a dead letter, and what can be read of them. Nothing is expected of them: they are dead for a reason.</summary>
/// <param name="IsObject">They are a JSON object, as a CloudEvent is.</param>
internal sealed record DeadMessage(ReadOnlyMemory<byte> Bytes, bool IsObject, string? EventId, string? EventType, string? TraceId)
{
    private const int LongestText = DeliveredEvent.LongestId;

    /// <summary>As deep as the sidecar reads.</summary>
    private static readonly JsonDocumentOptions Deep = new() { MaxDepth = 10_100 };

    /// <summary>As deep as an answer can be written in.</summary>
    private static readonly JsonDocumentOptions Shallow = new() { MaxDepth = 48 };

    public string Hash => Convert.ToHexStringLower(SHA256.HashData(Bytes.Span));

    public static DeadMessage Of(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            using var document = JsonDocument.Parse(bytes, Deep);
            var root = document.RootElement;
            return root.ValueKind == JsonValueKind.Object
                ? new DeadMessage(bytes, IsObject: true, Text(root, "id"), Text(root, "type"), Trace(root))
                : new DeadMessage(bytes, IsObject: false, null, null, null);
        }
        catch (JsonException)
        {
            return new DeadMessage(bytes, IsObject: false, null, null, null);
        }
    }

    /// <returns>Null: it is no JSON object, or too deep to be shown as one.</returns>
    public JsonElement? AsJson()
    {
        try
        {
            // The element lives on in the answer, so the document is left to the collector.
            var root = JsonDocument.Parse(Bytes, Shallow).RootElement;
            return root.ValueKind == JsonValueKind.Object ? root : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static string? Text(JsonElement root, string name) =>
        root.TryGetProperty(name, out var member) && member.TextOrNull() is { Length: > 0 and <= LongestText } text ? text : null;

    private static string? Trace(JsonElement root) =>
        ActivityContext.TryParse(Text(root, "traceparent") ?? Text(root, "traceid"), traceState: null, out var context) ? context.TraceId.ToHexString() : null;
}
