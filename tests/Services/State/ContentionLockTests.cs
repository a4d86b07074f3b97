using DaprShop.ServiceDefaults.Faults;
using DaprShop.ServiceDefaults.Ids;
using DaprShop.ServiceDefaults.State;
using DaprShop.TestKit;

namespace DaprShop.Tests.Services.State;

public sealed class ContentionLockTests : IAsyncLifetime
{
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(30);

    private readonly ManualClock _clock = new(DateTimeOffset.UnixEpoch);
    private FaultyStore _store = null!;
    private ContentionLock _locks = null!;

    public async Task InitializeAsync()
    {
        _store = await FaultyStore.StartAsync(_clock);
        _locks = new ContentionLock(_store.Dapr, new IdSource(), _clock);
    }

    public async Task DisposeAsync() => await _store.DisposeAsync();

    [Fact]
    public async Task Taken_IsReleasedByWhoTookIt()
    {
        var held = await _locks.TryTakeAsync("job", Lease, CancellationToken.None);
        await held!.DisposeAsync();

        var (taken, released) = (_store.Sidecar.LockCalls.First(), _store.Sidecar.LockCalls.Last());
        Assert.Equal(("/v1.0-alpha1/lock/lockstore", "/v1.0-alpha1/unlock/lockstore"), (taken.Path, released.Path));
        Assert.Equal(("job", "job"), (taken.Body.GetProperty("resourceId").GetString(), released.Body.GetProperty("resourceId").GetString()));
        Assert.Equal(30, taken.Body.GetProperty("expiryInSeconds").GetInt32());
        Assert.Equal(taken.Body.GetProperty("lockOwner").GetString(), released.Body.GetProperty("lockOwner").GetString());
    }

    [Fact]
    public async Task HeldBySomebodyElse_IsNull()
    {
        _store.Sidecar.LockIsTaken = true;

        Assert.Null(await _locks.TryTakeAsync("job", Lease, CancellationToken.None));
    }

    [Fact]
    public async Task Hanging_IsGivenUpAfterFiveSeconds()
    {
        _store.Sidecar.LockHangs = true;
        var taking = _locks.TryTakeAsync("job", Lease, CancellationToken.None);
        await Eventually.True(() => _store.Sidecar.LockCalls.Count == 1);

        _clock.Advance(TimeSpan.FromSeconds(4.9));
        var isWaiting = !taking.IsCompleted;
        _clock.Advance(TimeSpan.FromSeconds(0.1));

        var failure = await Assert.ThrowsAsync<DependencyUnavailableException>(() => taking);
        Assert.Contains("lockstore", failure.Message, StringComparison.Ordinal);
        Assert.True(isWaiting);
    }

    [Fact]
    public async Task Release_ThatHangs_IsLeftToTheLease()
    {
        var held = await _locks.TryTakeAsync("job", Lease, CancellationToken.None);
        _store.Sidecar.LockHangs = true;
        var releasing = held!.DisposeAsync().AsTask();
        await Eventually.True(() => _store.Sidecar.LockCalls.Count == 2);

        _clock.Advance(TimeSpan.FromSeconds(5));

        await releasing;
    }

    [Fact]
    public async Task CallerWhoLeaves_IsTheOneWhoCancelled()
    {
        _store.Sidecar.LockHangs = true;
        using var caller = new CancellationTokenSource();
        var taking = _locks.TryTakeAsync("job", Lease, caller.Token);
        await Eventually.True(() => _store.Sidecar.LockCalls.Count == 1);

        await caller.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => taking);
    }
}
