using System.Globalization;
using DaprShop.TestKit;
using Sidecar.Actors.Placement;
using Sidecar.Components.State.InMemory;
using Sidecar.Grpc.DurableTask;
using Sidecar.Workflows;
using Sidecar.Workflows.Sharing;
using static DaprShop.Tests.Workflows.Actions;

namespace DaprShop.Tests.Workflows;

/// <summary>Two engines of one app over one store, placed as in a launcher; two processes are in TwoProcessesTests.</summary>
public sealed class SharedWorkflowsTests : IAsyncLifetime
{
    private const int Instances = 40;

    private static readonly IReadOnlyList<string> Ids = [.. Enumerable.Range(0, Instances).Select(n => string.Create(CultureInfo.InvariantCulture, $"o{n}"))];

    private readonly ManualClock _clock = new();
    private readonly ActorDirectory _placement = new();
    private TestEngine _one = null!;
    private TestEngine _two = null!;

    public Task InitializeAsync()
    {
        var store = new InMemoryStateStore(_clock);
        _one = new TestEngine(store, _clock, placement: _placement);
        _two = new TestEngine(store, _clock, placement: _placement);
        _one.Engine.Start();
        _two.Engine.Start();
        return Task.CompletedTask;
    }

    public async Task DisposeAsync()
    {
        await _one.DisposeAsync();
        await _two.DisposeAsync();
    }

