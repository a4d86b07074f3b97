using Google.Protobuf.WellKnownTypes;
using Sidecar.Grpc.DurableTask;
using Sidecar.Workflows;

namespace DaprShop.Tests.Workflows;

public sealed class InstanceCommandsTests
{
    private static readonly DateTimeOffset Now = new(2026, 5, 6, 7, 8, 9, TimeSpan.Zero);

    [Fact]
    public void Start_NoInstance_IsPendingWithItsStartInTheInbox()
    {
        var trace = new TraceContext { TraceParent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01" };
        var command = new StartCommand("o1", "e1", "saga") { Input = "{}", Version = "2", ParentTrace = trace, Tags = new Dictionary<string, string> { ["k"] = "v" } };

        var next = InstanceCommands.Start(null, command, Now).Next!;

        Assert.Equal(("o1", "e1", OrchestrationStatus.Pending), (next.InstanceId, next.ExecutionId, next.Status));
        var started = Assert.Single(next.Inbox);
        Assert.Equal((-1, Now.ToTimestamp()), (started.EventId, started.Timestamp));
        Assert.Equal(("saga", "2", "{}"), (started.ExecutionStarted.Name, started.ExecutionStarted.Version, started.ExecutionStarted.Input));
        Assert.Equal(("o1", "e1"), (started.ExecutionStarted.WorkflowInstance.InstanceId, started.ExecutionStarted.WorkflowInstance.ExecutionId));
        Assert.Equal(trace, started.ExecutionStarted.ParentTraceContext);
        Assert.Equal("v", started.ExecutionStarted.Tags["k"]);
        Assert.Empty(next.Tail);
    }

    [Fact]
    public void Start_ActiveInstance_IsRefused()
    {
        var verdict = InstanceCommands.Start(Running(), new StartCommand("o1", "e2", "saga"), Now);

        Assert.Null(verdict.Next);
        Assert.Equal(WorkflowFault.AlreadyExists, verdict.Refusal!.Fault);
        Assert.Equal("an active workflow with ID 'o1' already exists", verdict.Refusal.Message);
    }

    [Fact]
    public void Start_FinishedInstance_StartsAnewAndRemembersThePagesToDelete()
    {
        var finished = Running();
        finished.Status = OrchestrationStatus.Completed;
        finished.Pages = 3;
        finished.Output = "old";

        var next = InstanceCommands.Start(finished, new StartCommand("o1", "e2", "saga"), Now).Next!;

        Assert.Equal(("e2", OrchestrationStatus.Pending, 0, null), (next.ExecutionId, next.Status, next.Pages, next.Output));
        Assert.Equal(new RetiredExecution { ExecutionId = "e1", Pages = 3 }, Assert.Single(next.Retired));
    }

    [Fact]
    public void Start_FinishedInstanceButUniqueIdEnforced_IsRefused()
    {
        var finished = Running();
        finished.Status = OrchestrationStatus.Failed;

        var verdict = InstanceCommands.Start(finished, new StartCommand("o1", "e2", "saga") { EnforceUniqueId = true }, Now);

        Assert.Equal(WorkflowFault.AlreadyExists, verdict.Refusal!.Fault);
    }

    [Fact]
    public void Raise_RunningInstance_AppendsInOrderOfArrival()
    {
        var first = InstanceCommands.Raise(Running(), "paid", "1", Now).Next;
        var second = InstanceCommands.Raise(first, "paid", null, Now).Next!;

        Assert.Equal(["1", null], second.Inbox.Select(happened => happened.EventRaised.Input));
        Assert.All(second.Inbox, happened => Assert.Equal((-1, "paid"), (happened.EventId, happened.EventRaised.Name)));
    }

    [Theory]
    [InlineData("Completed")]
    [InlineData("Failed")]
    [InlineData("Terminated")]
    public void Raise_FinishedInstance_IsRefused(string status)
    {
        var finished = Running();
        finished.Status = System.Enum.Parse<OrchestrationStatus>(status);

        var verdict = InstanceCommands.Raise(finished, "paid", null, Now);

        Assert.Equal((WorkflowFault.WrongState, null), (verdict.Refusal!.Fault, verdict.Next));
    }

    [Fact]
    public void Commands_UnknownOrPurgedInstance_AreRefusedAsNotFound()
    {
        var purged = Running();
        purged.Purged = true;

        foreach (var current in (InstanceDocument?[])[null, purged])
        {
            Assert.Equal(WorkflowFault.NotFound, InstanceCommands.Raise(current, "e", null, Now).Refusal!.Fault);
            Assert.Equal(WorkflowFault.NotFound, InstanceCommands.Terminate(current, null, false, Now).Refusal!.Fault);
            Assert.Equal("no such instance exists", InstanceCommands.Purge(current, force: true).Refusal!.Message);
        }
    }

    [Fact]
    public void Terminate_FinishedInstance_ChangesNothing()
    {
        var finished = Running();
        finished.Status = OrchestrationStatus.Completed;

        Assert.Equal(Verdict.Unchanged, InstanceCommands.Terminate(finished, "x", true, Now));
    }

    [Fact]
    public void Purge_RunningInstance_IsRefusedUnlessForced()
    {
        Assert.Equal("orchestration has not yet completed", InstanceCommands.Purge(Running(), force: false).Refusal!.Message);
        Assert.True(InstanceCommands.Purge(Running(), force: true).Next!.Purged);
    }

    [Fact]
    public void FinishActivity_PendingOne_MovesItsResultToTheInbox()
    {
        var next = InstanceCommands.FinishActivity(Running(), "e1", new ActivityResponse { TaskId = 4, Result = "42" }, Now).Next!;

        Assert.Empty(next.Activities);
        var completed = Assert.Single(next.Inbox);
        Assert.Equal((-1, 4, "42", "x4"), (completed.EventId, completed.TaskCompleted.TaskScheduledId, completed.TaskCompleted.Result, completed.TaskCompleted.TaskExecutionId));
    }

    [Fact]
    public void FinishActivity_WithFailure_IsTaskFailedWithItsDetails()
    {
        var failure = new TaskFailureDetails { ErrorType = "T", ErrorMessage = "m" };

        var next = InstanceCommands.FinishActivity(Running(), "e1", new ActivityResponse { TaskId = 4, FailureDetails = failure }, Now).Next!;

        Assert.Equal((4, failure), (next.Inbox.Single().TaskFailed.TaskScheduledId, next.Inbox.Single().TaskFailed.FailureDetails));
    }

    [Fact]
    public void FinishActivity_SecondResultOrEarlierExecution_IsDropped()
    {
        var response = new ActivityResponse { TaskId = 4 };
        var once = InstanceCommands.FinishActivity(Running(), "e1", response, Now).Next;

        Assert.Equal(Verdict.Unchanged, InstanceCommands.FinishActivity(once, "e1", response, Now));
        Assert.Equal(Verdict.Unchanged, InstanceCommands.FinishActivity(Running(), "e0", response, Now));
        Assert.Equal(Verdict.Unchanged, InstanceCommands.FinishActivity(null, "e1", response, Now));
    }

    [Fact]
    public void FireTimers_SeveralDue_FireOnceEarliestFirst()
    {
        var current = Running();
        current.Timers.Add(new PendingTimer { TimerId = 1, FireAt = Now.AddSeconds(-1).ToTimestamp() });
        current.Timers.Add(new PendingTimer { TimerId = 2, FireAt = Now.AddSeconds(-2).ToTimestamp() });
        current.Timers.Add(new PendingTimer { TimerId = 3, FireAt = Now.AddMilliseconds(1).ToTimestamp() });

        var next = InstanceCommands.FireTimers(current, Now).Next!;

        Assert.Equal([2, 1], next.Inbox.Select(happened => happened.TimerFired.TimerId));
        Assert.Equal(3, Assert.Single(next.Timers).TimerId);
        Assert.Equal(Verdict.Unchanged, InstanceCommands.FireTimers(next, Now));
    }

    [Fact]
    public void Decisions_NeverChangeTheDocumentTheyAreGiven()
    {
        var current = Running();
        current.Timers.Add(new PendingTimer { TimerId = 1, FireAt = Now.ToTimestamp() });
        var before = current.Clone();

        InstanceCommands.Raise(current, "e", "1", Now);
        InstanceCommands.Terminate(current, null, true, Now);
        InstanceCommands.Purge(current, force: true);
        InstanceCommands.FinishActivity(current, "e1", new ActivityResponse { TaskId = 4 }, Now);
        InstanceCommands.FireTimers(current, Now);

        Assert.Equal(before, current);
    }

    internal static InstanceDocument Running()
    {
        var document = new InstanceDocument
        {
            InstanceId = "o1",
            ExecutionId = "e1",
            Status = OrchestrationStatus.Running,
            Start = new ExecutionStartedEvent { Name = "saga" },
            Created = Now.ToTimestamp(),
        };
        document.Activities.Add(new PendingActivity { TaskId = 4, Task = new TaskScheduledEvent { Name = "charge", TaskExecutionId = "x4" } });
        return document;
    }
}
