using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Sidecar.Actors.Reminders;
using Sidecar.Api;
using Sidecar.Jobs;

namespace Sidecar.Http;

/// <summary>A job in JSON, as a client schedules it and as it is shown (dapr-contract.md 9.4).</summary>
internal static class JobBody
{
    private static readonly JsonWriterOptions Json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    /// <summary>The name is that of the body, empty without one. Throws <see cref="JsonException"/> or <see cref="FormatException"/>.</summary>
    public static JobRequest Parse(ReadOnlyMemory<byte> body)
    {
        var reader = new Utf8JsonReader(body.Span, JsonObjects.Deep);
        JsonObjects.Start(ref reader);
        string? job = null, schedule = null, dueTime = null, ttl = null;
        uint? repeats = null;
        JobData? data = null;
        FailurePolicy? failure = null;
        var overwrite = false;
        while (JsonObjects.NextMember(ref reader, out var name))
        {
            switch (name)
            {
                case "name":
                    job = JsonObjects.Text(ref reader, name);
                    break;
                case "schedule":
                    schedule = JsonObjects.Text(ref reader, name);
                    break;
                case "dueTime" or "due_time":
                    dueTime = JsonObjects.Text(ref reader, name);
                    break;
                case "ttl":
                    ttl = JsonObjects.Text(ref reader, name);
                    break;
                case "repeats":
                    repeats = Number(ref reader, name);
                    break;
                case "overwrite":
                    overwrite = Truth(ref reader, name);
                    break;
                case "failurePolicy" or "failure_policy" when reader.TokenType != JsonTokenType.Null:
                    failure = FailurePolicy.Parse(JsonObjects.Slice(ref reader, body));
                    break;
                case "data":
                    data = Data(JsonObjects.Slice(ref reader, body));
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        JsonObjects.End(ref reader);
        return new JobRequest(job ?? "", new JobTimes(schedule, dueTime, repeats, ttl), data, failure, overwrite);
    }

    public static ReadOnlyMemory<byte> Write(ScheduledJob job)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using (var writer = new Utf8JsonWriter(buffer, Json))
        {
            writer.WriteStartObject();
            writer.WriteString("name", job.Name);
            WriteWhenPresent(writer, "schedule", job.Times.Schedule);
            if (job.Times.Repeats is { } repeats)
            {
                writer.WriteNumber("repeats", repeats);
            }

            WriteWhenPresent(writer, "dueTime", job.Times.DueTime);
            WriteWhenPresent(writer, "ttl", job.Times.Ttl);
            if (job.Data is { } data)
            {
                writer.WriteStartObject("data");
                writer.WriteString("@type", data.TypeUrl);
                Write(writer, data);
                writer.WriteEndObject();
            }

            if (job.Failure is { } failure)
            {
                writer.WritePropertyName("failurePolicy");
                failure.Write(writer);
            }

            writer.WriteEndObject();
        }

        return buffer.WrittenMemory;
    }

    // It must go as a protobuf value too: numbers beyond doubles and very deep documents do not.
    private static JobData Data(ReadOnlyMemory<byte> json)
    {
        try
        {
            Value.Parser.ParseJson(Encoding.UTF8.GetString(json.Span));
            return new JobData(JobData.JsonType, json.ToArray());
        }
        catch (Exception mistake) when (mistake is InvalidProtocolBufferException or InvalidJsonException)
        {
            throw new FormatException($"\"data\" is no value: {mistake.Message}", mistake);
        }
    }

    private static void Write(Utf8JsonWriter writer, JobData data)
    {
        if (data.IsJson)
        {
            writer.WritePropertyName("value");
            writer.WriteRawValue(data.Bytes.Span, skipInputValidation: true);
            return;
        }

        writer.WriteBase64String("value", data.Bytes.Span);
    }

    private static void WriteWhenPresent(Utf8JsonWriter writer, string name, string? value)
    {
        if (value is not null)
        {
            writer.WriteString(name, value);
        }
    }

    // In protobuf's JSON a number may stand in quotes.
    private static uint? Number(ref Utf8JsonReader reader, string name) => reader.TokenType switch
    {
        JsonTokenType.Null => null,
        JsonTokenType.Number when reader.TryGetUInt32(out var number) => number,
        JsonTokenType.String when uint.TryParse(JsonObjects.Text(ref reader), NumberStyles.None, CultureInfo.InvariantCulture, out var number) => number,
        _ => throw new FormatException($"\"{name}\" is not a whole number from 0 on"),
    };

    private static bool Truth(ref Utf8JsonReader reader, string name) => reader.TokenType switch
    {
        JsonTokenType.True => true,
        JsonTokenType.False or JsonTokenType.Null => false,
        _ => throw new FormatException($"\"{name}\" is neither true nor false"),
    };
}
