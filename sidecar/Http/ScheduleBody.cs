using System.Text.Json;
using Sidecar.Actors.Reminders;
using Sidecar.Actors.Schedules;

namespace Sidecar.Http;

/// <summary>The body of a reminder or timer. The data is a slice of it: its bytes reach the app as they came.</summary>
internal sealed record ScheduleBody(
    ScheduleRequest Times, ReadOnlyMemory<byte> Data, FailurePolicy Failure, bool Overwrite, string Callback)
{
    /// <summary>Throws <see cref="JsonException"/> or <see cref="FormatException"/>; unknown members are skipped.</summary>
    public static ScheduleBody Parse(ReadOnlyMemory<byte> body)
    {
        if (body.IsEmpty)
        {
            throw new FormatException("EOF");
        }

        var reader = new Utf8JsonReader(body.Span, JsonObjects.Deep);
        JsonObjects.Start(ref reader);
        string? dueTime = null, period = null, ttl = null, callback = null;
        var data = ReadOnlyMemory<byte>.Empty;
        var overwrite = true;
        var failure = FailurePolicy.Default;
        while (JsonObjects.NextMember(ref reader, out var name))
        {
            switch (name)
            {
                case "dueTime":
                    dueTime = JsonObjects.Text(ref reader, name);
                    break;
                case "period":
                    period = JsonObjects.Text(ref reader, name);
                    break;
                case "ttl":
                    ttl = JsonObjects.Text(ref reader, name);
                    break;
                case "callback":
                    callback = JsonObjects.Text(ref reader, name);
                    break;
                case "overwrite":
                    overwrite = Truth(ref reader, name);
                    break;
                case "failure_policy":
                    failure = FailurePolicy.Parse(JsonObjects.Slice(ref reader, body));
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
        return new ScheduleBody(new ScheduleRequest(dueTime, period, ttl), data, failure, overwrite, callback ?? "");
    }

    private static bool Truth(ref Utf8JsonReader reader, string name) => reader.TokenType switch
    {
        JsonTokenType.True or JsonTokenType.Null => true,
        JsonTokenType.False => false,
        _ => throw new FormatException($"\"{name}\" is neither true nor false"),
    };
}
