using System.Text.Json;

namespace Sidecar.PubSub.Outbox;

/// <summary>One upsert of a transaction as the outbox sees it.</summary>
/// <param name="Value">What is stored: JSON text, or over gRPC any bytes.</param>
/// <param name="IsJson">The value came as JSON text, as over HTTP.</param>
internal sealed record OutboxOperation(
    string Key, ReadOnlyMemory<byte> Value, bool IsJson, string? ContentType, IReadOnlyDictionary<string, string> Metadata)
{
    private const string Projection = "outbox.projection";

    /// <summary>It is not stored; its value takes the place of the stored one in the event.</summary>
    public bool IsProjection => Metadata.TryGetValue(Projection, out var flag)
        && flag.ToUpperInvariant() is "TRUE" or "T" or "1" or "Y" or "YES" or "ON";

    public string? EventContentType => string.IsNullOrEmpty(ContentType) ? Metadata.GetValueOrDefault("contentType") : ContentType;

    /// <summary>
    /// A JSON text that is not said to be one goes as what it says: "a" as a. An object goes as its JSON, where daprd
    /// writes Go's own form of it, which nobody can read.
    /// </summary>
    public ReadOnlyMemory<byte> EventData()
    {
        if (!IsJson || "application/json".Equals(EventContentType, StringComparison.OrdinalIgnoreCase))
        {
            return Value;
        }

        using var document = JsonDocument.Parse(Value, new JsonDocumentOptions { MaxDepth = 1_000 });
        return document.RootElement.AsText() is { } text ? System.Text.Encoding.UTF8.GetBytes(text) : Value;
    }
}
