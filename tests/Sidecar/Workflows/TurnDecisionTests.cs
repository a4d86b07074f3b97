using Google.Protobuf.WellKnownTypes;
using Sidecar.Grpc.DurableTask;
using Sidecar.Workflows;

namespace DaprShop.Tests.Workflows;

public sealed class TurnDecisionTests
{
    private static readonly DateTimeOffset Now = new(2026, 5, 6, 7, 8, 9, TimeSpan.Zero);
    private static readonly HistoryEvent Started = HistoryEvents.WorkflowStarted(Now.AddSeconds(-1));

    [Fact]
    public void Complete_FirstTurn_RunsAndRecordsEventsBeforeActions()
    {
        var next = Complete(Pending(), 1, Actions.Call(0, "reserve", "in"), Actions.Timer(1, Now.AddMinutes(1)));

        Assert.Equal((OrchestrationStatus.Running, Started.Timestamp), (next.Status, next.StartedAt));
        Assert.Equal(
            [
                HistoryEvent.EventTypeOneofCase.WorkflowStarted,
                HistoryEvent.EventTypeOneofCase.ExecutionStarted,
                HistoryEvent.EventTypeOneofCase.TaskScheduled,
                HistoryEvent.EventTypeOneofCase.TimerCreated,
            ],
            next.Tail.Select(happened => happened.EventTypeCase));
        Assert.Equal([-1, -1, 0, 1], next.Tail.Select(happened => happened.EventId));
        Assert.Equal(("reserve", "in", "x0"), (next.Tail[2].TaskScheduled.Name, next.Tail[2].TaskScheduled.Input, next.Tail[2].TaskScheduled.TaskExecutionId));
        Assert.Equal("00-trace", next.Tail[2].TaskScheduled.ParentTraceContext.TraceParent);
        Assert.Equal(0, Assert.Single(next.Activities).TaskId);
        Assert.Equal((1, Now.AddMinutes(1).ToTimestamp()), (Assert.Single(next.Timers).TimerId, next.Timers[0].FireAt));
        Assert.Equal(TimerCreatedEvent.OriginOneofCase.CreateTimer, next.Tail[3].TimerCreated.OriginCase);
        Assert.Empty(next.Inbox);
    }

    [Fact]
    public void Complete_EventsArrivedMeanwhile_StayInTheInbox()
    {
        var current = InstanceCommands.Raise(Pending(), "late", "1", Now).Next!;

        var next = Complete(current, 1);

        Assert.Equal("late", Assert.Single(next.Inbox).EventRaised.Name);
        Assert.DoesNotContain(next.Tail, happened => happened.EventRaised is not null);
    }

    [Fact]
    public void Complete_WorkflowCompletes_ClearsWhatIsPending()
    {
        var current = InstanceCommands.Raise(InstanceCommandsTests.Running(), "unread", null, Now).Next!;
        current.Timers.Add(new PendingTimer { TimerId = 9, FireAt = Now.ToTimestamp() });

        var next = Complete(current, 0, Actions.Complete(5, "\"done\""));

        Assert.Equal((OrchestrationStatus.Completed, "\"done\"", Now.ToTimestamp()), (next.Status, next.Output, next.Completed));
        Assert.Equal((5, OrchestrationStatus.Completed), (next.Tail[^1].EventId, next.Tail[^1].ExecutionCompleted.WorkflowStatus));
        Assert.Empty(next.Inbox);
        Assert.Empty(next.Activities);
        Assert.Empty(next.Timers);
        Assert.Null(next.NextDue(Now));
    }

    [Fact]
    public void Complete_WorkflowFails_KeepsTheDetails()
    {
        var failure = new TaskFailureDetails { ErrorType = "System.Exception", ErrorMessage = "boom" };

        var next = Complete(Pending(), 1, Actions.Finish(0, OrchestrationStatus.Failed, failure: failure));

        Assert.Equal((OrchestrationStatus.Failed, failure), (next.Status, next.Failure));
    }

    [Fact]
    public void Complete_WorkerIgnoresTermination_EngineEnforcesIt()
    {
        var current = InstanceCommands.Terminate(InstanceCommandsTests.Running(), "\"stopped\"", false, Now).Next!;

        var next = Complete(current, 1, Actions.Call(7, "more"));

        Assert.Equal((OrchestrationStatus.Terminated, "\"stopped\""), (next.Status, next.Output));
        Assert.Empty(next.Activities);
    }

    [Fact]
    public void Complete_WorkerAnswersTerminated_OutputIsTheOneGiven()
    {
        var current = InstanceCommands.Terminate(InstanceCommandsTests.Running(), "\"stopped\"", false, Now).Next!;

        var next = Complete(current, 1, Actions.Finish(7, OrchestrationStatus.Terminated));

        Assert.Equal((OrchestrationStatus.Terminated, "\"stopped\"", 7), (next.Status, next.Output, next.Tail[^1].EventId));
    }

