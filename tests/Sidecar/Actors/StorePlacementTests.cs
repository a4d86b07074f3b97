using DaprShop.TestKit;
using Microsoft.Extensions.Logging.Abstractions;
using Sidecar.Actors;
using Sidecar.Actors.Placement;
using Sidecar.Actors.Reminders;
using Sidecar.Components;
using Sidecar.Components.State;
using Sidecar.Components.State.InMemory;
using Sidecar.Host;

namespace DaprShop.Tests.Actors;

public sealed class StorePlacementTests
{
    private readonly ManualClock _clock = new();
    private readonly InMemoryStateStore _store;

    public StorePlacementTests() => _store = new InMemoryStateStore(_clock);

    [Fact]
    public async Task Join_OfTheFirst_OwnsEverythingAtOnce()
    {
        using var one = new Process(this, 1);

        await one.JoinAsync();

        Assert.All(Cats, cat => Assert.True(one.Host.Holds(cat)));
        Assert.Same(one.Host, await one.Placement.OwnerOfAsync(Cats[0], default));
        Assert.Null(await one.Placement.OwnerOfAsync(new ActorAddress("dog", "rex"), default));
    }

    [Fact]
    public async Task Join_OfTheSecond_GetsItsShareOnlyWhenTheFirstHasLetGo()
    {
        using var one = new Process(this, 1);
        using var two = new Process(this, 2);
        await one.JoinAsync();
        one.Host.Draining = new TaskCompletionSource();

        var joining = two.JoinAsync();
        await PassAsync(() => one.Host.IsDraining);
        _clock.Advance(StorePlacement.Beat * 3);
        Assert.All(Cats, cat => Assert.False(two.Host.Holds(cat)));
        Assert.False(joining.IsCompleted);
        one.Host.Draining.SetResult();
        await PassAsync(() => joining.IsCompleted);
        await PassAsync(() => Cats.All(cat => one.Host.Holds(cat) || two.Host.Holds(cat)));

        Assert.All(Cats, cat => Assert.NotEqual(one.Host.Holds(cat), two.Host.Holds(cat)));
        Assert.InRange(Cats.Count(two.Host.Holds), 20, 80);
    }

    [Fact]
    public async Task Leave_HandsEverythingBack()
    {
        using var one = new Process(this, 1);
        using var two = new Process(this, 2);
        await one.JoinAsync();
        await PassAsync(two.JoinAsync());

        await two.Placement.LeaveAsync(two.Host, default);
        await PassAsync(() => Cats.All(one.Host.Holds));

        Assert.All(Cats, cat => Assert.False(two.Host.Holds(cat)));
    }

    [Fact]
    public async Task Crash_OfAMember_IsTakenOverAfterItsLeaseAndNotBefore()
    {
        using var one = new Process(this, 1);
        await one.JoinAsync();
        var two = new Process(this, 2);
        await PassAsync(two.JoinAsync());
        var own = Cats.Count(two.Host.Holds);

        two.Dispose();
        var crashed = _clock.GetUtcNow();
        await PassAsync(() => Cats.All(one.Host.Holds));

        Assert.InRange(own, 20, 80);
        var renewal = StorePlacement.Lease / 3;
        Assert.InRange(
            _clock.GetUtcNow() - crashed,
            StorePlacement.Lease - renewal - StorePlacement.Beat,
            StorePlacement.Lease + StorePlacement.Margin + (StorePlacement.Beat * 10));
    }

    [Fact]
    public async Task Crash_AndRestartOnTheSamePort_DoesNotWaitForTheLease()
    {
        var before = new Process(this, 1);
        await before.JoinAsync();
        before.Dispose();

        using var after = new Process(this, 1);
        await after.JoinAsync();

        Assert.All(Cats, cat => Assert.True(after.Host.Holds(cat)));
    }

    [Fact]
    public async Task Lease_ThatCannotBeRenewed_IsGivenUpBeforeTheOtherTakesOver()
    {
        using var one = new Process(this, 1);
        using var two = new Process(this, 2);
        await one.JoinAsync();
        await PassAsync(two.JoinAsync());
        var twice = 0;

        two.Store.IsDown = true;
        await PassAsync(() =>
        {
            twice += Cats.Count(cat => one.Host.Holds(cat) && two.Host.Holds(cat));
            return Cats.All(one.Host.Holds);
        });

        Assert.Equal(0, twice);
        Assert.Equal(2, two.Host.Drops);
    }

