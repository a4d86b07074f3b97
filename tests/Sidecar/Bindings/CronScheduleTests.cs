using FsCheck;
using FsCheck.Fluent;
using Sidecar.Components.Bindings.Cron;

namespace DaprShop.Tests.Bindings;

public sealed class CronScheduleTests
{
    private static readonly TimeZoneInfo Utc = TimeZoneInfo.Utc;

    // Two o'clock becomes three on 29 March 2026, three becomes two on 25 October.
    private static readonly TimeZoneInfo Changing = TimeZoneInfo.CreateCustomTimeZone(
        "test", TimeSpan.FromHours(1), "test", "test", "summer",
        [
            TimeZoneInfo.AdjustmentRule.CreateAdjustmentRule(
                DateTime.MinValue.Date, DateTime.MaxValue.Date, TimeSpan.FromHours(1),
                TimeZoneInfo.TransitionTime.CreateFloatingDateRule(new DateTime(1, 1, 1, 2, 0, 0), 3, 5, DayOfWeek.Sunday),
                TimeZoneInfo.TransitionTime.CreateFloatingDateRule(new DateTime(1, 1, 1, 3, 0, 0), 10, 5, DayOfWeek.Sunday)),
        ]);

    [Theory]
    [InlineData("*/5 * * * *", "2026-01-02T03:04:05Z", "2026-01-02T03:05:00Z")]
    [InlineData("15 * * * * *", "2026-01-02T03:04:05Z", "2026-01-02T03:04:15Z")]
    [InlineData("15 * * * * *", "2026-01-02T03:04:15Z", "2026-01-02T03:05:15Z")]
    [InlineData("0 30 * * * *", "2026-01-02T03:30:00.5Z", "2026-01-02T04:30:00Z")]
    [InlineData("0 0 29 2 *", "2026-01-02T03:04:05Z", "2028-02-29T00:00:00Z")]
    [InlineData("0 9 * * MON-FRI", "2026-01-02T10:00:00Z", "2026-01-05T09:00:00Z")]
    [InlineData("0 0 13 * 5", "2026-01-02T10:00:00Z", "2026-01-09T00:00:00Z")]
    [InlineData("0 0 1 jan ?", "2026-01-02T10:00:00Z", "2027-01-01T00:00:00Z")]
    [InlineData("10-20/5 3 * * *", "2026-01-02T03:16:00Z", "2026-01-02T03:20:00Z")]
    [InlineData("50/5 * * * *", "2026-01-02T03:00:00Z", "2026-01-02T03:50:00Z")]
    [InlineData("@hourly", "2026-01-02T03:04:05Z", "2026-01-02T04:00:00Z")]
    [InlineData("@daily", "2026-01-02T03:04:05Z", "2026-01-03T00:00:00Z")]
    [InlineData("@weekly", "2026-01-02T03:04:05Z", "2026-01-04T00:00:00Z")]
    [InlineData("@monthly", "2026-01-02T03:04:05Z", "2026-02-01T00:00:00Z")]
    [InlineData("@yearly", "2026-01-02T03:04:05Z", "2027-01-01T00:00:00Z")]
    [InlineData("@every 5s", "2026-01-02T03:04:05.7Z", "2026-01-02T03:04:10Z")]
    [InlineData("@every 1m30s", "2026-01-02T03:04:05Z", "2026-01-02T03:05:35Z")]
    [InlineData("@every 10ms", "2026-01-02T03:04:05Z", "2026-01-02T03:04:06Z")]
    public void Next_AfterAnInstant_IsTheFirstTick(string schedule, string after, string expected)
    {
        var next = CronSchedule.Parse(schedule).Next(At(after), Utc);

        Assert.Equal(At(expected), next);
    }

    [Fact]
    public void Next_OfADayThatNeverComes_IsNone()
    {
        Assert.Null(CronSchedule.Parse("0 0 30 2 *").Next(At("2026-01-02T03:04:05Z"), Utc));
    }

    [Fact]
    public void Next_WhereTheClockSkipsAnHour_TakesTheNextDayThatHasIt()
    {
        var next = CronSchedule.Parse("30 2 * * *").Next(At("2026-03-29T00:00:00+01:00"), Changing);

        Assert.Equal(At("2026-03-30T02:30:00+02:00"), next);
    }

    [Fact]
    public void Next_WhereTheClockRepeatsAnHour_TicksInBoth()
    {
        var hourly = CronSchedule.Parse("30 * * * *");

        var first = hourly.Next(At("2026-10-25T02:00:00+02:00"), Changing)!.Value;
        var second = hourly.Next(first, Changing)!.Value;

        Assert.Equal(At("2026-10-25T02:30:00+02:00"), first);
        Assert.Equal(TimeSpan.FromHours(1), second - first);
    }

    [Theory]
    [InlineData("* * * *", "'* * * *' has 4 fields instead of 5 or 6")]
    [InlineData("60 * * * *", "'60' is not a minute")]
    [InlineData("* 24 * * *", "'24' is not a hour")]
    [InlineData("* * 0 * *", "'0' is not a day of month")]
    [InlineData("* * * 13 *", "'13' is not a month")]
    [InlineData("* * * * 7", "'7' is not a day of week")]
    [InlineData("5-1 * * * *", "'5-1' is not a minute")]
    [InlineData("*/0 * * * *", "'*/0' is not a minute")]
    [InlineData("a * * * *", "'a' is not a minute")]
    [InlineData("@often", "'@often' is not a known descriptor")]
    [InlineData("@every soon", "'@every soon' names no period such as 5s or 1m30s")]
    public void Parse_OfWhatIsNoSchedule_NamesTheField(string schedule, string expected)
    {
        Assert.Equal(expected, Assert.Throws<FormatException>(() => CronSchedule.Parse(schedule)).Message);
    }

    [Fact]
    public void Next_OfAnySchedule_LiesAheadMatchesTheFieldsAndSkipsNothing()
    {
        var cases =
            from minute in Gen.Choose(0, 59)
            from hour in Gen.Choose(0, 23)
            from step in Gen.Choose(1, 30)
            from offset in Gen.Choose(0, 3 * 365 * 24 * 3600)
            select (minute, hour, step, offset);

        Prop.ForAll(Arb.From(cases), given =>
        {
            var after = At("2026-01-01T00:00:00Z").AddSeconds(given.offset);
            var schedule = CronSchedule.Parse($"{given.minute} {given.hour} */{given.step} * *");

            var next = schedule.Next(after, Changing)!.Value;

            var earlier = schedule.Next(next.AddSeconds(-1), Changing);
            return next > after && next.Minute == given.minute && next.Hour == given.hour
                && (next.Day - 1) % given.step == 0 && earlier == next;
        }).QuickCheckThrowOnFailure();
    }

    private static DateTimeOffset At(string text) =>
        DateTimeOffset.Parse(text, System.Globalization.CultureInfo.InvariantCulture);
}
