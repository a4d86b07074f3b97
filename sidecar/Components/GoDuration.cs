using System.Buffers;
using System.Globalization;

namespace Sidecar.Components;

/// <summary>Durations as component metadata writes them: Go's text ("1m30s", "250ms") or a bare number.</summary>
internal static class GoDuration
{
    private static readonly SearchValues<char> NumberCharacters = SearchValues.Create("0123456789.");

    // Longest suffix first, so that "ms" is not read as minutes.
    private static readonly (string Suffix, double Milliseconds)[] Units =
    [
        ("ns", 1e-6), ("us", 1e-3), ("µs", 1e-3), ("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000),
    ];

    /// <param name="bareUnit">What a number without a unit counts; components differ (seconds, or milliseconds with Redis).</param>
    public static bool TryParse(string text, TimeSpan bareUnit, out TimeSpan duration)
    {
        duration = TimeSpan.Zero;
        var rest = text.AsSpan().Trim();
        if (double.TryParse(rest, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var bare))
        {
            return TryConvert(bare * bareUnit.TotalMilliseconds, out duration);
        }

        var negative = rest.StartsWith("-");
        rest = rest.TrimStart("+-");
        if (rest.IsEmpty)
        {
            return false;
        }

        var total = 0d;
        while (!rest.IsEmpty)
        {
            var digits = rest.IndexOfAnyExcept(NumberCharacters);
            if (digits <= 0
                || !double.TryParse(rest[..digits], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)
                || !TryTakeUnit(rest[digits..], out var unit, out var length))
            {
                return false;
            }

            total += number * unit;
            rest = rest[(digits + length)..];
        }

        return TryConvert(negative ? -total : total, out duration);
    }

    private static bool TryTakeUnit(ReadOnlySpan<char> text, out double milliseconds, out int length)
    {
        foreach (var (suffix, value) in Units)
        {
            if (text.StartsWith(suffix, StringComparison.Ordinal))
            {
                (milliseconds, length) = (value, suffix.Length);
                return true;
            }
        }

        (milliseconds, length) = (0, 0);
        return false;
    }

    private static bool TryConvert(double milliseconds, out TimeSpan duration)
    {
        var fits = Math.Abs(milliseconds) < TimeSpan.MaxValue.TotalMilliseconds;
        duration = fits ? TimeSpan.FromTicks((long)(milliseconds * TimeSpan.TicksPerMillisecond)) : TimeSpan.Zero;
        return fits;
    }
}
