using System.Text;
using System.Text.Json;

namespace Dapr.Actors.Runtime;

/// <summary>What travels of a reminder or a timer, in both directions.</summary>
/// <param name="Callback">Of timers only.</param>
internal sealed record ScheduleBody(byte[] Data, TimeSpan DueTime, TimeSpan Period, string? Callback)
{
    public static byte[] Write(ActorReminder reminder) => Write(writer =>
    {
        writer.WriteString("dueTime", ScheduleTimes.Format(reminder.DueTime));
        writer.WriteString("period", ScheduleTimes.Format(reminder.Period, reminder.Repetitions));
        writer.WriteBase64String("data", reminder.State);
        WriteTtl(writer, reminder.Ttl);
    });

    public static byte[] Write(ActorTimer timer) => Write(writer =>
    {
        writer.WriteString("dueTime", ScheduleTimes.Format(timer.DueTime));
        if (timer.Period >= TimeSpan.Zero)
        {
            writer.WriteString("period", ScheduleTimes.Format(timer.Period));
        }

        if (timer.Data is { } data)
        {
            writer.WriteBase64String("data", data);
        }

        writer.WriteString("callback", timer.TimerCallback);
        WriteTtl(writer, timer.Ttl);
    });

    /// <summary>Throws <see cref="JsonException"/> or <see cref="FormatException"/> for what the sidecar would not send.</summary>
    public static ScheduleBody Read(ReadOnlyMemory<byte> body)
    {
        using var document = JsonDocument.Parse(body);
        var root = document.RootElement;
        if (root.ValueKind != JsonValueKind.Object)
        {
            throw new JsonException("A reminder or timer is an object.");
        }

        return new ScheduleBody(Bytes(root), ScheduleTimes.Parse(Text(root, "dueTime")), ScheduleTimes.Parse(Text(root, "period")), Text(root, "callback"));
    }

    private static string? Text(JsonElement root, string name) =>
        root.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    // Registered by this SDK it is base64; another client may have left any JSON there, which is handed over as it stands.
    private static byte[] Bytes(JsonElement root)
    {
        if (!root.TryGetProperty("data", out var data) || data.ValueKind == JsonValueKind.Null)
        {
            return [];
        }

        return data.ValueKind == JsonValueKind.String && data.TryGetBytesFromBase64(out var bytes)
            ? bytes
            : Encoding.UTF8.GetBytes(data.GetRawText());
    }

    private static byte[] Write(Action<Utf8JsonWriter> members)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            members(writer);
            writer.WriteEndObject();
        }

        return buffer.ToArray();
    }

    private static void WriteTtl(Utf8JsonWriter writer, TimeSpan? ttl)
    {
        if (ttl is { } lifetime)
        {
            writer.WriteString("ttl", ScheduleTimes.Format(lifetime));
        }
    }
}