    [Fact]
    public async Task Instances_WithTwoWorkers_AreSharedAndEachActivityRunsOnce()
    {
        await BothWorkAsync();

        await Task.WhenAll(Ids.Select(id => _one.StartInstanceAsync(id, id)));
        await Task.WhenAll(Ids.Select(id => _two.Engine.RaiseEventAsync(id, "go", "!", default)));
        var finished = await Task.WhenAll(Ids.Select(id => (id.Length % 2 == 0 ? _one : _two).FinishedAsync(id)));

        Assert.All(finished, document => Assert.Equal($"[[{document.InstanceId}]]!", document.Output));
        Assert.NotEmpty(_one.Dispatched);
        Assert.NotEmpty(_two.Dispatched);
        Assert.Equal(
            Ids.SelectMany(id => new[] { $"{id}/0", $"{id}/1" }).Order(StringComparer.Ordinal),
            _one.Dispatched.Concat(_two.Dispatched).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Instances_OfAnEngineThatStops_FinishAtTheOther()
    {
        await BothWorkAsync();
        await Task.WhenAll(Ids.Select(id => _one.StartInstanceAsync(id, id)));

        await _two.Engine.StopAsync(CancellationToken.None);
        await Task.WhenAll(Ids.Select(id => _one.Engine.RaiseEventAsync(id, "go", "!", default)));

        Assert.All(await Task.WhenAll(Ids.Select(_one.FinishedAsync)), document => Assert.Equal($"[[{document.InstanceId}]]!", document.Output));
    }

    [Fact]
    public async Task Waiters_AtAnEngineThatIsNotTheOwner_AreAnsweredAfterAHandover()
    {
        await BothWorkAsync();
        await Task.WhenAll(Ids.Select(id => _one.StartInstanceAsync(id, id)));
        var waiting = Task.WhenAll(Ids.Select(_one.FinishedAsync));

        await _two.Engine.StopAsync(CancellationToken.None);
        foreach (var id in Ids)
        {
            await _one.Engine.RaiseEventAsync(id, "go", "!", default);
        }

        await PassAsync(() => waiting.IsCompleted);
        Assert.All(await waiting, document => Assert.Equal(OrchestrationStatus.Completed, document.Status));
    }

    [Fact]
    public async Task Worker_AwayForLong_LeavesItsInstancesToTheOther()
    {
        var (_, second) = await BothWorkAsync();
        await Task.WhenAll(Ids.Select(id => _one.StartInstanceAsync(id, id)));

        _two.Engine.Dispatcher.Disconnect(second);
        await Eventually.Get(OwnsLater, owns => !owns);
        await Task.WhenAll(Ids.Select(id => _two.Engine.RaiseEventAsync(id, "go", "!", default)));

        Assert.All(await Task.WhenAll(Ids.Select(_two.FinishedAsync)), document => Assert.Equal(OrchestrationStatus.Completed, document.Status));

        Task<bool> OwnsLater()
        {
            _clock.Advance(TimeSpan.FromSeconds(1));
            return OwnsSome(_two);
        }
    }

    [Fact]
    public async Task Worker_BackSoon_KeepsItsInstances()
    {
        var (_, second) = await BothWorkAsync();

        _two.Engine.Dispatcher.Disconnect(second);
        _clock.Advance(WorkflowSharing.WorkerAway / 2);
        var again = _two.StartWorker(Saga);
        _clock.Advance(WorkflowSharing.WorkerAway);
        await Task.WhenAll(Ids.Select(id => _one.StartInstanceAsync(id, id)));

        Assert.True(await OwnsSome(_two));
        Assert.NotSame(second, again);
    }

    [Fact]
    public async Task Instances_StartedWithoutAnyWorker_GoToTheFirstOne()
    {
        await Task.WhenAll(Ids.Select(id => _one.StartInstanceAsync(id, id)));
        var waiting = Task.WhenAll(Ids.Select(_one.FinishedAsync));

        _two.StartWorker(Saga);
        await PassAsync(() => _two.Dispatched.Count >= Instances);
        await Task.WhenAll(Ids.Select(id => _one.Engine.RaiseEventAsync(id, "go", "!", default)));
        await PassAsync(() => waiting.IsCompleted);

        Assert.All(await waiting, document => Assert.Equal($"[[{document.InstanceId}]]!", document.Output));
        Assert.Empty(_one.Dispatched);
    }

    [Fact]
    public async Task Family_OverTwoEngines_FindsItsMembers()
    {
        Script family = history => history.Name == "saga" && history.Input is { Length: > 0 } input && input[0] == 'p'
            ? Parent(history)
            : Saga(history);
        _one.StartWorker(family);
        _two.StartWorker(family);
        await BothOwnAsync();

        await Task.WhenAll(Ids.Select(id => _two.StartInstanceAsync($"p{id}", $"p{id}")));
        foreach (var id in Ids)
        {
            await Eventually.Get(() => _one.Engine.GetAsync($"c-p{id}", default), child => child?.Status == OrchestrationStatus.Running);
            await _one.Engine.RaiseEventAsync($"c-p{id}", "go", "!", default);
        }

        Assert.All(await Task.WhenAll(Ids.Select(id => _one.FinishedAsync($"p{id}"))), document => Assert.Equal("[[child]]!", document.Output));
    }

    private static IEnumerable<WorkflowAction> Parent(History history) => history.Child(0) is { } result
        ? [Complete(1, result)]
        : [Child(0, "saga", "child", $"c-{history.Input}")];

    private static IEnumerable<WorkflowAction> Saga(History history)
    {
        if (!history.Done(0))
        {
            return [Call(0, "a", history.Input)];
        }

        return !history.Done(1) ? [Call(1, "b", history.Result(0))]
            : history.Raised("go").FirstOrDefault() is { } go ? [Complete(2, history.Result(1) + go)]
            : [];
    }

    private async Task<(WorkerStream One, WorkerStream Two)> BothWorkAsync()
    {
        var workers = (_one.StartWorker(Saga), _two.StartWorker(Saga));
        await BothOwnAsync();
        return workers;
    }

    private Task BothOwnAsync() => Eventually.Get(BothOwn, both => both);

    private async Task<bool> BothOwn() => await OwnsSome(_one) && await OwnsSome(_two);

    private async Task<bool> OwnsSome(TestEngine engine)
    {
        foreach (var id in Ids)
        {
            if (await _placement.OwnerOfAsync(engine.Engine.Host.AddressOf(id), default) == engine.Engine.Host)
            {
                return true;
            }
        }

        return false;
    }

    // Pauses between tries are of this clock.
    private Task PassAsync(Func<bool> until) => Eventually.True(() =>
    {
        _clock.Advance(TimeSpan.FromSeconds(1));
        return until();
    });
}
