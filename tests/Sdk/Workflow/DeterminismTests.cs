using Dapr.Workflow;
using Dapr.Workflow.Protocol;
using Dapr.Workflow.Replay;

namespace DaprShop.Tests.Workflow;

/// <summary>Every way that code and history can part, and what is said about it.</summary>
public sealed class DeterminismTests
{
    [Fact]
    public void OtherActivity_ThanRecorded_FailsNamingBoth()
    {
        var outcome = ReplayChanged(
            recorded: async context =>
            {
                await context.CallActivityAsync("Reserve");
                await context.CallActivityAsync("Charge");
            },
            changed: async context =>
            {
                await context.CallActivityAsync("Charge");
                await context.CallActivityAsync("Reserve");
            });

        AssertViolation(
            outcome, "event 3 of the history records activity 'Reserve' (#0), but the code asked for activity 'Charge' (#0) at that place");
        Assert.Contains("context.IsPatched", outcome.Violation, StringComparison.Ordinal);
    }

    [Fact]
    public void OtherKind_ThanRecorded_Fails()
    {
        var outcome = ReplayChanged(
            recorded: context => context.CallActivityAsync("Reserve"),
            changed: context => context.CreateTimer(TimeSpan.FromSeconds(1)));

        AssertViolation(outcome, "records activity 'Reserve' (#0), but the code asked for a timer (#0)");
    }

    [Fact]
    public void TimerOfAnotherOrigin_ThanRecorded_Fails()
    {
        var outcome = ReplayChanged(
            recorded: context => context.WaitForExternalEventAsync<string>("Paid"),
            changed: context => context.CreateTimer(TimeSpan.FromSeconds(1)),
            Events.TimerFired(0));

        AssertViolation(outcome, "records timeout timer of event 'Paid' (#0), but the code asked for a timer (#0)");
    }

    [Fact]
    public void Call_NoLongerMade_Fails()
    {
        var outcome = ReplayChanged(
            recorded: context => Task.WhenAll(context.CallActivityAsync("A"), context.CallActivityAsync("B")),
            changed: context => context.CallActivityAsync("A"));

        AssertViolation(outcome, "event 4 of the history records activity 'B' (#1), but the code did not ask for it by then");
    }

    [Fact]
    public void Call_AddedBeforeWhatIsRecorded_Fails()
    {
        var outcome = ReplayChanged(
            recorded: context => context.CallActivityAsync("A"),
            changed: context => Task.WhenAll(context.CallActivityAsync("A"), context.CallActivityAsync("B")));

        AssertViolation(outcome, "before event 4 of the history the code asked for activity 'B' (#1), which the history does not record");
    }

    [Fact]
    public void Code_ThatReturnsWhereTheRecordedRunWentOn_Fails()
    {
        var outcome = ReplayChanged(
            recorded: async context =>
            {
                await context.CallActivityAsync("A");
                await context.CallActivityAsync("B");
            },
            changed: context =>
            {
                _ = context.CallActivityAsync("A");
                return Task.CompletedTask;
            });

        AssertViolation(outcome, "the code returned before event 4 of the history");
    }

    [Fact]
    public void Outcome_OfACallNeverMade_Fails()
    {
        var play = WorkflowPlay.Of<int, int>(async (context, _) =>
        {
            await context.WaitForExternalEventAsync<string>("e");
            return 0;
        });

        play.Begin();
        play.Turn(Events.TaskCompleted(5, "x"));

        AssertViolation(play.Last, "event 5 of the history is the result of call #5");
    }

    [Fact]
    public void ForeignTask_AwaitedAlone_IsSeenAtTheEndOfTheTurn()
    {
        var never = new TaskCompletionSource();

        var outcome = RunOnce(async context =>
        {
            await context.CallActivityAsync("A");
            await never.Task;
        });

        AssertViolation(outcome, "neither finished nor waiting");
    }