    [Fact]
    public async Task Lease_ThatIsRenewed_NeverEnds()
    {
        using var one = new Process(this, 1);
        await one.JoinAsync();
        var began = _clock.GetUtcNow();

        await PassAsync(() =>
        {
            Assert.True(one.Host.Holds(Cats[0]), $"lost after {_clock.GetUtcNow() - began}");
            return _clock.GetUtcNow() - began > StorePlacement.Lease * 3;
        });
    }

    private static List<ActorAddress> Cats { get; } = [.. Enumerable.Range(0, 100).Select(number => new ActorAddress("cat", $"{number}"))];

    private Task PassAsync(Task task) => PassAsync(() => task.IsCompleted);

    private Task PassAsync(Func<bool> until) => Eventually.True(() =>
    {
        _clock.Advance(TimeSpan.FromMilliseconds(100));
        return until();
    });

    /// <summary>The placement of one process; disposing it without leaving is its crash.</summary>
    private sealed class Process : IDisposable
    {
        private readonly RemoteActors _remotes;

        public Process(StorePlacementTests test, int port)
        {
            Store = new BreakableStore(test._store);
            var options = new SidecarOptions { AppId = "zoo", HttpPort = port };
            var components = new ComponentRegistry();
            var spec = new ComponentSpec("actors", "state.fake", "v1", new Dictionary<string, string> { ["actorStateStore"] = "true" }, false, TimeSpan.FromSeconds(5), "test");
            components.Add(new LoadedComponent(spec, Store));
            _remotes = new RemoteActors(options);
            Host = new RecordingHost(Guid.NewGuid().ToString());
            Placement = new StorePlacement(
                new MembershipStore(MembershipStore.KeyOfActors(options.Namespace), components), options, _remotes, test._clock, NullLogger<StorePlacement>.Instance);
        }

        public BreakableStore Store { get; }

        public RecordingHost Host { get; }

        public StorePlacement Placement { get; }

        public Task JoinAsync() => Placement.JoinAsync(Host, ["cat"], default);

        public void Dispose()
        {
            Placement.Dispose();
            _remotes.Dispose();
        }
    }

    private sealed class RecordingHost(string hostId) : ILocalActorHost
    {
        private volatile Func<ActorAddress, bool> _stays = _ => false;

        public string HostId => hostId;

        public TaskCompletionSource? Draining { get; set; }

        public volatile bool IsDraining;

        public bool Holds(ActorAddress actor) => _stays(actor);

        /// <summary>One is the beginning: whoever joins has nothing.</summary>
        public int Drops { get; private set; }

        public Task<ActorAnswer> InvokeAsync(ActorCall call, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task SetReminderAsync(ActorAddress actor, ReminderRequest request, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task DeleteReminderAsync(ActorAddress actor, string name, CancellationToken cancellationToken) => throw new NotSupportedException();

        public async Task KeepOnlyAsync(Func<ActorAddress, bool> stays)
        {
            _stays = stays;
            if (Draining is { } draining)
            {
                IsDraining = true;
                await draining.Task;
            }
        }

        public Task DropAllAsync()
        {
            Drops++;
            _stays = _ => false;
            return Task.CompletedTask;
        }

        public void OwnershipChanged()
        {
        }
    }

    private sealed class BreakableStore(InMemoryStateStore inner) : IStateStore
    {
        public volatile bool IsDown;

        public StateCapabilities Capabilities => inner.Capabilities;

        public Task InitAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task<StateItem?> GetAsync(string key, CancellationToken cancellationToken) => Up().GetAsync(key, cancellationToken);

        public Task<IReadOnlyList<StateItem>> GetManyAsync(IReadOnlyList<string> keys, CancellationToken cancellationToken) => Up().GetManyAsync(keys, cancellationToken);

        public Task ApplyAsync(StateOperation operation, CancellationToken cancellationToken) => Up().ApplyAsync(operation, cancellationToken);

        public Task TransactAsync(IReadOnlyList<StateOperation> operations, CancellationToken cancellationToken) => Up().TransactAsync(operations, cancellationToken);

        public IAsyncEnumerable<string> ListKeysAsync(string prefix, CancellationToken cancellationToken) => Up().ListKeysAsync(prefix, cancellationToken);

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;

        private InMemoryStateStore Up() => IsDown ? throw new ComponentException(ComponentFault.Failed, "connection refused") : inner;
    }
}
