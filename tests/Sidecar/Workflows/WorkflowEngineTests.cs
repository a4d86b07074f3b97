using DaprShop.TestKit;
using Google.Protobuf.WellKnownTypes;
using Sidecar.Components.State.InMemory;
using Sidecar.Grpc.DurableTask;
using Sidecar.Workflows;
using static DaprShop.Tests.Workflows.Actions;

namespace DaprShop.Tests.Workflows;

public sealed class WorkflowEngineTests
{
    private readonly FaultyStateStore _store = new();

    [Fact]
    public async Task SequentialActivities_OneWorker_CommitOncePerStepWithoutReads()
    {
        await using var engine = new TestEngine(_store);
        await engine.StartInstanceAsync("o1");
        var finishing = engine.FinishedAsync("o1");

        engine.StartWorker(Chain(10));
        var finished = await finishing;

        // The marker and the start, then one swap for each of the eleven turns, then the marker's deletion.
        Assert.Equal("10", finished.Output);
        await Eventually.True(() => _store.WrittenKeys.Count == 14);
        Assert.Equal(1, _store.Reads);
        Assert.Equal(12, _store.WrittenKeys.Count(key => key.EndsWith("||o1||metadata", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Stop_WhileAResultWaitsForTheEndOfItsTurn_KeepsTheResult()
    {
        var memory = new InMemoryStateStore(TimeProvider.System);
        await using (var first = new TestEngine(memory))
        {
            await first.StartInstanceAsync("o1");
            var worker = first.Engine.Dispatcher.Connect();
            first.Engine.Dispatcher.Complete(Answer(await worker.Items.ReadAsync(), Chain(1)));
            first.Engine.Dispatcher.Complete(Answer(await worker.Items.ReadAsync()));
            Assert.NotNull((await worker.Items.ReadAsync()).WorkflowRequest);

            await first.Engine.StopAsync(CancellationToken.None);
        }

        await using var second = new TestEngine(memory);
        second.StartWorker(Chain(1));
        var finished = await second.FinishedAsync("o1");

        Assert.Equal("1", finished.Output);
        Assert.Empty(second.Dispatched);
    }

    [Fact]
    public async Task RaiseEvent_StoreFails_IsUnavailableAndTheEngineRecovers()
    {
        await using var engine = new TestEngine(_store);
        engine.StartWorker(history => history.Raised("e").Any() ? [Complete(0, "ok")] : []);
        await engine.StartInstanceAsync("o1");
        await engine.Engine.WaitForStartAsync("o1", null, default);
        _store.FaultOf = _ => WriteFault.Refused;

        var error = await Assert.ThrowsAsync<WorkflowException>(() => engine.Engine.RaiseEventAsync("o1", "e", null, default));
        _store.FaultOf = _ => WriteFault.None;

        Assert.Equal(WorkflowFault.Unavailable, error.Fault);
        Assert.Equal("ok", (await engine.FinishedAsync("o1")).Output);
    }

    [Fact]
    public async Task Get_ReadFails_IsUnavailableNotAbsent()
    {
        await using var engine = new TestEngine(_store);
        _store.FailingReads = 1;

        var error = await Assert.ThrowsAsync<WorkflowException>(() => engine.Engine.GetAsync("o1", default));

        Assert.Equal(WorkflowFault.Unavailable, error.Fault);
        Assert.Null(await engine.Engine.GetAsync("o1", default));
    }

    [Fact]
    public async Task AnotherWriter_ChangesTheDocument_EngineStartsOverFromIt()
    {
        var memory = new InMemoryStateStore(TimeProvider.System);
        await using var engine = new TestEngine(memory);
        engine.StartWorker(history => history.Raised("a").Any() && history.Raised("b").Any() ? [Complete(0, "both")] : []);
        await engine.StartInstanceAsync("o1");
        await engine.Engine.WaitForStartAsync("o1", null, default);
        var other = new InstanceStore(memory, new InstanceKeys("shop", "default"));
        var current = await other.LoadAsync("o1", default);
        var changed = InstanceCommands.Raise(current!.Document, "a", null, TimeProvider.System.GetUtcNow()).Next!;
        changed.CommitId = "theirs";
        await other.SwapAsync(current, changed, default);

        await engine.Engine.RaiseEventAsync("o1", "b", null, default);

        Assert.Equal("both", (await engine.FinishedAsync("o1")).Output);
    }

    [Fact]
    public async Task Timer_WithManualClock_FiresWhenDueAndNotBefore()
    {
        var clock = new ManualClock();
        await using var engine = new TestEngine(_store, clock);
        engine.StartWorker(history => history.Fired(0) ? [Complete(1, "fired")] : [Timer(0, history.Now.AddMinutes(15))]);
        await engine.StartInstanceAsync("o1");
        await Eventually.Get(() => engine.Engine.GetAsync("o1", default), document => document?.Timers.Count == 1);

        clock.Advance(TimeSpan.FromMinutes(15) - TimeSpan.FromMilliseconds(1));
        Assert.Equal(OrchestrationStatus.Running, (await engine.Engine.GetAsync("o1", default))!.Status);
        clock.Advance(TimeSpan.FromMilliseconds(1));

        Assert.Equal("fired", (await engine.FinishedAsync("o1")).Output);
    }

    [Fact]
    public async Task Restart_TimerFellDueMeanwhile_FiresAtOnce()
    {
        var memory = new InMemoryStateStore(TimeProvider.System);
        var clock = new ManualClock();
        Script script = history => history.Fired(0) ? [Complete(1, "late")] : [Timer(0, history.Now.AddMinutes(1))];
        await using (var first = new TestEngine(memory, clock))
        {
            first.StartWorker(script);
            await first.StartInstanceAsync("o1");
            await Eventually.Get(() => first.Engine.GetAsync("o1", default), document => document?.Timers.Count == 1);
        }

        clock.Advance(TimeSpan.FromHours(1));
        await using var second = new TestEngine(memory, clock);
        second.StartWorker(script);
        second.Engine.Start();

        Assert.Equal("late", (await second.FinishedAsync("o1")).Output);
    }

    [Fact]
    public async Task ScheduledStart_PassedWithNoWorker_DoesNotSpin()
    {
        var clock = new ManualClock();
        await using var engine = new TestEngine(_store, clock);
        var at = clock.GetUtcNow().AddSeconds(1);
        await engine.Engine.StartInstanceAsync(new StartCommand("o1", "e1", "saga") { ScheduledStart = at.ToTimestamp() }, default);

        clock.Advance(TimeSpan.FromSeconds(2));
        engine.StartWorker(_ => [Complete(0, "ran")]);

        Assert.Equal("ran", (await engine.FinishedAsync("o1")).Output);
        Assert.InRange(_store.WrittenKeys.Count, 3, 5);
    }

    [Fact]
    public async Task Purge_WithPages_LeavesNoKeyBehind()
    {
        var memory = new InMemoryStateStore(TimeProvider.System);
        await using var engine = new TestEngine(memory);
        engine.StartWorker(Chain(50));
        await engine.StartInstanceAsync("o1");
        Assert.InRange((await engine.FinishedAsync("o1")).Pages, 1, 10);

        await engine.Engine.PurgeAsync("o1", force: false, recursive: false, default);

        await Eventually.Get(() => memory.ListKeysAsync("shop||", default).ToListAsync().AsTask(), keys => keys.Count == 0);
    }

    [Fact]
    public async Task Reuse_AfterPages_DeletesThoseOfTheEarlierRun()
    {
        var memory = new InMemoryStateStore(TimeProvider.System);
        await using var engine = new TestEngine(memory);
        engine.StartWorker(history => history.Input == "short" ? [Complete(0, "second")] : Chain(50)(history));
        await engine.StartInstanceAsync("o1");
        await engine.FinishedAsync("o1");

        await engine.StartInstanceAsync("o1", "short");

        Assert.Equal("second", (await engine.FinishedAsync("o1")).Output);
        await Eventually.Get(() => memory.ListKeysAsync("shop||", default).ToListAsync().AsTask(), keys => keys is ["shop||dapr.internal.default.shop.workflow||o1||metadata"]);
    }

    [Fact]
    public async Task History_FinishedInstanceAlreadyInMemoryWithoutItsPages_IsWhole()
    {
        var memory = new InMemoryStateStore(TimeProvider.System);
        await using (var first = new TestEngine(memory))
        {
            first.StartWorker(Chain(50));
            await first.StartInstanceAsync("o1");
            Assert.InRange((await first.FinishedAsync("o1")).Pages, 1, 10);
        }

        await using var second = new TestEngine(memory);
        using var patience = new CancellationTokenSource();
        var waiting = second.Engine.WatchAsync("o1", _ => false, patience.Token);
        Assert.NotNull(await second.Engine.GetAsync("o1", default));
        var events = await second.Engine.HistoryAsync("o1", default);

        Assert.Equal(50, events.Count(happened => happened.TaskCompleted is not null));
        await patience.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
    }

    [Fact]
    public async Task Limits_Set_AreNeverExceeded()
    {
        await using var engine = new TestEngine(_store, limits: new WorkflowLimits(Workflows: 2, Activities: 3));
        var held = engine.Engine.Dispatcher.Connect();
        await Task.WhenAll(Enumerable.Range(0, 5).Select(number => engine.StartInstanceAsync($"o{number}")));

        var turn = await held.Items.ReadAsync();
        await held.Items.ReadAsync();
        Assert.False(held.Items.TryRead(out _));
        var response = Answer(turn, _ => Enumerable.Range(0, 10).Select(id => Call(id, "a")));
        engine.Engine.Dispatcher.Complete(response);

        // One turn still in hand, the next in its place, and three of ten activities.
        List<WorkItem> handed = [];
        for (var number = 0; number < 4; number++)
        {
            handed.Add(await held.Items.ReadAsync());
        }

        Assert.Equal((1, 3), (handed.Count(item => item.WorkflowRequest is not null), handed.Count(item => item.ActivityRequest is not null)));
        Assert.False(held.Items.TryRead(out _));
    }

    [Fact]
    public async Task Stop_WaitingClient_IsToldUnavailable()
    {
        await using var engine = new TestEngine(_store);
        await engine.StartInstanceAsync("o1");
        var waiting = engine.Engine.WaitForEndAsync("o1", default);
        await engine.Engine.HistoryAsync("o1", default);

        await engine.Engine.StopAsync(default);

        var error = await Assert.ThrowsAsync<WorkflowException>(() => waiting.WaitAsync(TimeSpan.FromSeconds(30)));
        Assert.Equal(WorkflowFault.Unavailable, error.Fault);
    }

    private static Script Chain(int steps) => history =>
    {
        var done = Enumerable.Range(0, steps).TakeWhile(history.Done).Count();
        return done == steps ? [Complete(steps, $"{steps}")] : [Call(done, "step", "x")];
    };
}
