using Sidecar.Components.Lock;

namespace DaprShop.Tests.Lock;

/// <summary>What every lock driver must do: the semantics of lock.redis (dapr-contract.md 8).</summary>
public abstract class LockStoreConformance : IAsyncLifetime
{
    private static readonly TimeSpan Expiry = TimeSpan.FromSeconds(30);

    // Long enough for a server on its own clock to answer in between.
    private static readonly TimeSpan Nearly = TimeSpan.FromSeconds(10);

    private readonly ComponentFixture _fixture = new() { UseManualClock = true };

    private protected abstract (string Type, (string Name, string Value)[] Metadata, bool Durable) Driver { get; }

    private protected ILockStore Locks { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        await PrepareAsync();
        Locks = await StartAsync("app");
    }

    public async Task DisposeAsync() => await _fixture.DeleteAsync();

    [Fact]
    public async Task TryLock_FreeResource_IsGranted()
    {
        Assert.True(await Locks.TryLockAsync("resource", "owner", Expiry, default));
    }

    [Theory]
    [InlineData("other")]
    [InlineData("owner")]
    public async Task TryLock_HeldResource_IsRefusedToEverybody(string owner)
    {
        await Locks.TryLockAsync("resource", "owner", Expiry, default);

        Assert.False(await Locks.TryLockAsync("resource", owner, Expiry, default));
    }

    [Fact]
    public async Task TryLock_OtherResource_IsGranted()
    {
        await Locks.TryLockAsync("resource", "owner", Expiry, default);

        Assert.True(await Locks.TryLockAsync("resource2", "owner", Expiry, default));
    }

    [Fact]
    public async Task TryLock_ManyAtOnceFromTwoSidecars_GrantsOne()
    {
        var second = await StartAsync("second");

        var granted = await Task.WhenAll(Enumerable.Range(0, 40).Select(n => Task.Run(
            () => (n % 2 == 0 ? Locks : second).TryLockAsync("resource", $"owner-{n}", Expiry, default))));

        Assert.Single(granted, won => won);
    }

    [Fact]
    public async Task TryLock_AfterTheExpiry_IsGranted()
    {
        await Locks.TryLockAsync("resource", "first", Expiry, default);

        await PassAsync(Expiry - Nearly);
        var early = await Locks.TryLockAsync("resource", "second", Expiry, default);
        await PassAsync(Nearly);
        var late = await Locks.TryLockAsync("resource", "second", Expiry, default);

        Assert.Equal((false, true), (early, late));
    }

    [Fact]
    public async Task TryLock_RefusedToItsOwner_DoesNotRenewTheLock()
    {
        await Locks.TryLockAsync("resource", "owner", Expiry, default);
        await PassAsync(Expiry / 2);
        await Locks.TryLockAsync("resource", "owner", Expiry, default);

        await PassAsync(Expiry / 2);

        Assert.True(await Locks.TryLockAsync("resource", "other", Expiry, default));
    }

    [Fact]
    public async Task Unlock_ByTheOwner_FreesTheResource()
    {
        await Locks.TryLockAsync("resource", "owner", Expiry, default);

        Assert.Equal(UnlockStatus.Success, await Locks.UnlockAsync("resource", "owner", default));
        Assert.True(await Locks.TryLockAsync("resource", "other", Expiry, default));
    }

    [Fact]
    public async Task Unlock_ByAnother_IsRefusedAndKeepsTheLock()
    {
        await Locks.TryLockAsync("resource", "owner", Expiry, default);

        Assert.Equal(UnlockStatus.LockBelongsToOthers, await Locks.UnlockAsync("resource", "other", default));
        Assert.False(await Locks.TryLockAsync("resource", "other", Expiry, default));
    }

    [Fact]
    public async Task Unlock_UnknownResource_DoesNotExist()
    {
        Assert.Equal(UnlockStatus.LockDoesNotExist, await Locks.UnlockAsync("resource", "owner", default));
    }

    [Fact]
    public async Task Unlock_ExpiredLock_DoesNotExist()
    {
        await Locks.TryLockAsync("resource", "owner", Expiry, default);

        await PassAsync(Expiry);

        Assert.Equal(UnlockStatus.LockDoesNotExist, await Locks.UnlockAsync("resource", "owner", default));
    }

    [Fact]
    public async Task Unlock_LateAndTheResourceTakenAgain_BelongsToOthers()
    {
        await Locks.TryLockAsync("resource", "slow", Expiry, default);
        await PassAsync(Expiry);
        await Locks.TryLockAsync("resource", "next", Expiry, default);

        Assert.Equal(UnlockStatus.LockBelongsToOthers, await Locks.UnlockAsync("resource", "slow", default));
    }

    [Fact]
    public async Task Restart_HeldLock_FollowsTheDriver()
    {
        await Locks.TryLockAsync("resource", "owner", Expiry, default);

        await _fixture.StopAsync();
        Locks = await StartAsync("app");

        Assert.Equal(!Driver.Durable, await Locks.TryLockAsync("resource", "other", Expiry, default));
    }

    /// <summary>Gives the test a store of its own where drivers share a server.</summary>
    private protected virtual Task PrepareAsync() => Task.CompletedTask;

    /// <summary>Makes locks expire as if the time had passed.</summary>
    private protected virtual Task PassAsync(TimeSpan time)
    {
        _fixture.ManualClock.Advance(time);
        return Task.CompletedTask;
    }

    private Task<ILockStore> StartAsync(string appId) => _fixture.StartAsync<ILockStore>(Driver.Type, appId, Driver.Metadata);
}
