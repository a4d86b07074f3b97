using Dapr.Workflow;
using Dapr.Workflow.Protocol;

namespace DaprShop.Tests.Workflow;

public sealed class ReplayEventTests
{
    [Fact]
    public void Wait_WithoutTimeout_AsksForTheFarFutureTimerOfThatEvent()
    {
        var play = WorkflowPlay.Of<int, string>((context, _) => context.WaitForExternalEventAsync<string>("Paid"));

        play.Begin();

        var timer = Assert.Single(play.Last.Actions).CreateTimer;
        Assert.Equal("Paid", timer.ExternalEvent.Name);
        Assert.Equal(253402300799, timer.FireAt.Seconds);
        Assert.Equal(999999999, timer.FireAt.Nanos);
    }

    [Fact]
    public void Event_InAnotherCase_EndsTheWait()
    {
        var play = WorkflowPlay.Of<int, string>((context, _) => context.WaitForExternalEventAsync<string>("Paid"));

        play.Begin();
        play.Turn(Events.Raised("PAID", "yes"));

        Assert.Equal(["1 Completed \"yes\""], play.Requests);
    }

    [Fact]
    public void EarlyEvents_BeforeAnyWait_AreTakenInOrderWithoutATimer()
    {
        var play = WorkflowPlay.Of<int, string>(async (context, _) =>
        {
            await context.CallActivityAsync("A");
            var first = await context.WaitForExternalEventAsync<string>("e");
            var second = await context.WaitForExternalEventAsync<string>("e", TimeSpan.FromSeconds(5));
            return first + second;
        });

        play.Begin(Events.Raised("E", "1"));
        play.Turn(Events.Raised("e", "2"));
        play.Turn(Events.TaskCompleted(0, null));

        Assert.Equal(["1 Completed \"12\""], play.Requests);
    }

    [Fact]
    public void TwoWaits_OfTheSameName_AreServedOldestFirst()
    {
        var play = WorkflowPlay.Of<int, string[]>((context, _) => Task.WhenAll(
            context.WaitForExternalEventAsync<string>("e"), context.WaitForExternalEventAsync<string>("e")));

        play.Begin();
        play.Turn(Events.Raised("e", "first"));
        play.Turn(Events.Raised("e", "second"));

        Assert.Equal("""["first","second"]""", play.Result);
    }

    [Theory]
    [InlineData(true, "\"paid\"")]
    [InlineData(false, "\"late\"")]
    public void EventAgainstTimeout_WhicheverComesFirst_Wins(bool eventFirst, string expected)
    {
        var play = WorkflowPlay.Of<int, string>(async (context, _) =>
        {
            try
            {
                return await context.WaitForExternalEventAsync<string>("Paid", TimeSpan.FromMinutes(15));
            }
            catch (TaskCanceledException)
            {
                return "late";
            }
        });

        play.Begin();
        var timer = Assert.Single(play.Last.Actions).CreateTimer;
        Assert.Equal(play.Now.AddMinutes(15), timer.FireAt.ToDateTime());
        Assert.Equal("Paid", timer.ExternalEvent.Name);
        play.Turn(eventFirst
            ? [Events.Raised("Paid", "paid"), Events.TimerFired(0)]
            : [Events.TimerFired(0), Events.Raised("Paid", "paid")]);

        Assert.Equal(expected, play.Result);
    }

    [Theory]
    [InlineData(true, "\"event\"")]
    [InlineData(false, "\"timer\"")]
    public void EventAgainstTimer_ByWhenAny_WhicheverComesFirstWins(bool eventFirst, string expected)
    {
        var play = WorkflowPlay.Of<int, string>(async (context, _) =>
        {
            using var cancel = new CancellationTokenSource();
            var arrival = context.WaitForExternalEventAsync<string>("e", cancel.Token);
            var timer = context.CreateTimer(TimeSpan.FromMinutes(1), cancel.Token);
            var first = await Task.WhenAny(arrival, timer);
            cancel.Cancel();
            return first == arrival ? "event" : "timer";
        });

        play.Begin();
        Assert.Equal(["0 timer ExternalEvent", "1 timer CreateTimer"], play.Requests);
        play.Turn(eventFirst ? Events.Raised("e", "x") : Events.TimerFired(1));

        Assert.Equal(expected, play.Result);
    }

    [Fact]
    public void CancelledWait_LeavesTheEventToTheNextOne()
    {
        var play = WorkflowPlay.Of<int, string>(async (context, _) =>
        {
            using var cancel = new CancellationTokenSource();
            var abandoned = context.WaitForExternalEventAsync<string>("e", cancel.Token);
            await context.CallActivityAsync("A");
            cancel.Cancel();
            await Assert.ThrowsAsync<TaskCanceledException>(() => abandoned);
            return await context.WaitForExternalEventAsync<string>("e");
        });

        play.Begin();
        play.Turn(Events.TaskCompleted(0 + 1, null));
        play.Turn(Events.Raised("e", "x"));

        Assert.Equal("\"x\"", play.Result);
    }

    [Fact]
    public void ZeroTimeout_WithoutAnEvent_IsOverAtOnce()
    {
        var play = WorkflowPlay.Of<int, string>(async (context, _) =>
        {
            await Assert.ThrowsAsync<TaskCanceledException>(() => context.WaitForExternalEventAsync<string>("e", TimeSpan.Zero));
            return "over";
        });

        play.Begin();

        Assert.Equal(["0 Completed \"over\""], play.Requests);
    }

