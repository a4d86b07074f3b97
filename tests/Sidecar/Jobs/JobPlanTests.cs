using System.Globalization;
using Sidecar.Jobs;

namespace DaprShop.Tests.Jobs;

public sealed class JobPlanTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    [Theory]
    [InlineData("@every 10s", null, "03:04:15")]
    [InlineData("@every 250ms", null, "03:04:05.25")]
    [InlineData("0 30 * * * *", null, "03:30:00")]
    [InlineData("@hourly", null, "04:00:00")]
    [InlineData(null, "1m30s", "03:05:35")]
    [InlineData(null, "PT1M", "03:05:05")]
    [InlineData(null, "2026-01-02T05:00:00+01:00", "04:00:00")]
    [InlineData("@every 10s", "3s", "03:04:08")]
    public void Of_Times_RunsFirstAtTheDueTimeOrTheSchedulesNext(string? schedule, string? dueTime, string expected)
    {
        var plan = JobPlan.Of(new JobTimes(schedule, dueTime, null, null), Now, TimeZoneInfo.Utc);

        Assert.Equal(DateTimeOffset.Parse($"2026-01-02T{expected}Z", CultureInfo.InvariantCulture), plan.Next);
    }

    [Theory]
    [InlineData("sometimes", null, null, null)]
    [InlineData("* * * * *", null, null, null)]
    [InlineData("0 0 25 * * *", null, null, null)]
    [InlineData("0 0 0 31 2 *", null, null, null)]
    [InlineData("@every", null, null, null)]
    [InlineData("@every 0s", null, null, null)]
    [InlineData("@every -1s", null, null, null)]
    [InlineData("@fortnightly", null, null, null)]
    [InlineData("", "soon", null, null)]
    [InlineData("", "R3/PT1S", null, null)]
    [InlineData("@every 1s", null, 0u, null)]
    [InlineData("@every 10s", null, null, "5s")]
    [InlineData("@every 10s", null, null, "for ever")]
    public void Of_WhatIsNoTime_IsRefused(string? schedule, string? dueTime, uint? repeats, string? ttl)
    {
        Assert.Throws<FormatException>(() => JobPlan.Of(new JobTimes(schedule, dueTime, repeats, ttl), Now, TimeZoneInfo.Utc));
    }

    [Fact]
    public void After_ARepeatedJob_EndsWithItsLastRepetition()
    {
        var times = new JobTimes("@every 10s", null, 2, null);
        var first = JobPlan.Of(times, Now, TimeZoneInfo.Utc);

        var second = first.After(times, first.Next, TimeZoneInfo.Utc);

        Assert.Equal((Now.AddSeconds(20), 1u), (second!.Next, second.Left));
        Assert.Null(second.After(times, second.Next, TimeZoneInfo.Utc));
    }

    [Fact]
    public void After_RunsThatWentByUnseen_GoesOnAtTheNextOfTheGrid()
    {
        var times = new JobTimes("@every 10s", null, null, null);

        var next = JobPlan.Of(times, Now, TimeZoneInfo.Utc).After(times, Now.AddSeconds(47), TimeZoneInfo.Utc);

        Assert.Equal(Now.AddSeconds(50), next!.Next);
    }

    [Fact]
    public void After_AJobWithoutASchedule_IsNothing()
    {
        var times = new JobTimes(null, "1s", null, null);

        Assert.Null(JobPlan.Of(times, Now, TimeZoneInfo.Utc).After(times, Now.AddSeconds(1), TimeZoneInfo.Utc));
    }

    [Fact]
    public void After_TheTtl_IsNothing()
    {
        var times = new JobTimes("@every 10s", null, null, "15s");

        Assert.Null(JobPlan.Of(times, Now, TimeZoneInfo.Utc).After(times, Now.AddSeconds(10), TimeZoneInfo.Utc));
    }
}
