using System.Text.Json;

namespace Sidecar.Http;

/// <param name="Data">The text of the JSON value under "data", byte for byte; empty when absent.</param>
internal sealed record BindingRequest(string Operation, ReadOnlyMemory<byte> Data, IReadOnlyDictionary<string, string> Metadata)
{
    /// <summary>Throws <see cref="JsonException"/> or <see cref="FormatException"/>.</summary>
    public static BindingRequest Parse(ReadOnlyMemory<byte> body)
    {
        var reader = new Utf8JsonReader(body.Span, JsonObjects.Deep);
        var (operation, data, metadata) = ("", ReadOnlyMemory<byte>.Empty, (Dictionary<string, string>?)null);
        JsonObjects.Start(ref reader);
        while (JsonObjects.NextMember(ref reader, out var name))
        {
            switch (name)
            {
                case "operation":
                    operation = JsonObjects.Text(ref reader, name) ?? "";
                    break;
                case "metadata":
                    metadata = JsonObjects.TextMap(ref reader, name);
                    break;
                case "data":
                    data = JsonObjects.Slice(ref reader, body);
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        JsonObjects.End(ref reader);
        return new BindingRequest(operation, data, metadata ?? new Dictionary<string, string>(StringComparer.Ordinal));
    }
}
