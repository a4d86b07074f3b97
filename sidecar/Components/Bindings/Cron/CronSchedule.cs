using Sidecar.Configuration;

namespace Sidecar.Components.Bindings.Cron;

/// <summary>Five fields, or six with seconds first; evaluated on the wall clock of the given zone.</summary>
internal sealed record CronSchedule(
    CronField Second, CronField Minute, CronField Hour, CronField DayOfMonth, CronField Month, CronField DayOfWeek) : ICronSchedule
{
    private const int YearsToSearch = 5;

    /// <summary>Throws <see cref="FormatException"/> with the field that is wrong.</summary>
    public static ICronSchedule Parse(string text)
    {
        var line = text.Trim();
        if (line.StartsWith("@every ", StringComparison.Ordinal))
        {
            return GoDuration.TryParse(line["@every ".Length..].Trim(), out var period) && period > TimeSpan.Zero
                ? new EverySchedule(TimeSpan.FromSeconds(Math.Max(1, Math.Floor(period.TotalSeconds))))
                : throw new FormatException($"'{line}' names no period such as 5s or 1m30s");
        }

        var fields = (line switch
        {
            "@yearly" or "@annually" => "0 0 0 1 1 *",
            "@monthly" => "0 0 0 1 * *",
            "@weekly" => "0 0 0 * * 0",
            "@daily" or "@midnight" => "0 0 0 * * *",
            "@hourly" => "0 0 * * * *",
            ['@', ..] => throw new FormatException($"'{line}' is not a known descriptor"),
            _ => line,
        }).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        return fields.Length switch
        {
            5 => Parse(["0", .. fields]),
            6 => Parse(fields),
            _ => throw new FormatException($"'{line}' has {fields.Length} fields instead of 5 or 6"),
        };
    }

    public DateTimeOffset? Next(DateTimeOffset after, TimeZoneInfo zone)
    {
        var at = new DateTimeOffset(after.UtcTicks - (after.UtcTicks % TimeSpan.TicksPerSecond), TimeSpan.Zero).AddSeconds(1);
        var end = at.AddYears(YearsToSearch);
        while (at < end)
        {
            // Steps are made in absolute time, so that an hour that daylight saving repeats or leaves out is met as it comes.
            var local = TimeZoneInfo.ConvertTime(at, zone);
            if (!Month.Allows(local.Month))
            {
                at = StartOfDay(new DateTime(local.Year, local.Month, 1).AddMonths(1), zone);
            }
            else if (!AllowsDay(local))
            {
                at = StartOfDay(local.Date.AddDays(1), zone);
            }
            else if (!Hour.Allows(local.Hour))
            {
                at = at.AddSeconds(-((local.Minute * 60) + local.Second)).AddHours(1);
            }
            else if (!Minute.Allows(local.Minute))
            {
                at = at.AddSeconds(60 - local.Second);
            }
            else if (!Second.Allows(local.Second))
            {
                at = at.AddSeconds(1);
            }
            else
            {
                return local;
            }
        }

        return null;
    }

    private static CronSchedule Parse(string[] fields) => new(
        CronField.Seconds(fields[0]),
        CronField.Minutes(fields[1]),
        CronField.Hours(fields[2]),
        CronField.DaysOfMonth(fields[3]),
        CronField.MonthsOfYear(fields[4]),
        CronField.DaysOfWeek(fields[5]));

    // Both day fields given: either may match. One left open: the other decides.
    private bool AllowsDay(DateTimeOffset local)
    {
        var (byMonth, byWeek) = (DayOfMonth.Allows(local.Day), DayOfWeek.Allows((int)local.DayOfWeek));
        return DayOfMonth.IsStar || DayOfWeek.IsStar ? byMonth && byWeek : byMonth || byWeek;
    }

    // Some zones change at midnight: their day then starts at one o'clock.
    private static DateTimeOffset StartOfDay(DateTime date, TimeZoneInfo zone)
    {
        while (zone.IsInvalidTime(date))
        {
            date = date.AddMinutes(30);
        }

        return new DateTimeOffset(TimeZoneInfo.ConvertTimeToUtc(DateTime.SpecifyKind(date, DateTimeKind.Unspecified), zone));
    }
}
