using System.Globalization;
using System.Text.RegularExpressions;

namespace Sidecar.Actors.Schedules;

/// <summary>An ISO 8601 duration with an optional number of repetitions, such as <c>PT10S</c>, <c>P1DT2H</c>, <c>R3/PT10S</c> or a bare <c>R3</c>.</summary>
/// <param name="Repeats">Null: without end.</param>
internal readonly partial record struct IsoDuration(int Years, int Months, int Days, TimeSpan Time, int? Repeats)
{
    public bool IsCalendar => Years != 0 || Months != 0 || Days != 0;

    public bool IsEmpty => !IsCalendar && Time == TimeSpan.Zero;

    public static bool TryParse(string text, out IsoDuration duration)
    {
        duration = default;
        var match = Form().Match(text);
        if (!match.Success || text.Length < 2)
        {
            return false;
        }

        if (!TryNumber(match.Groups["repeats"], out var repeats)
            || !TryNumber(match.Groups["years"], out var years)
            || !TryNumber(match.Groups["months"], out var months)
            || !TryNumber(match.Groups["weeks"], out var weeks)
            || !TryNumber(match.Groups["days"], out var days)
            || !TryNumber(match.Groups["hours"], out var hours)
            || !TryNumber(match.Groups["minutes"], out var minutes)
            || !TryNumber(match.Groups["seconds"], out var seconds))
        {
            return false;
        }

        var time = new TimeSpan(0, hours, minutes, seconds);
        duration = new IsoDuration(years, months, days + (weeks * 7), time, match.Groups["repeats"].Success ? repeats : null);
        return true;
    }

    /// <summary>Null where the calendar decides how long it is.</summary>
    public TimeSpan? AsTime() => Years == 0 && Months == 0 ? TimeSpan.FromDays(Days) + Time : null;

    /// <summary>The end of time for what lies behind it.</summary>
    public DateTimeOffset After(DateTimeOffset start)
    {
        try
        {
            return start.AddYears(Years).AddMonths(Months).AddDays(Days) + Time;
        }
        catch (ArgumentOutOfRangeException)
        {
            return DateTimeOffset.MaxValue;
        }
    }

    // Six digits are 114 years in hours; more would overflow, and no schedule means it.
    private static bool TryNumber(Group group, out int number)
    {
        number = 0;
        return !group.Success || (group.Length <= 6 && int.TryParse(group.ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out number));
    }

    [GeneratedRegex(
        @"^(?:R(?<repeats>\d+)(?:/(?=P)|/?$))?(?:P(?:(?<years>\d+)Y)?(?:(?<months>\d+)M)?(?:(?<weeks>\d+)W)?(?:(?<days>\d+)D)?"
        + @"(?:T(?:(?<hours>\d+)H)?(?:(?<minutes>\d+)M)?(?:(?<seconds>\d+)S)?)?)?$",
        RegexOptions.CultureInvariant)]
    private static partial Regex Form();
}
