using Sidecar.Components.Lock;

namespace DaprShop.Tests.Lock;

/// <summary>What every lock driver must do: the semantics of lock.redis (dapr-contract.md 8).</summary>
public abstract class LockStoreConformance : IAsyncLifetime
{
    private static readonly TimeSpan Expiry = TimeSpan.FromSeconds(30);

    private readonly ComponentFixture _fixture = new() { UseManualClock = true };
    private ILockStore _locks = null!;

    private protected abstract (string Type, (string Name, string Value)[] Metadata, bool Durable) Driver { get; }

    public async Task InitializeAsync() => _locks = await StartAsync("app");

    public async Task DisposeAsync() => await _fixture.DeleteAsync();

    [Fact]
    public async Task TryLock_FreeResource_IsGranted()
    {
        Assert.True(await _locks.TryLockAsync("resource", "owner", Expiry, default));
    }

    [Theory]
    [InlineData("other")]
    [InlineData("owner")]
    public async Task TryLock_HeldResource_IsRefusedToEverybody(string owner)
    {
        await _locks.TryLockAsync("resource", "owner", Expiry, default);

        Assert.False(await _locks.TryLockAsync("resource", owner, Expiry, default));
    }

    [Fact]
    public async Task TryLock_OtherResource_IsGranted()
    {
        await _locks.TryLockAsync("resource", "owner", Expiry, default);

        Assert.True(await _locks.TryLockAsync("resource2", "owner", Expiry, default));
    }

    [Fact]
    public async Task TryLock_ManyAtOnceFromTwoSidecars_GrantsOne()
    {
        var second = await StartAsync("second");

        var granted = await Task.WhenAll(Enumerable.Range(0, 40).Select(n => Task.Run(
            () => (n % 2 == 0 ? _locks : second).TryLockAsync("resource", $"owner-{n}", Expiry, default))));

        Assert.Single(granted, won => won);
    }

    [Fact]
    public async Task TryLock_AfterTheExpiry_IsGranted()
    {
        await _locks.TryLockAsync("resource", "first", Expiry, default);

        _fixture.ManualClock.Advance(Expiry - TimeSpan.FromMilliseconds(1));
        var early = await _locks.TryLockAsync("resource", "second", Expiry, default);
        _fixture.ManualClock.Advance(TimeSpan.FromMilliseconds(1));
        var late = await _locks.TryLockAsync("resource", "second", Expiry, default);

        Assert.Equal((false, true), (early, late));
    }

    [Fact]
    public async Task TryLock_RefusedToItsOwner_DoesNotRenewTheLock()
    {
        await _locks.TryLockAsync("resource", "owner", Expiry, default);
        _fixture.ManualClock.Advance(Expiry / 2);
        await _locks.TryLockAsync("resource", "owner", Expiry, default);

        _fixture.ManualClock.Advance(Expiry / 2);

        Assert.True(await _locks.TryLockAsync("resource", "other", Expiry, default));
    }

    [Fact]
    public async Task Unlock_ByTheOwner_FreesTheResource()
    {
        await _locks.TryLockAsync("resource", "owner", Expiry, default);

        Assert.Equal(UnlockStatus.Success, await _locks.UnlockAsync("resource", "owner", default));
        Assert.True(await _locks.TryLockAsync("resource", "other", Expiry, default));
    }

    [Fact]
    public async Task Unlock_ByAnother_IsRefusedAndKeepsTheLock()
    {
        await _locks.TryLockAsync("resource", "owner", Expiry, default);

        Assert.Equal(UnlockStatus.LockBelongsToOthers, await _locks.UnlockAsync("resource", "other", default));
        Assert.False(await _locks.TryLockAsync("resource", "other", Expiry, default));
    }

    [Fact]
    public async Task Unlock_UnknownResource_DoesNotExist()
    {
        Assert.Equal(UnlockStatus.LockDoesNotExist, await _locks.UnlockAsync("resource", "owner", default));
    }

    [Fact]
    public async Task Unlock_ExpiredLock_DoesNotExist()
    {
        await _locks.TryLockAsync("resource", "owner", Expiry, default);

        _fixture.ManualClock.Advance(Expiry);

        Assert.Equal(UnlockStatus.LockDoesNotExist, await _locks.UnlockAsync("resource", "owner", default));
    }

    [Fact]
    public async Task Unlock_LateAndTheResourceTakenAgain_BelongsToOthers()
    {
        await _locks.TryLockAsync("resource", "slow", Expiry, default);
        _fixture.ManualClock.Advance(Expiry);
        await _locks.TryLockAsync("resource", "next", Expiry, default);

        Assert.Equal(UnlockStatus.LockBelongsToOthers, await _locks.UnlockAsync("resource", "slow", default));
    }

    [Fact]
    public async Task Restart_HeldLock_FollowsTheDriver()
    {
        await _locks.TryLockAsync("resource", "owner", Expiry, default);

        await _fixture.StopAsync();
        _locks = await StartAsync("app");

        Assert.Equal(!Driver.Durable, await _locks.TryLockAsync("resource", "other", Expiry, default));
    }

    private Task<ILockStore> StartAsync(string appId) => _fixture.StartAsync<ILockStore>(Driver.Type, appId, Driver.Metadata);
}

public sealed class SqliteLockConformance : LockStoreConformance
{
    private protected override (string Type, (string Name, string Value)[] Metadata, bool Durable) Driver { get; } =
        ("lock.sqlite", [("connectionString", "lock.db")], true);
}
