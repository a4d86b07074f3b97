using System.Buffers;
using System.Text.Json;
using Sidecar.Actors.Reminders;
using Sidecar.Components;

namespace Sidecar.Jobs;

/// <summary>Who runs a job at the moment; others leave it alone until then.</summary>
internal sealed record JobLease(string Holder, DateTimeOffset Until);

/// <summary>A job as it is stored: what the client asked for and how far it has come.</summary>
/// <param name="Failure">Null: the client asked for none, <see cref="FailurePolicy.Default"/> applies.</param>
/// <param name="Registration">New whenever the job is scheduled: tells it from the one that it replaced.</param>
internal sealed record ScheduledJob(
    string Name, JobTimes Times, JobData? Data, FailurePolicy? Failure, JobPlan Plan, string Registration, JobLease? Lease = null)
{
    public ReadOnlyMemory<byte> ToJson()
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            writer.WriteString("name", Name);
            writer.WriteString("schedule", Times.Schedule);
            writer.WriteString("dueTime", Times.DueTime);
            writer.WriteString("ttl", Times.Ttl);
            Write(writer, "repeats", Times.Repeats);
            writer.WriteString("registration", Registration);
            if (Data is not null)
            {
                writer.WriteString("dataType", Data.TypeUrl);
                writer.WriteBase64String("data", Data.Bytes.Span);
            }

            if (Failure is not null)
            {
                writer.WritePropertyName("failurePolicy");
                Failure.Write(writer);
            }

            writer.WriteNumber("next", Plan.Next.UtcTicks);
            Write(writer, "left", Plan.Left);
            Write(writer, "expires", Plan.Expires?.UtcTicks);
            if (Lease is not null)
            {
                writer.WriteString("holder", Lease.Holder);
                writer.WriteNumber("heldUntil", Lease.Until.UtcTicks);
            }

            writer.WriteEndObject();
        }

        return buffer.WrittenMemory;
    }

    /// <summary>Throws <see cref="ComponentException"/> for what this class did not write.</summary>
    public static ScheduledJob Parse(string key, ReadOnlyMemory<byte> json)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            var root = document.RootElement;
            JsonElement? Find(string name) => root.TryGetProperty(name, out var found) ? found : null;
            string? Text(string name) => root.GetProperty(name).GetString();
            DateTimeOffset? Moment(string name) => Find(name) is { } ticks ? new DateTimeOffset(ticks.GetInt64(), TimeSpan.Zero) : null;
            return new ScheduledJob(
                Text("name")!,
                new JobTimes(Text("schedule"), Text("dueTime"), Find("repeats")?.GetUInt32(), Text("ttl")),
                Find("data") is { } data ? new JobData(Text("dataType")!, data.GetBytesFromBase64()) : null,
                Find("failurePolicy") is { } policy ? FailurePolicy.Parse(policy) : null,
                new JobPlan(Moment("next")!.Value, Find("left")?.GetUInt32(), Moment("expires")),
                Text("registration")!,
                Find("holder") is { } holder ? new JobLease(holder.GetString()!, Moment("heldUntil")!.Value) : null);
        }
        catch (Exception mistake) when (mistake is JsonException or KeyNotFoundException or InvalidOperationException or FormatException or ArgumentException)
        {
            throw new ComponentException(ComponentFault.Failed, $"what stands under '{key}' was not written by the job store", mistake);
        }
    }

    private static void Write(Utf8JsonWriter writer, string name, long? number)
    {
        if (number is { } value)
        {
            writer.WriteNumber(name, value);
        }
    }
}
