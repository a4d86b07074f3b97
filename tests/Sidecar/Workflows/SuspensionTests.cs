using DaprShop.TestKit;
using Google.Protobuf.WellKnownTypes;
using Sidecar.Components.State.InMemory;
using Sidecar.Grpc.DurableTask;
using Sidecar.Workflows;
using static DaprShop.Tests.Workflows.Actions;

namespace DaprShop.Tests.Workflows;

/// <summary>Suspend and resume: decided on the document, and over the service with a worker that knows nothing of it.</summary>
public sealed class SuspensionTests
{
    private static readonly DateTimeOffset Now = new(2026, 5, 6, 7, 8, 9, TimeSpan.Zero);

    [Fact]
    public void Suspend_RunningInstance_HoldsItsTurnsAndKeepsTheReason()
    {
        var next = InstanceCommands.Suspend(InstanceCommandsTests.Running(), "stocktaking", Now).Next!;

        Assert.Equal((OrchestrationStatus.Suspended, Now.ToTimestamp()), (next.Status, next.LastUpdated));
        Assert.Equal((-1, "stocktaking"), (next.Inbox[0].EventId, next.Inbox[0].ExecutionSuspended.Input));
        Assert.False(next.HasTurn(Now));
    }

    [Fact]
    public void Suspend_Twice_ChangesNothing() =>
        Assert.Equal(Verdict.Unchanged, InstanceCommands.Suspend(InstanceCommands.Suspend(InstanceCommandsTests.Running(), null, Now).Next, null, Now));

    [Fact]
    public void SuspendAndResume_FinishedInstance_ChangeNothing()
    {
        var finished = InstanceCommandsTests.Running();
        finished.Status = OrchestrationStatus.Completed;

        Assert.Equal(Verdict.Unchanged, InstanceCommands.Suspend(finished, null, Now));
        Assert.Equal(Verdict.Unchanged, InstanceCommands.Resume(finished, null, Now));
    }

    [Fact]
    public void SuspendAndResume_NoInstance_AreRefused()
    {
        Assert.Equal(WorkflowFault.NotFound, InstanceCommands.Suspend(null, null, Now).Refusal!.Fault);
        Assert.Equal(WorkflowFault.NotFound, InstanceCommands.Resume(null, null, Now).Refusal!.Fault);
    }

    [Fact]
    public void Resume_RunningInstance_ChangesNothing() =>
        Assert.Equal(Verdict.Unchanged, InstanceCommands.Resume(InstanceCommandsTests.Running(), null, Now));

    [Fact]
    public void Resume_AfterEventsAndTimers_LetsThemGoInTheOrderTheyCame()
    {
        var running = InstanceCommandsTests.Running();
        running.StartedAt = Now.ToTimestamp();
        running.Timers.Add(new PendingTimer { TimerId = 9, FireAt = Now.ToTimestamp() });
        var suspended = InstanceCommands.Suspend(running, null, Now).Next;
        var raised = InstanceCommands.Raise(suspended, "paid", "1", Now).Next;
        var fired = InstanceCommands.FireTimers(raised, Now).Next!;
        Assert.False(fired.HasTurn(Now));

        var resumed = InstanceCommands.Resume(fired, "go", Now).Next!;

        Assert.Equal(
            [
                HistoryEvent.EventTypeOneofCase.ExecutionSuspended, HistoryEvent.EventTypeOneofCase.EventRaised,
                HistoryEvent.EventTypeOneofCase.TimerFired, HistoryEvent.EventTypeOneofCase.ExecutionResumed,
            ],
            resumed.Inbox.Select(happened => happened.EventTypeCase));
        Assert.Equal((OrchestrationStatus.Running, "go", true), (resumed.Status, resumed.Inbox[3].ExecutionResumed.Input, resumed.HasTurn(Now)));
    }

    [Fact]
    public void Resume_AnInstanceWhoseScheduledStartLiesAhead_WaitsForItAgain()
    {
        var command = new StartCommand("o1", "e1", "saga") { ScheduledStart = Now.AddHours(1).ToTimestamp() };
        var suspended = InstanceCommands.Suspend(InstanceCommands.Start(null, command, Now).Next, null, Now).Next!;
        Assert.Null(suspended.NextDue(Now));

        var resumed = InstanceCommands.Resume(suspended, null, Now).Next!;

        Assert.Equal((OrchestrationStatus.Pending, Now.AddHours(1), false), (resumed.Status, resumed.NextDue(Now), resumed.HasTurn(Now)));
    }

    [Fact]
    public void Complete_ATurnThatWasInHand_LeavesTheInstanceSuspended()
    {
        var pending = InstanceCommands.Start(null, new StartCommand("o1", "e1", "saga"), Now).Next;
        var suspended = InstanceCommands.Suspend(pending, null, Now).Next!;

        var next = TurnDecision.Complete(
            suspended, HistoryEvents.WorkflowStarted(Now), 1, new WorkflowResponse { Actions = { Call(0, "reserve") } }, "app", Now);

        Assert.Equal((OrchestrationStatus.Suspended, Now.ToTimestamp(), 1), (next.Status, next.StartedAt, next.Activities.Count));
        Assert.NotNull(Assert.Single(next.Inbox).ExecutionSuspended);
    }

