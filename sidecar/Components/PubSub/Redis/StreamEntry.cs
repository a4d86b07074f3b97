using System.Text.Json;
using Sidecar.Clients.Redis;

namespace Sidecar.Components.PubSub.Redis;

/// <summary>
/// An entry as daprd writes it: field <c>data</c> the payload, field <c>metadata</c> a JSON object of texts. Anybody can
/// write to a stream, so either may be missing or broken; what is left is delivered, and the app's side judges it.
/// </summary>
internal readonly struct StreamEntry
{
    private static readonly Dictionary<string, string> NoMetadata = [];

    private StreamEntry(string id, IReadOnlyList<RespValue> fields) => (Id, Fields) = (id, fields);

    public string Id { get; }

    private IReadOnlyList<RespValue> Fields { get; }

    /// <summary>The entries of a reply, each an id and its fields. Ids whose entry is gone come without fields before Redis 7.</summary>
    public static IReadOnlyList<StreamEntry> ReadAll(RespValue reply) =>
        [.. from item in reply.Items where item.Items is [_, { Kind: RespKind.Array }] select new StreamEntry(item.Items[0].Text, item.Items[1].Items)];

    /// <param name="problem">Why the metadata could not be read; null: they could.</param>
    public IncomingMessage ToMessage(string topic, out string? problem)
    {
        problem = null;
        var metadata = Field("metadata"u8) is { } json ? ReadMetadata(json, out problem) : NoMetadata;
        return new IncomingMessage(topic, Field("data"u8) ?? default, null, metadata);
    }

    private ReadOnlyMemory<byte>? Field(ReadOnlySpan<byte> name)
    {
        for (var i = 0; i + 1 < Fields.Count; i += 2)
        {
            if (Fields[i].Bytes.Span.SequenceEqual(name))
            {
                return Fields[i + 1].Bytes;
            }
        }

        return null;
    }

    private static Dictionary<string, string> ReadMetadata(ReadOnlyMemory<byte> json, out string? problem)
    {
        problem = null;
        var metadata = new Dictionary<string, string>();
        try
        {
            using var document = JsonDocument.Parse(json);
            if (document.RootElement.ValueKind == JsonValueKind.Null)
            {
                return metadata;
            }

            if (document.RootElement.ValueKind != JsonValueKind.Object)
            {
                problem = "they are no JSON object";
                return metadata;
            }

            foreach (var member in document.RootElement.EnumerateObject())
            {
                if (member.Value.ValueKind == JsonValueKind.String)
                {
                    metadata[member.Name] = member.Value.GetString()!;
                }
                else
                {
                    problem = $"{member.Name} is no text";
                }
            }
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            // InvalidOperation: an escaped half of a surrogate pair, which only shows when the text is asked for.
            problem = exception.Message;
        }

        return metadata;
    }
}
