using System.Text;
using Dapr.Actors;
using Dapr.Actors.Communication;
using Dapr.Actors.Runtime;
using DaprShop.Tests.Client;

namespace DaprShop.Tests.Actors;

public sealed class ScheduleTests
{
    [Theory]
    [InlineData("", -1)]
    [InlineData(null, -1)]
    [InlineData("0s", 0)]
    [InlineData("1h4m5s4ms", 3_845_004)]
    [InlineData("1.5s", 1500)]
    [InlineData("100us", 0.1)]
    [InlineData("2h", 7_200_000)]
    [InlineData("@every 10s", 10_000)]
    [InlineData("PT1M30S", 90_000)]
    [InlineData("P2W", 1_209_600_000)]
    [InlineData("R3/PT10S", 10_000)]
    [InlineData("R3", -1)]
    [InlineData("2030-01-01T00:00:00Z", 0)]
    public void Parse_WhatASidecarWrites_IsItsTime(string? text, double milliseconds) =>
        Assert.Equal(TimeSpan.FromMilliseconds(milliseconds), ScheduleTimes.Parse(text));

    [Theory]
    [InlineData("soon")]
    [InlineData("10")]
    [InlineData("Pxyz")]
    public void Parse_SomethingElse_IsAFormatException(string text) => Assert.Throws<FormatException>(() => ScheduleTimes.Parse(text));

    [Theory]
    [InlineData(90, 3, "R3/PT1M30S")]
    [InlineData(86_400, 1, "R1/P1D")]
    [InlineData(90_061, 2, "R2/P1DT1H1M1S")]
    [InlineData(0, 2, "R2/PT0S")]
    public void Format_WithRepetitions_IsIso(int seconds, int repetitions, string text) =>
        Assert.Equal(text, ScheduleTimes.Format(TimeSpan.FromSeconds(seconds), repetitions));

    [Fact]
    public void Format_FractionsWithRepetitions_AreRefused() =>
        Assert.Throws<ArgumentException>(() => ScheduleTimes.Format(TimeSpan.FromMilliseconds(10), 2));

    [Fact]
    public void Reminder_EveryMember_IsWritten()
    {
        var reminder = new ActorReminder("T", new ActorId("a"), "n", [1, 2], TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(60), 4, TimeSpan.FromHours(1));

        Assert.Equal(
            """{"dueTime":"0h0m5s0ms","period":"R4/PT1M","data":"AQI=","ttl":"1h0m0s0ms"}""", Encoding.UTF8.GetString(ScheduleBody.Write(reminder)));
    }

    [Fact]
    public void Timer_WithoutPeriodAndData_LeavesThemOut()
    {
        var timer = new ActorTimer("T", new ActorId("a"), "n", "Do", null!, TimeSpan.Zero, TimeSpan.FromMilliseconds(-1), TimeSpan.FromSeconds(1));

        Assert.Equal("""{"dueTime":"0h0m0s0ms","callback":"Do","ttl":"0h0m1s0ms"}""", Encoding.UTF8.GetString(ScheduleBody.Write(timer)));
    }

    [Fact]
    public void Times_OutOfRange_AreRefused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => Reminder(TimeSpan.FromSeconds(-1), TimeSpan.Zero));
        Assert.Throws<ArgumentOutOfRangeException>(() => Reminder(TimeSpan.Zero, TimeSpan.FromSeconds(-1)));
        Assert.Throws<ArgumentOutOfRangeException>(() => new ActorReminder("T", new ActorId("a"), "n", [], TimeSpan.Zero, TimeSpan.Zero, 0));
        Assert.Throws<ArgumentOutOfRangeException>(
            () => new ActorTimer("T", new ActorId("a"), "n", "Do", [], TimeSpan.Zero, TimeSpan.Zero, TimeSpan.FromSeconds(-1)));

        static ActorReminder Reminder(TimeSpan dueTime, TimeSpan period) => new("T", new ActorId("a"), "n", [], dueTime, period);
    }

    [Fact]
    public void Data_OfAnotherClient_IsHandedOverAsItStands()
    {
        var reminder = ScheduleBody.Read("""{"data":{"a":1},"dueTime":"1s","period":"R2/PT5S"}"""u8.ToArray());

        Assert.Equal("""{"a":1}""", Encoding.UTF8.GetString(reminder.Data));
        Assert.Equal((TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(5)), (reminder.DueTime, reminder.Period));
    }

    [Fact]
    public async Task Reminder_OfTheSidecar_IsRead()
    {
        await using var sidecar = await RecordingSidecar.AnsweringAsync(
            200, """{"actorID":"a","actorType":"T","data":"AQI=","dueTime":"5s","period":"@every 10s"}""");
        var timers = new SidecarTimers(new ActorSidecar(sidecar.Endpoint, ""));

        var found = await timers.GetReminderAsync(new ActorReminderToken("T", new ActorId("a"), "n"));

        Assert.Equal(("n", TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(10)), (found.Name, found.DueTime, found.Period));
        Assert.Equal([1, 2], found.State);
        Assert.Equal("GET /v1.0/actors/T/a/reminders/n", sidecar.Request.Line);
    }

    [Fact]
    public async Task Unregister_Both_AreDeletes()
    {
        await using var sidecar = await RecordingSidecar.AnsweringAsync(204);
        var timers = new SidecarTimers(new ActorSidecar(sidecar.Endpoint, ""));

        await timers.UnregisterReminderAsync(new ActorReminderToken("T", new ActorId("a"), "n"));
        await timers.UnregisterTimerAsync(new ActorTimerToken("T", new ActorId("a"), "n"));

        Assert.Equal(
            ["DELETE /v1.0/actors/T/a/reminders/n", "DELETE /v1.0/actors/T/a/timers/n"], sidecar.Requests.Select(request => request.Line));
    }
}
