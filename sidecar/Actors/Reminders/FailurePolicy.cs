using System.Text.Json;
using Sidecar.Configuration;

namespace Sidecar.Actors.Reminders;

/// <summary>What becomes of a tick that failed (Dapr's <c>JobFailurePolicy</c>): it is tried again after a pause, then given up.</summary>
/// <param name="MaxRetries">Null: until it succeeds.</param>
internal sealed record FailurePolicy(TimeSpan Interval, uint? MaxRetries)
{
    /// <summary>daprd's, without one in the request: the call and three more, a second apart.</summary>
    public static FailurePolicy Default { get; } = new(TimeSpan.FromSeconds(1), 3);

    public static FailurePolicy Drop { get; } = new(TimeSpan.Zero, 0);

    /// <summary>Reads <c>{"drop":{}}</c> or <c>{"constant":{"interval"?,"maxRetries"?}}</c>. Throws <see cref="FormatException"/>.</summary>
    public static FailurePolicy Parse(ReadOnlyMemory<byte> json)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            return Parse(document.RootElement);
        }
        catch (InvalidOperationException mistake)
        {
            throw new FormatException("\"failure_policy\" holds a text that is not Unicode", mistake);
        }
    }

    /// <summary>As from bytes.</summary>
    public static FailurePolicy Parse(JsonElement policy)
    {
        if (policy.ValueKind == JsonValueKind.Null)
        {
            return Default;
        }

        if (policy.ValueKind == JsonValueKind.Object && policy.EnumerateObject().Count() == 1)
        {
            if (policy.TryGetProperty("drop", out var drop) && drop.ValueKind == JsonValueKind.Object)
            {
                return Drop;
            }

            if (policy.TryGetProperty("constant", out var constant) && constant.ValueKind == JsonValueKind.Object)
            {
                return new FailurePolicy(IntervalOf(constant), RetriesOf(constant));
            }
        }

        throw new FormatException("\"failure_policy\" must be {\"drop\":{}} or {\"constant\":{\"interval\":\"1s\",\"maxRetries\":3}}");
    }

    public void Write(Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        writer.WriteStartObject("constant");
        writer.WriteString("interval", GoDuration.Format(Interval));
        if (MaxRetries is { } retries)
        {
            writer.WriteNumber("maxRetries", retries);
        }

        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    private static TimeSpan IntervalOf(JsonElement constant) =>
        !constant.TryGetProperty("interval", out var interval) || interval.ValueKind == JsonValueKind.Null ? TimeSpan.Zero
        : interval.ValueKind == JsonValueKind.String && GoDuration.TryParse(interval.GetString(), out var pause) && pause >= TimeSpan.Zero ? pause
        : throw new FormatException("\"failure_policy.constant.interval\" must be a duration such as 500ms or 1s");

    private static uint? RetriesOf(JsonElement constant) =>
        !(constant.TryGetProperty("maxRetries", out var retries) || constant.TryGetProperty("max_retries", out retries)) || retries.ValueKind == JsonValueKind.Null ? null
        : retries.ValueKind == JsonValueKind.Number && retries.TryGetUInt32(out var count) ? count
        : throw new FormatException("\"failure_policy.constant.maxRetries\" must be a whole number from 0 on");
}
