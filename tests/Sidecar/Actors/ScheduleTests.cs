using Sidecar.Actors.Schedules;

namespace DaprShop.Tests.Actors;

public sealed class ScheduleTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    [Theory]
    [InlineData("PT10S", 0, 0, 0, 10, null)]
    [InlineData("P1Y2M3W4DT5H6M7S", 1, 2, 25, 18367, null)]
    [InlineData("R3/PT1M", 0, 0, 0, 60, 3)]
    [InlineData("R2", 0, 0, 0, 0, 2)]
    [InlineData("R0/PT1S", 0, 0, 0, 1, 0)]
    [InlineData("P1D", 0, 0, 1, 0, null)]
    public void IsoDuration_OfEachForm_IsRead(string text, int years, int months, int days, int seconds, int? repeats)
    {
        Assert.True(IsoDuration.TryParse(text, out var duration));

        Assert.Equal(new IsoDuration(years, months, days, TimeSpan.FromSeconds(seconds), repeats), duration);
    }

    [Theory]
    [InlineData("P")]
    [InlineData("R")]
    [InlineData("R/PT1S")]
    [InlineData("R3PT1S")]
    [InlineData("PT1D")]
    [InlineData("P1H")]
    [InlineData("PT1.5S")]
    [InlineData("PT9999999S")]
    [InlineData("10s")]
    [InlineData("")]
    public void IsoDuration_OfAnythingElse_IsNot(string text) => Assert.False(IsoDuration.TryParse(text, out _));

    [Theory]
    [InlineData("5s", "2026-01-02T03:04:10Z")]
    [InlineData("0h0m5s0ms", "2026-01-02T03:04:10Z")]
    [InlineData("PT1H", "2026-01-02T04:04:05Z")]
    [InlineData("P1M", "2026-02-02T03:04:05Z")]
    [InlineData("2026-01-02T05:00:00+01:00", "2026-01-02T04:00:00Z")]
    [InlineData("2026-01-02T03:04:05.25Z", "2026-01-02T03:04:05.25Z")]
    [InlineData("P999999Y", "9999-12-31T23:59:59.9999999Z")]
    [InlineData("R2/PT1H", null)]
    [InlineData("tomorrow", null)]
    [InlineData("2026-01-02", null)]
    [InlineData("2026-01-02T03:04:05", null)]
    public void Moment_OfEachForm_IsCounted(string text, string? expected) =>
        Assert.Equal(expected, Schedule.Moment(text, Now) is { } moment ? Schedule.Rfc3339(moment) : null);

    [Fact]
    public void Of_WithoutAnything_IsOneTickAtOnce()
    {
        var schedule = Schedule.Of(new ScheduleRequest(null, null, null), "timer", "t", Now);

        Assert.Equal(Now, schedule.Next);
        Assert.Null(schedule.AfterTick());
    }

    [Theory]
    [InlineData("R3/PT10S", 3)]
    [InlineData("R1/PT10S", 1)]
    [InlineData("R2", 1)]
    [InlineData("0s", 1)]
    public void AfterTick_WithRepetitions_StopsAfterThatMany(string period, int ticks)
    {
        var due = new List<DateTimeOffset>();
        for (var schedule = Schedule.Of(new ScheduleRequest("10s", period, null), "timer", "t", Now); schedule is not null; schedule = schedule.AfterTick())
        {
            due.Add(schedule.Next);
        }

        Assert.Equal(Enumerable.Range(1, ticks).Select(tick => Now.AddSeconds(10 * tick)), due);
    }

    [Fact]
    public void AfterTick_BeyondTheTtl_IsNone()
    {
        var schedule = Schedule.Of(new ScheduleRequest("10s", "10s", "15s"), "timer", "t", Now);

        Assert.Equal(Now.AddSeconds(25), schedule.Expires);
        Assert.Equal(Now.AddSeconds(20), schedule.AfterTick()!.Next);
        Assert.Null(schedule.AfterTick()!.AfterTick());
    }

    [Theory]
    [InlineData("10s", 0, 10)]
    [InlineData("10s", 9, 10)]
    [InlineData("10s", 10, 20)]
    [InlineData("10s", 95, 100)]
    [InlineData("P1D", 3 * 86400, 4 * 86400)]
    public void AfterTick_Late_KeepsTheGridAndSkipsWhatWentBy(string period, int lateSeconds, int nextSeconds)
    {
        var schedule = Schedule.Of(new ScheduleRequest(null, period, null), "timer", "t", Now);

        Assert.Equal(Now.AddSeconds(nextSeconds), schedule.AfterTick(Now.AddSeconds(lateSeconds))!.Next);
    }

    [Fact]
    public void Of_FirstAfterPeriod_TicksFirstWhenThePeriodIsOver()
    {
        var schedule = Schedule.Of(new ScheduleRequest("", "1m", null), "reminder", "r", Now, firstAfterPeriod: true);

        Assert.Equal(Now.AddMinutes(1), schedule.Next);
    }

    [Theory]
    [InlineData("soon", null, null, "error parsing timer due time: unsupported time/duration format: soon")]
    [InlineData("R2/PT1S", null, null, "error parsing timer due time: repetitions are not allowed")]
    [InlineData(null, "often", null, "invalid timer period: parse error: unsupported duration format: often")]
    [InlineData(null, "R0/PT1S", null, "invalid timer period: has zero repetitions")]
    [InlineData(null, null, "long", "error parsing timer TTL: unsupported time/duration format: long")]
    [InlineData("1s", null, "2026-01-02T03:04:05Z", "timer t has already expired: dueTime: 2026-01-02T03:04:06Z TTL: 2026-01-02T03:04:05Z")]
    public void Of_TimesThatAreNone_SaysWhich(string? dueTime, string? period, string? ttl, string message) =>
        Assert.Equal(message, Assert.Throws<FormatException>(() => Schedule.Of(new ScheduleRequest(dueTime, period, ttl), "timer", "t", Now)).Message);
}
