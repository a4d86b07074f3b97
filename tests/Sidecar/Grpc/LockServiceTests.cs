using DaprShop.Tests.Wire;
using Sidecar.Components;
using Sidecar.Grpc.DaprApi;
using static Sidecar.Grpc.DaprApi.UnlockResponse.Types;

namespace DaprShop.Tests.Grpc;

public sealed class LockServiceTests : IAsyncLifetime
{
    private readonly FakeLockStore _store = new();
    private GrpcSidecar _sidecar = null!;

    public async Task InitializeAsync() => _sidecar = await GrpcSidecar.StartAsync(new SidecarSetup
    {
        Resources = [Yaml.Component("lockstore", "lock.fake")],
        Drivers = new Dictionary<string, Func<IComponent>> { ["lock.fake"] = () => _store },
    });

    public async Task DisposeAsync() => await _sidecar.DisposeAsync();

    [Fact]
    public async Task LockAndUnlock_EachOutcome_IsTheContractsNumber()
    {
        var first = await LockAsync("r", "a");
        var again = await LockAsync("r", "a");
        var others = await UnlockAsync("r", "b");
        var own = await UnlockAsync("r", "a");
        var missing = await UnlockAsync("r", "a");

        Assert.Equal((true, false), (first, again));
        Assert.Equal((Status.LockBelongsToOthers, Status.Success, Status.LockDoesNotExist), (others, own, missing));
        Assert.Equal(TimeSpan.FromSeconds(30), _store.LastExpiry);
    }

    [Fact]
    public async Task Lock_GoldenBytes_AreTheContractsFields()
    {
        // 1 store_name, 2 resource_id, 3 lock_owner, 4 expiry_in_seconds
        byte[] request = [0x0A, 9, .. "lockstore"u8, 0x12, 1, (byte)'r', 0x1A, 1, (byte)'a', 0x20, 5];

        var reply = await _sidecar.Client.SendAsync(GrpcSidecar.PathOf("TryLockAlpha1"), RawGrpcClient.Frame(request));

        Assert.Equal([0x08, 1], reply.Single);
        Assert.Equal("lock||app||r", Assert.Single(_store.Held).Key);
    }

    [Theory]
    [InlineData("", "a", 1, "3 ResourceId is empty in lock store lockstore")]
    [InlineData("r", "", 1, "3 LockOwner is empty in lock store lockstore")]
    [InlineData("r", "a", 0, "3 ExpiryInSeconds is not positive in lock store lockstore")]
    [InlineData("r", "a", -5, "3 ExpiryInSeconds is not positive in lock store lockstore")]
    [InlineData("a||b", "a", 1, "13 failed to try acquiring lock: input key/keyPrefix 'a||b' can't contain '||'")]
    public async Task Lock_ABadRequest_IsRefused(string resource, string owner, int expiry, string expected)
    {
        Assert.Equal(expected, await _sidecar.EndAsync("TryLockAlpha1", Lock("lockstore", resource, owner, expiry)));
        Assert.Empty(_store.Held);
    }

    [Theory]
    [InlineData("", "a", "3 ResourceId is empty in lock store lockstore")]
    [InlineData("r", "", "3 LockOwner is empty in lock store lockstore")]
    [InlineData("a||b", "a", "13 failed to release lock: input key/keyPrefix 'a||b' can't contain '||'")]
    public async Task Unlock_ABadRequest_IsRefused(string resource, string owner, string expected) =>
        Assert.Equal(expected, await _sidecar.EndAsync("UnlockAlpha1", Unlock("lockstore", resource, owner)));

    [Fact]
    public async Task UnknownStore_BothCalls_AreInvalidArgument()
    {
        Assert.Equal("3 lock store nope not found", await _sidecar.EndAsync("TryLockAlpha1", Lock("nope", "r", "a", 1)));
        Assert.Equal("3 lock store nope not found", await _sidecar.EndAsync("UnlockAlpha1", Unlock("nope", "r", "a")));
    }

    [Fact]
    public async Task NoStoreAtAll_BothCalls_AreFailedPrecondition()
    {
        await using var bare = await GrpcSidecar.StartAsync();

        Assert.Equal("9 lock store is not configured", await bare.EndAsync("TryLockAlpha1", Lock("any", "r", "a", 1)));
        Assert.Equal("9 lock store is not configured", await bare.EndAsync("UnlockAlpha1", Unlock("any", "r", "a")));
    }

    [Fact]
    public async Task FailingStore_BothCalls_AreInternal()
    {
        _store.Fault = new ComponentException(ComponentFault.Failed, "disk gone");

        Assert.Equal("13 failed to try acquiring lock: disk gone", await _sidecar.EndAsync("TryLockAlpha1", Lock("lockstore", "r", "a", 1)));
        Assert.Equal("13 failed to release lock: disk gone", await _sidecar.EndAsync("UnlockAlpha1", Unlock("lockstore", "r", "a")));
    }

    private async Task<bool> LockAsync(string resource, string owner) =>
        (await _sidecar.CallAsync("TryLockAlpha1", Lock("lockstore", resource, owner, 30), TryLockResponse.Parser)).Success;

    private async Task<Status> UnlockAsync(string resource, string owner) =>
        (await _sidecar.CallAsync("UnlockAlpha1", Unlock("lockstore", resource, owner), UnlockResponse.Parser)).Status;

    private static TryLockRequest Lock(string store, string resource, string owner, int expiry) =>
        new() { StoreName = store, ResourceId = resource, LockOwner = owner, ExpiryInSeconds = expiry };

    private static UnlockRequest Unlock(string store, string resource, string owner) =>
        new() { StoreName = store, ResourceId = resource, LockOwner = owner };
}
