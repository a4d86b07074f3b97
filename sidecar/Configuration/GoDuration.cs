using System.Buffers;
using System.Globalization;
using System.Text;

namespace Sidecar.Configuration;

/// <summary>Durations as Go writes them, such as <c>1h2m3s</c>, <c>1.5s</c> or <c>500ms</c>: the form of every duration in Dapr's YAML and flags.</summary>
internal static class GoDuration
{
    private static readonly SearchValues<char> NumberCharacters = SearchValues.Create("0123456789.");

    // Longest name first where one is the beginning of another: "ms" before "m".
    private static readonly (string Name, decimal Ticks)[] Units =
    [
        ("ns", 0.01m),
        ("us", TimeSpan.TicksPerMicrosecond),
        ("µs", TimeSpan.TicksPerMicrosecond),
        ("μs", TimeSpan.TicksPerMicrosecond),
        ("ms", TimeSpan.TicksPerMillisecond),
        ("s", TimeSpan.TicksPerSecond),
        ("m", TimeSpan.TicksPerMinute),
        ("h", TimeSpan.TicksPerHour),
    ];

    public static bool TryParse(string? text, out TimeSpan duration)
    {
        duration = default;
        var rest = (text ?? "").AsSpan();
        var negative = rest.StartsWith("-");
        if (negative || rest.StartsWith("+"))
        {
            rest = rest[1..];
        }

        if (rest is "0")
        {
            return true;
        }

        if (rest.IsEmpty)
        {
            return false;
        }

        var ticks = 0m;
        while (!rest.IsEmpty)
        {
            if (!TryTakePart(ref rest, out var part) || (ticks += part) > long.MaxValue)
            {
                return false;
            }
        }

        duration = TimeSpan.FromTicks((long)(negative ? -ticks : ticks));
        return true;
    }

    /// <param name="bareUnit">What a number without a unit counts: component metadata knows such, seconds as a rule, milliseconds with Redis.</param>
    public static bool TryParse(string text, TimeSpan bareUnit, out TimeSpan duration)
    {
        var trimmed = text.AsSpan().Trim();
        if (!decimal.TryParse(trimmed, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number))
        {
            return TryParse(trimmed.ToString(), out duration);
        }

        var fits = Math.Abs(number) < long.MaxValue / Math.Max(1m, bareUnit.Ticks);
        duration = fits ? TimeSpan.FromTicks((long)(number * bareUnit.Ticks)) : TimeSpan.Zero;
        return fits;
    }

    public static TimeSpan Parse(string text) =>
        TryParse(text, out var duration) ? duration : throw new FormatException($"'{text}' is not a duration such as 500ms, 5s or 1h30m");

    /// <summary>Go's own rendering: <c>0s</c>, <c>1.5ms</c>, <c>1m0s</c>, <c>1h0m0s</c>.</summary>
    public static string Format(TimeSpan duration)
    {
        if (duration == TimeSpan.Zero)
        {
            return "0s";
        }

        var ticks = Math.Abs((decimal)duration.Ticks);
        var text = new StringBuilder(duration < TimeSpan.Zero ? "-" : "");
        if (ticks < TimeSpan.TicksPerSecond)
        {
            var (name, unit) = ticks < TimeSpan.TicksPerMicrosecond
                ? ("ns", 0.01m)
                : ticks < TimeSpan.TicksPerMillisecond ? ("µs", (decimal)TimeSpan.TicksPerMicrosecond) : ("ms", TimeSpan.TicksPerMillisecond);
            return text.Append(Number(ticks / unit)).Append(name).ToString();
        }

        var hours = Math.Floor(ticks / TimeSpan.TicksPerHour);
        var minutes = Math.Floor(ticks % TimeSpan.TicksPerHour / TimeSpan.TicksPerMinute);
        if (hours > 0)
        {
            text.Append(Number(hours)).Append('h');
        }

        if (hours > 0 || minutes > 0)
        {
            text.Append(Number(minutes)).Append('m');
        }

        return text.Append(Number(ticks % TimeSpan.TicksPerMinute / TimeSpan.TicksPerSecond)).Append('s').ToString();
    }

    private static bool TryTakePart(ref ReadOnlySpan<char> rest, out decimal ticks)
    {
        ticks = 0;
        var length = rest.IndexOfAnyExcept(NumberCharacters);
        if (length <= 0
            || !decimal.TryParse(rest[..length], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)
            || number > 1_000_000_000_000_000_000m)
        {
            return false;
        }

        rest = rest[length..];
        foreach (var (name, unit) in Units)
        {
            if (rest.StartsWith(name))
            {
                rest = rest[name.Length..];
                ticks = number * unit;
                return true;
            }
        }

        return false;
    }

    private static string Number(decimal value) => value.ToString("0.#########", CultureInfo.InvariantCulture);
}
