using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Sidecar.Components.Configuration;

namespace Sidecar.ConfigurationStores;

/// <summary>Items as daprd writes them: keys in order, empty members left out, so that a deleted item is <c>{}</c>.</summary>
internal static class ConfigurationJson
{
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The answer of a get: <c>{key: item}</c>.</summary>
    public static ReadOnlyMemory<byte> Items(IReadOnlyDictionary<string, ConfigurationItem> items) => Write(writer =>
    {
        foreach (var (key, item) in items.OrderBy(item => item.Key, StringComparer.Ordinal))
        {
            Write(writer, key, item);
        }
    });

    /// <summary>What the app is sent: <c>{id, items: {key: item}}</c>.</summary>
    public static ReadOnlyMemory<byte> Update(string id, string key, ConfigurationItem item) => Write(writer =>
    {
        writer.WriteString("id", id);
        writer.WriteStartObject("items");
        Write(writer, key, item);
        writer.WriteEndObject();
    });

    public static ReadOnlyMemory<byte> Subscribed(string id) => Write(writer => writer.WriteString("id", id));

    public static ReadOnlyMemory<byte> Unsubscribed() => Write(writer => writer.WriteBoolean("ok", true));

    public static ReadOnlyMemory<byte> NotUnsubscribed(string message) => Write(writer =>
    {
        writer.WriteBoolean("ok", false);
        writer.WriteString("message", message);
    });

    private static ReadOnlyMemory<byte> Write(Action<Utf8JsonWriter> members)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer, Options))
        {
            writer.WriteStartObject();
            members(writer);
            writer.WriteEndObject();
        }

        return buffer.WrittenMemory;
    }

    private static void Write(Utf8JsonWriter writer, string key, ConfigurationItem item)
    {
        writer.WriteStartObject(key);
        if (item.Value.Length > 0)
        {
            writer.WriteString("value", item.Value);
        }

        if (item.Version.Length > 0)
        {
            writer.WriteString("version", item.Version);
        }

        if (item.Metadata.Count > 0)
        {
            writer.WriteStartObject("metadata");
            foreach (var (name, value) in item.Metadata.OrderBy(pair => pair.Key, StringComparer.Ordinal))
            {
                writer.WriteString(name, value);
            }

            writer.WriteEndObject();
        }

        writer.WriteEndObject();
    }
}
