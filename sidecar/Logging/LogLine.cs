using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Sidecar.Logging;

/// <param name="Fields">Beyond daprd's fixed ones, such as those of an API log line.</param>
internal sealed record LogEntry(
    DateTimeOffset Time, LogLevel Level, string Scope, string Message, string AppId, string Instance, string Version, string Type,
    IReadOnlyList<KeyValuePair<string, string>> Fields);

/// <summary>daprd's two log formats (dapr-contract.md 13): logfmt text and one JSON object per line.</summary>
internal static class LogLine
{
    private static readonly JsonWriterOptions JsonOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static string Text(LogEntry entry)
    {
        var line = new StringBuilder(160);
        Append(line, "time", Time(entry), quoted: true);
        Append(line, "level", Level(entry.Level));
        Append(line, "msg", entry.Message, quoted: true);
        Append(line, "app_id", entry.AppId);
        foreach (var (name, value) in entry.Fields)
        {
            Append(line, name, value);
        }

        Append(line, "instance", entry.Instance);
        Append(line, "scope", entry.Scope);
        Append(line, "type", entry.Type);
        Append(line, "ver", entry.Version);
        return line.ToString();
    }

    public static string Json(LogEntry entry)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using (var writer = new Utf8JsonWriter(buffer, JsonOptions))
        {
            writer.WriteStartObject();
            writer.WriteString("app_id", entry.AppId);
            foreach (var (name, value) in entry.Fields)
            {
                writer.WriteString(name, value);
            }

            writer.WriteString("instance", entry.Instance);
            writer.WriteString("level", Level(entry.Level));
            writer.WriteString("msg", entry.Message);
            writer.WriteString("scope", entry.Scope);
            writer.WriteString("time", Time(entry));
            writer.WriteString("type", entry.Type);
            writer.WriteString("ver", entry.Version);
            writer.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    private static string Time(LogEntry entry) =>
        entry.Time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fffffff'00Z'", CultureInfo.InvariantCulture);

    private static string Level(LogLevel level) => level switch
    {
        LogLevel.Trace or LogLevel.Debug => "debug",
        LogLevel.Information => "info",
        LogLevel.Warning => "warning",
        LogLevel.Error => "error",
        _ => "fatal",
    };

    private static void Append(StringBuilder line, string name, string value, bool quoted = false)
    {
        if (line.Length > 0)
        {
            line.Append(' ');
        }

        line.Append(name).Append('=');
        if (!quoted && value.Length > 0 && value.All(IsBare))
        {
            line.Append(value);
            return;
        }

        line.Append('"');
        foreach (var character in value)
        {
            _ = character switch
            {
                '"' => line.Append("\\\""),
                '\\' => line.Append("\\\\"),
                '\n' => line.Append("\\n"),
                '\r' => line.Append("\\r"),
                '\t' => line.Append("\\t"),
                _ => line.Append(character),
            };
        }

        line.Append('"');
    }

    private static bool IsBare(char character) =>
        char.IsAsciiLetterOrDigit(character) || character is '-' or '.' or '_' or '/' or '@' or '^' or '+';
}
