using System.Globalization;
using DaprShop.TestKit;
using Sidecar.Components.State.InMemory;
using Sidecar.Grpc.DurableTask;
using static DaprShop.Tests.Workflows.Actions;

namespace DaprShop.Tests.Workflows;

/// <summary>Workflows that begin again with a new input instead of growing a history without end.</summary>
public sealed class ContinueAsNewTests
{
    private readonly InMemoryStateStore _store = new(TimeProvider.System);

    [Fact]
    public async Task Generations_OneAfterTheOther_KeepOnlyTheLastHistory()
    {
        await using var engine = new TestEngine(_store);
        engine.StartWorker(Countdown(activities: 20));
        await engine.StartInstanceAsync("loop", "3");

        var finished = await engine.FinishedAsync("loop");

        Assert.Equal(("0", "0", 3), (finished.Output, finished.Start.Input, finished.Generation));
        Assert.Equal(80, engine.Dispatched.Count);
        var history = await engine.Engine.HistoryAsync("loop", default);
        Assert.Equal(20, history.Count(happened => happened.TaskCompleted is not null));
        Assert.Equal("0", Assert.Single(history, happened => happened.ExecutionStarted is not null).ExecutionStarted.Input);
        await Eventually.Get(
            () => _store.ListKeysAsync("shop||", default).ToListAsync().AsTask(),
            keys => keys.TrueForAll(key => key.EndsWith("||loop||metadata", StringComparison.Ordinal) || key.Contains(finished.ExecutionId, StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Events_NotReadYet_GoOnToTheNextGeneration()
    {
        await using var engine = new TestEngine(_store);
        engine.StartWorker(history => history.Input switch
        {
            // Reads one event and carries the rest over, as a worker does.
            "first" when history.Raised("e").Count() >= 2 =>
                [ContinueAsNew(0, "second", history.Events.Where(happened => happened.EventRaised?.Input == "2"))],
            "second" when history.Raised("e").Count() >= 2 => [Complete(0, string.Join(',', history.Raised("e")))],
            _ => [],
        });
        await engine.StartInstanceAsync("loop", "first");
        await engine.Engine.RaiseEventAsync("loop", "e", "1", default);
        await engine.Engine.RaiseEventAsync("loop", "e", "2", default);
        await Eventually.Get(() => engine.Engine.GetAsync("loop", default), document => document?.Start.Input == "second");

        await engine.Engine.RaiseEventAsync("loop", "e", "3", default);

        Assert.Equal("2,3", (await engine.FinishedAsync("loop")).Output);
    }

    [Fact]
    public async Task Parent_OfAChildThatBeganAgain_GetsTheLastResult()
    {
        await using var engine = new TestEngine(_store);
        engine.StartWorker(history => history.Name == "saga"
            ? history.Child(0) is { } result ? [Complete(1, $"<{result}>")] : [Child(0, "loop", "2")]
            : Countdown(activities: 1)(history));
        await engine.StartInstanceAsync("p");

        Assert.Equal("<0>", (await engine.FinishedAsync("p")).Output);
        Assert.Equal(2, (await engine.FinishedAsync("p:0000")).Generation);
    }

    [Fact]
    public async Task Loop_RestartedInTheMiddle_GoesOnWithItsGeneration()
    {
        static IEnumerable<WorkflowAction> Script(History history) =>
            history.Input == "1" && !history.Raised("go").Any() ? [] : Countdown(activities: 2)(history);
        await using (var first = new TestEngine(_store))
        {
            first.StartWorker(Script);
            await first.StartInstanceAsync("loop", "3");
            await Eventually.Get(() => first.Engine.GetAsync("loop", default), document => document is { Start.Input: "1", Inbox.Count: 0 });
        }

        await using var second = new TestEngine(_store);
        second.Engine.Start();
        second.StartWorker(Script);
        await second.Engine.RaiseEventAsync("loop", "go", null, default);

        Assert.Equal("0", (await second.FinishedAsync("loop")).Output);
        Assert.Equal(4, second.Dispatched.Count);
    }

    /// <summary>Counts its input down to 0, one generation for each number.</summary>
    private static Script Countdown(int activities) => history =>
    {
        var left = int.Parse(history.Input!, CultureInfo.InvariantCulture);
        var done = Enumerable.Range(0, activities).TakeWhile(history.Done).Count();
        return done < activities ? [Call(done, "step", "x")]
            : left == 0 ? [Complete(activities, "0")]
            : [ContinueAsNew(activities, $"{left - 1}")];
    };
}
