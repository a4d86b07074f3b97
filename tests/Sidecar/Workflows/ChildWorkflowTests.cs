using DaprShop.TestKit;
using Sidecar.Components.State.InMemory;
using Sidecar.Grpc.DurableTask;
using Sidecar.Workflows;
using static DaprShop.Tests.Workflows.Actions;

namespace DaprShop.Tests.Workflows;

/// <summary>A workflow that starts others and waits for them, also when the process dies in between.</summary>
public sealed class ChildWorkflowTests
{
    private const string Markers = "shop||dapr.internal.default.shop.unfinished||";

    private readonly InMemoryStateStore _store = new(TimeProvider.System);

    [Fact]
    public async Task Child_ThatCompletes_GivesItsParentTheResult()
    {
        await using var engine = new TestEngine(_store);
        engine.StartWorker(Family);
        await engine.StartInstanceAsync("p", "in");

        var parent = await engine.FinishedAsync("p");

        Assert.Equal("<[in]>", parent.Output);
        var child = await engine.FinishedAsync("p:0000");
        Assert.Equal(("child", "[in]", "p", 0), (child.Start.Name, child.Output, child.Start.ParentInstance.WorkflowInstance.InstanceId, child.Start.ParentInstance.TaskScheduledId));
        Assert.Equal(
            [
                HistoryEvent.EventTypeOneofCase.WorkflowStarted,
                HistoryEvent.EventTypeOneofCase.ExecutionStarted,
                HistoryEvent.EventTypeOneofCase.ChildWorkflowInstanceCreated,
                HistoryEvent.EventTypeOneofCase.WorkflowStarted,
                HistoryEvent.EventTypeOneofCase.ChildWorkflowInstanceCompleted,
                HistoryEvent.EventTypeOneofCase.ExecutionCompleted,
            ],
            (await engine.Engine.HistoryAsync("p", default)).Select(happened => happened.EventTypeCase));
        await NothingIsLeftAsync();
    }

    [Fact]
    public async Task Child_ThatFails_FailsForItsParentWithTheReason()
    {
        await using var engine = new TestEngine(_store);
        engine.StartWorker(history => history.Name == "saga"
            ? history.ChildFailure(0) is { } failure ? [Complete(1, failure.ErrorMessage)] : [Child(0, "child", childId: "c")]
            : [Finish(0, OrchestrationStatus.Failed, failure: new TaskFailureDetails { ErrorType = "Broken", ErrorMessage = "no stock" })]);
        await engine.StartInstanceAsync("p");

        Assert.Equal("no stock", (await engine.FinishedAsync("p")).Output);
        Assert.Equal(OrchestrationStatus.Failed, (await engine.FinishedAsync("c")).Status);
    }