    [Fact]
    public void Complete_CustomStatus_StaysUntilReplaced()
    {
        var response = new WorkflowResponse { CustomStatus = "\"half\"" };
        var first = TurnDecision.Complete(Pending(), Started, 1, response, "shop", Now);

        var second = Complete(first, 0);

        Assert.Equal("\"half\"", second.CustomStatus);
    }

    [Fact]
    public void Complete_ActionsAfterCompletion_AreIgnored()
    {
        var next = Complete(Pending(), 1, Actions.Complete(0, null), Actions.Call(1, "late"));

        Assert.Empty(next.Activities);
        Assert.Equal(3, next.Tail.Count);
    }

    [Fact]
    public void Complete_SameActionTwice_IsOneActivity()
    {
        var next = Complete(Pending(), 1, Actions.Call(0, "once"), Actions.Call(0, "once"));

        Assert.Single(next.Activities);
        Assert.Single(next.Tail, happened => happened.TaskScheduled is not null);
    }

    public static TheoryData<string, string> Unsupported => new()
    {
        { nameof(WorkflowAction.CreateChildWorkflow), "another app ('billing')" },
        { nameof(WorkflowAction.SendEvent), "sending an event" },
        { nameof(WorkflowAction.TerminateWorkflow), "TerminateWorkflow" },
        { nameof(WorkflowAction.CreateDetachedWorkflow), "CreateDetachedWorkflow" },
        { nameof(WorkflowAction.CompleteWorkflow), "completing a workflow as Pending" },
        { nameof(WorkflowAction.ScheduleTask), "another app ('billing')" },
    };

    [Theory]
    [MemberData(nameof(Unsupported))]
    public void Complete_UnsupportedAction_FailsTheWorkflowAndSaysWhatIsMissing(string kind, string message)
    {
        var action = kind switch
        {
            nameof(WorkflowAction.CreateChildWorkflow) => new WorkflowAction
            {
                Id = 1,
                CreateChildWorkflow = new CreateChildWorkflowAction { Name = "x", Router = new TaskRouter { TargetAppID = "billing" } },
            },
            nameof(WorkflowAction.SendEvent) => new WorkflowAction { Id = 1, SendEvent = new SendEventAction() },
            nameof(WorkflowAction.TerminateWorkflow) => new WorkflowAction { Id = 1, TerminateWorkflow = new TerminateWorkflowAction() },
            nameof(WorkflowAction.CreateDetachedWorkflow) => new WorkflowAction { Id = 1, CreateDetachedWorkflow = new CreateDetachedWorkflowAction() },
            nameof(WorkflowAction.CompleteWorkflow) => Actions.Finish(1, OrchestrationStatus.Pending),
            _ => new WorkflowAction { Id = 1, ScheduleTask = new ScheduleTaskAction { Name = "x", Router = new TaskRouter { TargetAppID = "billing" } } },
        };

        var next = Complete(Pending(), 1, action);

        Assert.Equal((OrchestrationStatus.Failed, "Unsupported", true), (next.Status, next.Failure.ErrorType, next.Failure.IsNonRetriable));
        Assert.Contains(message, next.Failure.ErrorMessage, StringComparison.Ordinal);
    }

    [Fact]
    public void Complete_ActivityOfTheOwnApp_IsScheduled()
    {
        var action = new WorkflowAction { Id = 1, ScheduleTask = new ScheduleTaskAction { Name = "x", Router = new TaskRouter { TargetAppID = "shop" } } };

        Assert.Single(Complete(Pending(), 1, action).Activities);
    }

    [Fact]
    public void Complete_NeverChangesTheDocumentItIsGiven()
    {
        var current = Pending();
        var before = current.Clone();

        Complete(current, 1, Actions.Call(0, "a"), Actions.Complete(1, "x"));

        Assert.Equal(before, current);
    }

    [Fact]
    public void Complete_WorkerTookPatches_RecordsThemWithTheTurn()
    {
        var response = new WorkflowResponse { Version = new WorkflowVersion { Patches = { "ask-first" } } };

        var next = TurnDecision.Complete(Pending(), Started, 1, response, "shop", Now);

        Assert.Equal(["ask-first"], next.Tail[0].WorkflowStarted.Version.Patches);
        Assert.Null(Started.WorkflowStarted.Version);
    }

    private static InstanceDocument Complete(InstanceDocument current, int taken, params WorkflowAction[] actions)
    {
        var response = new WorkflowResponse();
        response.Actions.AddRange(actions);
        return TurnDecision.Complete(current, Started, taken, response, "shop", Now);
    }

    private static InstanceDocument Pending() =>
        InstanceCommands.Start(null, new StartCommand("o1", "e1", "saga") { ParentTrace = new TraceContext { TraceParent = "00-trace" } }, Now).Next!;
}
