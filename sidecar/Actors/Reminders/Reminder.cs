using System.Buffers;
using System.Text.Json;
using Sidecar.Actors.Schedules;
using Sidecar.Components;
using Sidecar.Configuration;

namespace Sidecar.Actors.Reminders;

/// <param name="Data">JSON; empty without any.</param>
/// <param name="Failure">What becomes of a tick that fails.</param>
/// <param name="Overwrite">False: a reminder of this name that stands stays as it is.</param>
internal sealed record ReminderRequest(
    string Name, ScheduleRequest Times, ReadOnlyMemory<byte> Data, FailurePolicy Failure, bool Overwrite = true);

/// <summary>A reminder as it is stored: what the client asked for and how far it has come.</summary>
/// <param name="Registration">New for every registration: tells a reminder from the one that replaced it.</param>
internal sealed record Reminder(
    ActorAddress Actor, string Name, ScheduleRequest Times, ReadOnlyMemory<byte> Data, FailurePolicy Failure, Schedule Schedule, string Registration)
{
    /// <summary>The period in the form in which daprd hands it to its scheduler; null without one.</summary>
    public string? ShownPeriod => Times.Period is { Length: > 0 } ? $"@every {GoDuration.Format(Schedule.Period.Interval.Time)}" : null;

    /// <summary>Null without a TTL, and for one that was not given as a time: daprd cannot read the others from its scheduler.</summary>
    public string? ShownTtl => Times.Ttl is { } ttl && Schedule.Absolute(ttl) is { } expires ? Schedule.Rfc3339(expires) : null;

    /// <summary>Throws <see cref="FormatException"/> with daprd's words for times that are none.</summary>
    public static Reminder Of(ActorAddress actor, ReminderRequest request, DateTimeOffset now)
    {
        // Only the time part of a reminder's period counts, and daprd refuses what would lose more than that.
        if (request.Times.Period is { Length: > 0 } text && IsoDuration.TryParse(text, out var iso) && iso.IsCalendar)
        {
            throw new FormatException($"unsupported period format: {text}");
        }

        var schedule = Schedule.Of(request.Times, "reminder", $"{actor}||{request.Name}", now, firstAfterPeriod: true);
        return new Reminder(actor, request.Name, request.Times, request.Data, request.Failure, schedule, RandomId.NewUuid());
    }

    public ReadOnlyMemory<byte> ToJson()
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            writer.WriteString("actorType", Actor.Type);
            writer.WriteString("actorId", Actor.Id);
            writer.WriteString("name", Name);
            writer.WriteString("dueTime", Times.DueTime);
            writer.WriteString("period", Times.Period);
            writer.WriteString("ttl", Times.Ttl);
            writer.WriteString("registration", Registration);
            writer.WritePropertyName("failurePolicy");
            Failure.Write(writer);
            writer.WriteNumber("next", Schedule.Next.UtcTicks);
            if (Schedule.TicksLeft is { } left)
            {
                writer.WriteNumber("ticksLeft", left);
            }

            if (Schedule.Expires is { } expires)
            {
                writer.WriteNumber("expires", expires.UtcTicks);
            }

            if (!Data.IsEmpty)
            {
                writer.WritePropertyName("data");
                writer.WriteRawValue(Data.Span, skipInputValidation: true);
            }

            writer.WriteEndObject();
        }

        return buffer.WrittenMemory;
    }

    /// <summary>Throws <see cref="ComponentException"/> for what this class did not write.</summary>
    public static Reminder Parse(string key, ReadOnlyMemory<byte> json)
    {
        try
        {
            using var document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = 1000 });
            var root = document.RootElement;
            string? Text(string name) => root.GetProperty(name).GetString();
            DateTimeOffset? Moment(string name) => root.TryGetProperty(name, out var ticks) ? new DateTimeOffset(ticks.GetInt64(), TimeSpan.Zero) : null;
            var times = new ScheduleRequest(Text("dueTime"), Text("period"), Text("ttl"));
            int? left = root.TryGetProperty("ticksLeft", out var number) ? number.GetInt32() : null;
            return new Reminder(
                new ActorAddress(Text("actorType")!, Text("actorId")!),
                Text("name")!,
                times,
                root.TryGetProperty("data", out var data) ? System.Text.Encoding.UTF8.GetBytes(data.GetRawText()) : default(ReadOnlyMemory<byte>),
                root.TryGetProperty("failurePolicy", out var policy) ? FailurePolicy.Parse(policy) : FailurePolicy.Default,
                new Schedule(Moment("next")!.Value, Period.Parse(times.Period), left, Moment("expires")),
                Text("registration")!);
        }
        catch (Exception mistake) when (mistake is JsonException or KeyNotFoundException or InvalidOperationException or FormatException or ArgumentException)
        {
            throw new ComponentException(ComponentFault.Failed, $"what stands under '{key}' was not written by the reminder store", mistake);
        }
    }
}