    [Fact]
    public async Task Child_UnderAnIdThatIsTaken_FailsForItsParentAndLeavesTheOtherAlone()
    {
        await using var engine = new TestEngine(_store);
        engine.StartWorker(history => history.Name == "saga" && history.Input == "parent"
            ? history.ChildFailure(0) is { } failure ? [Complete(1, failure.ErrorMessage)] : [Child(0, "child", childId: "taken")]
            : []);
        await engine.StartInstanceAsync("taken");

        await engine.StartInstanceAsync("p", "parent");

        Assert.Equal("an active workflow with ID 'taken' already exists", (await engine.FinishedAsync("p")).Output);
        Assert.Equal("saga", (await engine.Engine.GetAsync("taken", default))!.Start.Name);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Terminate_OfTheParent_EndsItsChildrenOnlyWhenRecursive(bool recurse)
    {
        await using var engine = new TestEngine(_store);
        engine.StartWorker(history => history.Name == "saga" ? [Child(0, "child", childId: "c")] : history.Raised("go").Any() ? [Complete(0, "went")] : []);
        await engine.StartInstanceAsync("p");
        await Eventually.Get(() => engine.Engine.GetAsync("c", default), child => child?.Status == OrchestrationStatus.Running);

        await engine.Engine.TerminateAsync("p", "enough", recurse, default);

        Assert.Equal((OrchestrationStatus.Terminated, "enough"), Outcome(await engine.FinishedAsync("p")));
        if (!recurse)
        {
            Assert.Equal(OrchestrationStatus.Running, (await engine.Engine.GetAsync("c", default))!.Status);
            await engine.Engine.RaiseEventAsync("c", "go", null, default);
        }

        Assert.Equal(recurse ? (OrchestrationStatus.Terminated, "enough") : (OrchestrationStatus.Completed, "went"), Outcome(await engine.FinishedAsync("c")));
        await NothingIsLeftAsync();
    }

    [Theory]
    [InlineData(true, 2)]
    [InlineData(false, 1)]
    public async Task Purge_OfTheParent_TakesItsChildrenOnlyWhenRecursive(bool recursive, int count)
    {
        await using var engine = new TestEngine(_store);
        engine.StartWorker(Family);
        await engine.StartInstanceAsync("p", "in");
        await engine.FinishedAsync("p");
        await engine.FinishedAsync("p:0000");
        await NothingIsLeftAsync();

        Assert.Equal(count, await engine.Engine.PurgeAsync("p", force: false, recursive, default));

        Assert.Null(await engine.Engine.GetAsync("p", default));
        Assert.Equal(recursive, await engine.Engine.GetAsync("p:0000", default) is null);
    }

    [Fact]
    public async Task Family_ProcessDiesAtEachWrite_FinishesTheSameAfterRestart()
    {
        var died = 0;
        for (var writes = 1; ; writes++)
        {
            var memory = new InMemoryStateStore(TimeProvider.System);
            var store = new FaultyStateStore(memory) { DiesAfterWrites = writes };
            await using (var first = new TestEngine(store))
            {
                first.StartWorker(Family);
                var client = Task.Run(async () =>
                {
                    await first.StartInstanceAsync("p", "in");
                    await first.FinishedAsync("p");
                    await Eventually.Get(() => memory.ListKeysAsync(Markers, default).ToListAsync().AsTask(), keys => keys.Count == 0);
                });
                await Task.WhenAny(client, store.Died).WaitAsync(TimeSpan.FromMinutes(2));
                if (client.IsCompletedSuccessfully)
                {
                    break;
                }

                died++;
            }

            await using var second = new TestEngine(memory);
            second.StartWorker(Family);
            second.Engine.Start();
            try
            {
                await second.StartInstanceAsync("p", "in");
            }
            catch (WorkflowException error) when (error.Fault == WorkflowFault.AlreadyExists)
            {
                // The first process had got that far.
            }

            var finished = await second.FinishedAsync("p");
            Assert.True(finished.Output == "<[in]>", $"died after write {writes}: {finished.Output} {finished.Failure}");
            Assert.Single(await second.Engine.HistoryAsync("p", default), happened => happened.ChildWorkflowInstanceCompleted is not null);
            await Eventually.Get(() => memory.ListKeysAsync(Markers, default).ToListAsync().AsTask(), keys => keys.Count == 0);
        }

        Assert.InRange(died, 8, 40);
    }

    /// <summary>The parent puts its child's result in angles, the child its input in brackets.</summary>
    private static IEnumerable<WorkflowAction> Family(History history) => history.Name == "saga"
        ? history.Child(0) is { } result ? [Complete(1, $"<{result}>")] : [Child(0, "child", history.Input)]
        : history.Done(0) ? [Complete(1, history.Result(0))] : [Call(0, "bracket", history.Input)];

    private static (OrchestrationStatus, string?) Outcome(InstanceDocument document) => (document.Status, document.Output);

    /// <summary>No marker: a restart would find nothing to do.</summary>
    private Task NothingIsLeftAsync() => Eventually.Get(() => _store.ListKeysAsync(Markers, default).ToListAsync().AsTask(), keys => keys.Count == 0);
}
