using DaprShop.TestKit;
using Sidecar.Components.State.InMemory;
using Sidecar.Grpc.DurableTask;
using Sidecar.Workflows;
using static DaprShop.Tests.Workflows.Actions;

namespace DaprShop.Tests.Workflows;

/// <summary>The process dies at every write, before and after it takes effect; the next one finishes with the same result.</summary>
public sealed class CrashTests
{
    private const string Expected = "[in]+[a]+[b]+paid";

    [Fact]
    public async Task Saga_ProcessDiesAtEachWrite_FinishesTheSameAfterRestart()
    {
        var died = 0;
        for (var writes = 1; ; writes++)
        {
            var memory = new InMemoryStateStore(TimeProvider.System);
            var store = new FaultyStateStore(memory) { DiesAfterWrites = writes };
            var accepted = false;
            var raised = false;
            await using (var first = new TestEngine(store))
            {
                first.StartWorker(Saga);
                var client = Task.Run(async () =>
                {
                    await first.StartInstanceAsync("o1", "in");
                    accepted = true;
                    await first.Engine.RaiseEventAsync("o1", "paid", "paid", default);
                    raised = true;
                    await first.FinishedAsync("o1");
                });
                await Task.WhenAny(client, store.Died).WaitAsync(TimeSpan.FromMinutes(2));
                if (client.IsCompletedSuccessfully)
                {
                    break;
                }

                died++;
            }

            await using var second = new TestEngine(memory);
            second.StartWorker(Saga);
            second.Engine.Start();
            if (!accepted)
            {
                // Nobody was told that it exists: the client tries again, and learns that it did or starts it.
                await IgnoringAsync(WorkflowFault.AlreadyExists, () => second.StartInstanceAsync("o1", "in"));
            }

            if (!raised)
            {
                await IgnoringAsync(WorkflowFault.WrongState, () => second.Engine.RaiseEventAsync("o1", "paid", "paid", default));
            }

            var finished = await second.FinishedAsync("o1");
            Assert.True(Expected == finished.Output, $"died after write {writes}: {finished.Output} {finished.Failure}");
            Assert.Equal([0, 1, 2], Scheduled(await second.Engine.HistoryAsync("o1", default)));
            await Eventually.Get(() => memory.ListKeysAsync("shop||dapr.internal.default.shop.unfinished||", default).ToListAsync().AsTask(), keys => keys.Count == 0);
        }

        Assert.InRange(died, 7, 40);
    }

    [Fact]
    public async Task LongHistory_RestartedInTheMiddle_IsReplayedWholeFromItsPages()
    {
        var memory = new InMemoryStateStore(TimeProvider.System);
        await using (var first = new TestEngine(memory))
        {
            first.StartWorker(history => Loop(history).TakeWhile(action => action.Id < 60));
            await first.StartInstanceAsync("long");
            await Eventually.True(() => first.Dispatched.Count == 60);
            await Eventually.Get(() => first.Engine.HistoryAsync("long", default), history => history.Count(happened => happened.TaskCompleted is not null) == 60);
        }

        await using var second = new TestEngine(memory);
        second.Engine.Start();
        second.StartWorker(Loop);
        await second.Engine.RaiseEventAsync("long", "go", null, default);

        var finished = await second.FinishedAsync("long");
        var events = await second.Engine.HistoryAsync("long", default);
        Assert.Equal("100", finished.Output);
        Assert.True(finished.Pages >= 4, $"{finished.Pages} pages");
        Assert.Equal(Enumerable.Range(0, 100), Scheduled(events));
        Assert.Equal(40, second.Dispatched.Count);
    }

    [Fact]
    public async Task ManySagas_StoreLosesAnswersAndLies_AllFinishOnce()
    {
        const int Seed = 20261121;
        var random = new Random(Seed);
        var store = new FaultyStateStore();
        store.FaultOf = _ => NextFault(random);
        await using var engine = new TestEngine(store);
        engine.StartWorker(Saga);
        engine.StartWorker(Saga);

        var ids = Enumerable.Range(0, 50).Select(number => $"o{number}").ToList();
        await Task.WhenAll(ids.Select(id => UntilAcceptedAsync(() => engine.StartInstanceAsync(id, "in"))));
        await Task.WhenAll(ids.Select(id => UntilAcceptedAsync(() => engine.Engine.RaiseEventAsync(id, "paid", "paid", default))));
        var finished = await Task.WhenAll(ids.Select(engine.FinishedAsync));

        Assert.All(finished, document => Assert.True(document.Output == Expected, $"seed {Seed}, {document.InstanceId}: {document.Output}"));
    }

    private static IEnumerable<WorkflowAction> Saga(History history)
    {
        yield return Call(0, "reserve", history.Input);
        if (!history.Done(0))
        {
            yield break;
        }

        yield return Call(1, "left", "a");
        yield return Call(2, "right", "b");
        yield return Timer(3, history.Now.AddMilliseconds(5));
        if (!history.Done(1) || !history.Done(2) || !history.Fired(3) || !history.Raised("paid").Any())
        {
            yield break;
        }

        yield return Complete(4, $"{history.Result(0)}+{history.Result(1)}+{history.Result(2)}+{history.Raised("paid").First()}");
    }

    private static IEnumerable<WorkflowAction> Loop(History history)
    {
        for (var step = 0; step < 100; step++)
        {
            yield return Call(step, "step", "x");
            if (!history.Done(step))
            {
                yield break;
            }
        }

        yield return Complete(100, "100");
    }

    private static IEnumerable<int> Scheduled(IEnumerable<HistoryEvent> events) =>
        events.Where(happened => happened.TaskScheduled is not null).Select(happened => happened.EventId);

    private static WriteFault NextFault(Random random)
    {
        lock (random)
        {
            return random.Next(6) switch { 0 => WriteFault.LostAnswer, 1 => WriteFault.FalseMismatch, 2 => WriteFault.Refused, _ => WriteFault.None };
        }
    }

    private static async Task UntilAcceptedAsync(Func<Task> call)
    {
        while (true)
        {
            try
            {
                await call();
                return;
            }
            catch (WorkflowException error) when (error.Fault is WorkflowFault.AlreadyExists or WorkflowFault.WrongState)
            {
                // An earlier try had been heard although its answer was not.
                return;
            }
            catch (WorkflowException error) when (error.Fault == WorkflowFault.Unavailable)
            {
                await Task.Yield();
            }
        }
    }

    private static async Task IgnoringAsync(WorkflowFault fault, Func<Task> call)
    {
        try
        {
            await call();
        }
        catch (WorkflowException error) when (error.Fault == fault)
        {
            // The first process had got that far.
        }
    }
}