    [Fact]
    public void NegativeTimeout_WaitsForEver()
    {
        var play = WorkflowPlay.Of<int, string>((context, _) => context.WaitForExternalEventAsync<string>("e", TimeSpan.FromSeconds(-1)));

        play.Begin();

        Assert.Equal(253402300799, Assert.Single(play.Last.Actions).CreateTimer.FireAt.Seconds);
    }

    [Fact]
    public void Timer_ByDelayAndByTime_FiresAndReadsTheNewTime()
    {
        var play = WorkflowPlay.Of<int, double>(async (context, _) =>
        {
            var start = context.CurrentUtcDateTime;
            await context.CreateTimer(TimeSpan.FromSeconds(30));
            await context.CreateTimer(start.AddSeconds(90), CancellationToken.None);
            return (context.CurrentUtcDateTime - start).TotalSeconds;
        });

        play.RunToEnd(_ => null);

        Assert.Equal("90", play.Result);
    }

    [Fact]
    public void Timer_InLocalTime_IsRefused()
    {
        var play = WorkflowPlay.Of<int, int>(async (context, _) =>
        {
            await context.CreateTimer(new DateTime(2026, 1, 1, 0, 0, 0, DateTimeKind.Local), CancellationToken.None);
            return 0;
        });

        play.Begin();

        Assert.Equal("System.ArgumentException", play.Completion!.FailureDetails.ErrorType);
    }

    [Fact]
    public void Suspended_EventsAndResults_AreKeptUntilResumed()
    {
        var play = WorkflowPlay.Of<int, string>(async (context, _) =>
            await context.CallActivityAsync<string>("A") + await context.WaitForExternalEventAsync<string>("e"));

        play.Begin();
        play.Turn(Events.Suspended());
        Assert.Empty(play.Requests);
        play.Turn(Events.TaskCompleted(0, "a"));
        Assert.Empty(play.Requests);
        play.Turn(Events.Raised("e", "e"));
        Assert.Empty(play.Requests);
        play.Turn(Events.Resumed());

        Assert.Equal(["1 timer ExternalEvent", "2 Completed \"ae\""], play.Requests);
    }

    [Fact]
    public void Suspended_InTheTurnThatStarts_AsksOnlyAfterResuming()
    {
        var play = WorkflowPlay.Of<int, string>((context, _) => context.CallActivityAsync<string>("A"));

        play.Begin(Events.Suspended());
        Assert.Empty(play.Requests);
        play.Turn(Events.Raised("noise"));
        Assert.Empty(play.Requests);
        play.Turn(Events.Resumed());
        Assert.Equal(["0 activity A"], play.Requests);
        play.Turn(Events.TaskCompleted(0, "a"));

        Assert.Equal("\"a\"", play.Result);
    }

    [Fact]
    public void Terminated_WhileSuspended_EndsWithTheGivenOutput()
    {
        var play = WorkflowPlay.Of<int, string>((context, _) => context.CallActivityAsync<string>("A"));

        play.Begin();
        play.Turn(Events.Suspended());
        play.Turn(Events.Terminated("stopped"), Events.TaskCompleted(0, "a"));

        Assert.Equal(["1 Terminated \"stopped\""], play.Requests);
    }

    [Fact]
    public void Terminated_AfterTheCodeReturned_KeepsTheResult()
    {
        var play = WorkflowPlay.Of<int, string>((context, _) => context.CallActivityAsync<string>("A"));

        play.Begin();
        play.Turn(Events.TaskCompleted(0, "a"), Events.Terminated("stopped"));

        Assert.Equal(["1 Completed \"a\""], play.Requests);
    }

    [Fact]
    public void ContinueAsNew_WithEventsNobodyTook_CarriesThemOver()
    {
        var play = WorkflowPlay.Of<int, int>(async (context, round) =>
        {
            await context.WaitForExternalEventAsync<string>("go");
            context.ContinueAsNew(round + 1);
            return 0;
        }, input: 1);

        play.Begin(Events.Raised("other", "1"));
        play.Turn(Events.Raised("go"), Events.Raised("other", "2"));

        Assert.Equal(OrchestrationStatus.ContinuedAsNew, play.Completion!.WorkflowStatus);
        Assert.Equal("2", play.Completion.Result);
        Assert.Equal(["\"1\"", "\"2\""], play.Completion.CarryoverEvents.Select(carried => carried.EventRaised.Input));
    }

    [Fact]
    public void ContinueAsNew_WithoutKeepingEvents_DropsThem()
    {
        var play = WorkflowPlay.Of<int, int>((context, round) =>
        {
            context.ContinueAsNew(round + 1, preserveUnprocessedEvents: false);
            return Task.FromResult(0);
        }, input: 1);

        play.Begin(Events.Raised("other", "1"));

        Assert.Empty(play.Completion!.CarryoverEvents);
    }

    [Fact]
    public void SendEvent_IsRefusedWithTheWayAround()
    {
        var play = WorkflowPlay.Of<int, int>((context, _) =>
        {
            context.SendEvent("other", "e", 1);
            return Task.FromResult(0);
        });

        play.Begin();

        Assert.Equal("System.NotSupportedException", play.Completion!.FailureDetails.ErrorType);
        Assert.Contains("RaiseEventAsync", play.Completion.FailureDetails.ErrorMessage, StringComparison.Ordinal);
    }
}