    [Fact]
    public async Task ForeignTask_BesideAnEvent_IsSeenWhenItComesBackAfterTheTurn()
    {
        var foreign = new TaskCompletionSource();
        var play = WorkflowPlay.Of<int, int>(async (context, _) =>
        {
            await Task.WhenAny(foreign.Task, context.WaitForExternalEventAsync<string>("e"));
            return 0;
        });

        play.Begin();
        Assert.Null(play.Last.Violation);
        await Task.Run(foreign.SetResult);

        Assert.Contains("came back from another thread", Assert.Single(play.LateReports), StringComparison.Ordinal);
    }

    [Fact]
    public void ForeignTask_ThatComesBackWithinTheTurn_IsSeenAtOnce()
    {
        var outcome = RunOnce(async context =>
        {
            var foreign = new TaskCompletionSource();
            var awaiting = AwaitAsync(foreign.Task);
            var thread = new Thread(foreign.SetResult);
            thread.Start();
            thread.Join();
            await context.CallActivityAsync("A");
            await awaiting;
        }, answer: false);

        AssertViolation(outcome, "came back from another thread");

        static async Task AwaitAsync(Task task) => await task;
    }

    [Fact]
    public void ConfigureAwaitFalse_OnAWorkflowTask_Fails()
    {
        var outcome = RunOnce(async context =>
        {
            await context.CallActivityAsync("A").ConfigureAwait(false);
            await context.CallActivityAsync("B");
        });

        Assert.NotNull(outcome.Violation);
        Assert.Contains("ConfigureAwait(false)", outcome.Violation, StringComparison.Ordinal);
    }

    [Fact]
    public void AsyncVoid_Fails()
    {
        var outcome = RunOnce(context =>
        {
            Fire(context);
            return context.CallActivityAsync("A");

#pragma warning disable VSTHRD100, CA2007
            static async void Fire(WorkflowContext context) => await context.CallActivityAsync("B");
#pragma warning restore VSTHRD100, CA2007
        });

        AssertViolation(outcome, "async void");
    }

    [Fact]
    public void Context_UsedFromAnotherThread_FailsEvenIfTheCodeCatchesIt()
    {
        var outcome = RunOnce(async context =>
        {
            var thread = new Thread(() =>
            {
                try
                {
                    context.SetCustomStatus("from outside");
                }
                catch (NonDeterministicWorkflowException)
                {
                    // What user code may do: the violation must survive it.
                }
            });
            thread.Start();
            thread.Join();
            await context.CallActivityAsync("A");
        });

        AssertViolation(outcome, "WorkflowContext.SetCustomStatus was called outside the workflow's turn");
    }

