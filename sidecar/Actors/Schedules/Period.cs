using Sidecar.Configuration;

namespace Sidecar.Actors.Schedules;

/// <summary>How a reminder or timer repeats: the time between two ticks and how many ticks there are.</summary>
/// <param name="Text">As the client wrote it; empty: one tick.</param>
/// <param name="Ticks">All of them, the first included; null: without end.</param>
internal sealed record Period(string Text, IsoDuration Interval, int? Ticks)
{
    public static readonly Period Once = new("", default, 1);

    /// <summary>Throws <see cref="FormatException"/> with words for the client.</summary>
    public static Period Parse(string? text)
    {
        if (string.IsNullOrEmpty(text))
        {
            return Once;
        }

        if (IsoDuration.TryParse(text, out var iso))
        {
            return iso.Repeats == 0
                ? throw new FormatException("has zero repetitions")
                : new Period(text, iso, iso.IsEmpty ? 1 : iso.Repeats);
        }

        if (!GoDuration.TryParse(text, out var time))
        {
            throw new FormatException($"parse error: unsupported duration format: {text}");
        }

        // A period of nothing would fire without a pause; daprd takes it for a single tick, and a negative one with it.
        return time <= TimeSpan.Zero ? new Period(text, default, 1) : new Period(text, new IsoDuration(0, 0, 0, time, null), null);
    }

    public DateTimeOffset After(DateTimeOffset tick) => Interval.After(tick);
}
