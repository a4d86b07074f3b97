using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using System.Xml;

namespace Dapr.Actors.Runtime;

/// <summary>The forms of time spans that go to the sidecar, and those that come back.</summary>
internal static partial class ScheduleTimes
{
    /// <summary>A period that never comes round: the thing fires once.</summary>
    public static readonly TimeSpan Never = TimeSpan.FromMilliseconds(-1);

    public static void Validate(TimeSpan dueTime, TimeSpan period, TimeSpan? ttl)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(dueTime, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(period, Never);
        if (ttl is { } lifetime)
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(lifetime, TimeSpan.Zero, nameof(ttl));
        }
    }

    /// <summary>Such as <c>1h0m30s250ms</c>; empty when negative.</summary>
    public static string Format(TimeSpan time) => time < TimeSpan.Zero
        ? ""
        : string.Create(CultureInfo.InvariantCulture, $"{(time.Days * 24) + time.Hours}h{time.Minutes}m{time.Seconds}s{time.Milliseconds}ms");

    /// <summary>As <see cref="Format"/>, or such as <c>R3/PT10S</c> when the number of firings is limited.</summary>
    /// <exception cref="ArgumentException">The number is limited and the time is not a whole number of seconds, 0 or more.</exception>
    public static string Format(TimeSpan period, int? repetitions)
    {
        if (repetitions is not { } count)
        {
            return Format(period);
        }

        if (period < TimeSpan.Zero || period.Ticks % TimeSpan.TicksPerSecond != 0)
        {
            throw new ArgumentException("A period with a number of repetitions must be a whole number of seconds.", nameof(period));
        }

        var text = new StringBuilder().Append(CultureInfo.InvariantCulture, $"R{count}/P");
        Append(text, period.Days, 'D');
        text.Append('T');
        Append(text, period.Hours, 'H');
        Append(text, period.Minutes, 'M');
        Append(text, period.Seconds, 'S');
        return period == TimeSpan.Zero ? text.Append("0S").ToString() : text.ToString().TrimEnd('T');
    }

    /// <summary>
    /// Go's form (<c>1m30s</c>), with or without <c>@every</c>, or ISO 8601's, with or without repetitions. Nothing is
    /// <see cref="Never"/>; a point in time is zero, since it has come when it is heard of.
    /// </summary>
    /// <exception cref="FormatException">It is none of these.</exception>
    public static TimeSpan Parse(string? text)
    {
        text = text?.Replace("@every", "", StringComparison.Ordinal).Trim();
        if (string.IsNullOrEmpty(text))
        {
            return Never;
        }

        if (Repeats().Match(text) is { Success: true } repeats)
        {
            text = text[repeats.Length..];
            return text.Length == 0 ? Never : Parse(text);
        }

        if (text[0] == 'P')
        {
            return Weeks().Match(text) is { Success: true } weeks
                ? TimeSpan.FromDays(7 * int.Parse(weeks.Groups[1].ValueSpan, CultureInfo.InvariantCulture))
                : XmlConvert.ToTimeSpan(text);
        }

        if (GoDuration().Match(text) is { Success: true } go)
        {
            var total = go.Groups["part"].Captures.Select(part => Part(part.Value)).Aggregate(TimeSpan.Zero, (sum, part) => sum + part);
            return text[0] == '-' ? -total : total;
        }

        return DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out _)
            ? TimeSpan.Zero
            : throw new FormatException($"'{text}' is no time span that the sidecar would write.");
    }

    private static void Append(StringBuilder text, int amount, char unit)
    {
        if (amount > 0)
        {
            text.Append(CultureInfo.InvariantCulture, $"{amount}{unit}");
        }
    }

    private static TimeSpan Part(string part)
    {
        var digits = part.AsSpan().LastIndexOfAnyInRange('0', '9') + 1;
        var amount = decimal.Parse(part.AsSpan(0, digits), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture);
        decimal ticks = part[digits..] switch
        {
            "h" => TimeSpan.TicksPerHour,
            "m" => TimeSpan.TicksPerMinute,
            "s" => TimeSpan.TicksPerSecond,
            "ms" => TimeSpan.TicksPerMillisecond,
            "ns" => TimeSpan.TicksPerMicrosecond / 1000m,
            _ => TimeSpan.TicksPerMicrosecond,
        };
        return TimeSpan.FromTicks((long)(amount * ticks));
    }

    [GeneratedRegex(@"^R\d+(/|$)")]
    private static partial Regex Repeats();

    [GeneratedRegex(@"^P(\d+)W$")]
    private static partial Regex Weeks();

    [GeneratedRegex(@"^[-+]?((?<part>\d+(\.\d+)?(h|ms|m|s|us|µs|ns))+|0)$")]
    private static partial Regex GoDuration();
}