    [Fact]
    public void Context_UsedAfterTheTurn_IsReported()
    {
        WorkflowContext? kept = null;
        var play = WorkflowPlay.Of<int, int>(async (context, _) =>
        {
            kept = context;
            await context.CallActivityAsync("A");
            return 0;
        });
        play.Begin();

        Assert.Throws<NonDeterministicWorkflowException>(() => kept!.NewGuid());

        Assert.Contains("WorkflowContext.NewGuid was called outside", Assert.Single(play.LateReports), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Token_CancelledByTheMachinesClock_IsReported()
    {
        using var cancel = new CancellationTokenSource();
        var play = WorkflowPlay.Of<int, int>(async (context, _) =>
        {
            await context.CreateTimer(TimeSpan.FromHours(1), cancel.Token);
            return 0;
        });
        play.Begin();

        await Task.Run(cancel.Cancel);

        Assert.Contains("cancelled from outside", Assert.Single(play.LateReports), StringComparison.Ordinal);
    }

    [Fact]
    public void HistoryWithoutAStart_Fails()
    {
        var play = WorkflowPlay.Of<int, int>((_, _) => Task.FromResult(0));

        play.Turn(Events.Raised("e"));

        AssertViolation(play.Last, "does not say how the execution started");
    }

    [Fact]
    public void SentEvent_InTheHistory_Fails()
    {
        var play = WorkflowPlay.Of<int, int>((_, _) => Task.FromResult(0));

        play.Begin(new HistoryEvent { EventId = 0, EventSent = new EventSentEvent() });

        AssertViolation(play.Last, "another SDK wrote this history");
    }

    [Fact]
    public void RenamedOnlyInCase_OrTimerWithoutOrigin_StillMatches()
    {
        var play = WorkflowPlay.Of<int, int>(async (context, _) =>
        {
            await context.CallActivityAsync("reserve");
            await context.WaitForExternalEventAsync<string>("e", TimeSpan.FromSeconds(1));
            return 3;
        });
        play.Begin();
        play.Turn(Events.TaskCompleted(0, null));
        play.History.Single(recorded => recorded.TaskScheduled is not null).TaskScheduled.Name = "RESERVE";
        play.History.Single(recorded => recorded.TimerCreated is not null).TimerCreated.ClearOrigin();

        play.Turn(Events.Raised("e"));

        Assert.Equal("3", play.Result);
    }

    [Fact]
    public void Patch_MetAfterTheOldCodeRan_KeepsTheOldPathForThatInstanceOnly()
    {
        static async Task<string> Changed(WorkflowContext context)
        {
            var path = context.IsPatched("ask-first") ? await context.CallActivityAsync<string>("Ask") : "old";
            return path + await context.CallActivityAsync<string>("Do");
        }

        var running = new SwitchableWorkflow(context => context.CallActivityAsync<string>("Do"));
        var old = new WorkflowPlay(running);
        old.Begin();
        running.Code = Changed;
        old.Turn(Events.TaskCompleted(0, "done"));
        var fresh = new WorkflowPlay(new SwitchableWorkflow(Changed));
        fresh.Begin();
        Assert.Equal(["ask-first"], fresh.Last.Patches);
        fresh.Turn(Events.TaskCompleted(0, "asked"));
        Assert.Empty(fresh.Last.Patches);
        fresh.Turn(Events.TaskCompleted(1, "done"));

        Assert.Equal("\"olddone\"", old.Result);
        Assert.Equal("\"askeddone\"", fresh.Result);
    }

    private static TurnOutcome ReplayChanged(
        Func<WorkflowContext, Task> recorded, Func<WorkflowContext, Task> changed, HistoryEvent? next = null)
    {
        var workflow = new SwitchableWorkflow(async context =>
        {
            await recorded(context);
            return string.Empty;
        });
        var play = new WorkflowPlay(workflow);
        play.Begin();
        Assert.Null(play.Last.Violation);
        workflow.Code = async context =>
        {
            await changed(context);
            return string.Empty;
        };
        return play.Turn(next ?? Events.TaskCompleted(0, null));
    }

    private static TurnOutcome RunOnce(Func<WorkflowContext, Task> code, bool answer = true)
    {
        var play = WorkflowPlay.Of<int, int>(async (context, _) =>
        {
            await code(context);
            return 0;
        });
        play.Begin();
        return answer && play.Last.Violation is null ? play.Turn(Events.TaskCompleted(0, null)) : play.Last;
    }

    private static void AssertViolation(TurnOutcome outcome, string part)
    {
        Assert.Contains(part, outcome.Violation ?? "(none)", StringComparison.Ordinal);
        var completion = Assert.Single(outcome.Actions).CompleteWorkflow;
        Assert.Equal(OrchestrationStatus.Failed, completion.WorkflowStatus);
        Assert.Equal(outcome.Violation, completion.FailureDetails.ErrorMessage);
        Assert.True(completion.FailureDetails.IsNonRetriable);
    }

    private sealed class SwitchableWorkflow(Func<WorkflowContext, Task<string>> code) : Workflow<int, string>
    {
        public Func<WorkflowContext, Task<string>> Code { get; set; } = code;

        public override Task<string> RunAsync(WorkflowContext context, int input) => Code(context);
    }
}