    [Fact]
    public void Complete_AsNewWhileSuspended_KeepsTheSuspension()
    {
        var running = InstanceCommandsTests.Running();
        running.Start.WorkflowInstance = new WorkflowInstance { InstanceId = "o1", ExecutionId = "e1" };
        running.StartedAt = Now.ToTimestamp();
        var suspended = InstanceCommands.Suspend(running, null, Now).Next!;

        var next = TurnDecision.Complete(
            suspended, HistoryEvents.WorkflowStarted(Now), 0, new WorkflowResponse { Actions = { Finish(0, OrchestrationStatus.ContinuedAsNew) } }, "app", Now);

        Assert.Equal((OrchestrationStatus.Suspended, false), (next.Status, next.HasTurn(Now)));
        Assert.NotNull(next.Inbox[0].ExecutionStarted);
        Assert.NotNull(next.Inbox[1].ExecutionSuspended);
    }

    [Fact]
    public async Task Suspend_RunningInstance_IsSeenAtOnceAndNothingHappensUntilResumed()
    {
        await using var sidecar = await WorkflowSidecar.StartAsync();
        await using var worker = sidecar.Work(history => history.Raised("paid").Any() ? [Complete(0, history.Raised("paid").First())] : []);
        await sidecar.StartInstanceAsync("o1");

        Assert.Equal(0, (await SuspendAsync(sidecar, "o1")).Status);
        Assert.Equal(OrchestrationStatus.Suspended, (await sidecar.StateAsync("o1"))!.WorkflowStatus);
        var turns = worker.Items.Count;
        await sidecar.RaiseAsync("o1", "paid", "1");
        Assert.Equal((OrchestrationStatus.Suspended, turns), ((await sidecar.StateAsync("o1"))!.WorkflowStatus, worker.Items.Count));
        Assert.Equal(0, (await ResumeAsync(sidecar, "o1")).Status);

        var state = await sidecar.FinishedAsync("o1");
        Assert.Equal((OrchestrationStatus.Completed, "1"), (state.WorkflowStatus, state.Output));
    }

    [Fact]
    public async Task Suspend_ThenAnActivityEnds_ItsResultWaitsForTheResumption()
    {
        await using var sidecar = await WorkflowSidecar.StartAsync();
        await using var worker = sidecar.Work(
            history => [Call(0, "step", "a"), .. history.Done(0) ? [Complete(1, history.Result(0))] : Array.Empty<WorkflowAction>()],
            item => item.ActivityRequest is null);
        await sidecar.StartInstanceAsync("o1");
        await Eventually.True(() => worker.Activities.Any());

        await SuspendAsync(sidecar, "o1");
        await worker.CompleteAsync("CompleteActivityTask", Answer(worker.Activities.Single()));
        Assert.Equal(OrchestrationStatus.Suspended, (await sidecar.StateAsync("o1"))!.WorkflowStatus);
        await ResumeAsync(sidecar, "o1");

        Assert.Equal("[a]", (await sidecar.FinishedAsync("o1")).Output);
    }

    [Fact]
    public async Task Terminate_SuspendedInstance_EndsIt()
    {
        await using var sidecar = await WorkflowSidecar.StartAsync();
        await using var worker = sidecar.Work(_ => []);
        await sidecar.StartInstanceAsync("o1");
        await SuspendAsync(sidecar, "o1");

        var reply = await sidecar.CallAsync("TerminateInstance", new TerminateRequest { InstanceId = "o1", Output = "stop" });

        Assert.Equal(0, reply.Status);
        var state = await sidecar.FinishedAsync("o1");
        Assert.Equal((OrchestrationStatus.Terminated, "stop"), (state.WorkflowStatus, state.Output));
    }

    [Fact]
    public async Task Suspend_ThenRestart_StaysSuspendedWithItsEventsUntilResumed()
    {
        var memory = new InMemoryStateStore(TimeProvider.System);
        await using (var first = new TestEngine(memory))
        {
            await first.StartInstanceAsync("o1");
            await first.Engine.SuspendAsync("o1", null, default);
            await first.Engine.RaiseEventAsync("o1", "paid", "1", default);
        }

        await using var second = new TestEngine(memory);
        second.StartWorker(history => history.Raised("paid").Any() ? [Complete(0, history.Raised("paid").First())] : []);
        second.Engine.Start();
        Assert.Equal(OrchestrationStatus.Suspended, (await second.Engine.GetAsync("o1", default))!.Status);
        Assert.Empty(await second.Engine.HistoryAsync("o1", default));
        await second.Engine.ResumeAsync("o1", null, default);

        Assert.Equal("1", (await second.FinishedAsync("o1")).Output);
    }

    [Fact]
    public async Task SuspendAndResume_UnknownInstance_AreNotFound()
    {
        await using var sidecar = await WorkflowSidecar.StartAsync();

        var suspended = await SuspendAsync(sidecar, "x");
        var resumed = await ResumeAsync(sidecar, "x");

        Assert.Equal((5, "no such instance exists"), (suspended.Status, suspended.Message));
        Assert.Equal((5, "no such instance exists"), (resumed.Status, resumed.Message));
    }

    private static Task<Grpc.RawReply> SuspendAsync(WorkflowSidecar sidecar, string instanceId) =>
        sidecar.CallAsync("SuspendInstance", new SuspendRequest { InstanceId = instanceId, Reason = "why" });

    private static Task<Grpc.RawReply> ResumeAsync(WorkflowSidecar sidecar, string instanceId) =>
        sidecar.CallAsync("ResumeInstance", new ResumeRequest { InstanceId = instanceId });
}
