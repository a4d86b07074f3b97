using DaprShop.Tests.Wire;
using Sidecar.Components;

namespace DaprShop.Tests.Http;

public sealed class LockWireTests : IAsyncLifetime
{
    private readonly FakeLockStore _store = new();
    private RunningSidecar _sidecar = null!;

    public async Task InitializeAsync() => _sidecar = await StartAsync();

    public async Task DisposeAsync() => await _sidecar.DisposeAsync();

    [Fact]
    public async Task LockAndUnlock_TheirAnswers_AreTheDocumentedBytes()
    {
        var first = await LockAsync("""{"resourceId":"r","lockOwner":"a","expiryInSeconds":30,"unknown":[]}""");
        var again = await LockAsync("""{"resource_id":"r","lock_owner":"a","expiry_in_seconds":"30"}""");
        var others = await UnlockAsync("""{"resourceId":"r","lockOwner":"b"}""");
        var own = await UnlockAsync("""{"resourceId":"r","lockOwner":"a"}""");
        var missing = await UnlockAsync("""{"resourceId":"r","lockOwner":"a"}""");

        Assert.Equal("""200 {"success":true}""", first);
        Assert.Equal("""200 {"success":false}""", again);
        Assert.Equal("""200 {"status":2}""", others);
        Assert.Equal("""200 {"status":0}""", own);
        Assert.Equal("""200 {"status":1}""", missing);
        Assert.Equal(TimeSpan.FromSeconds(30), _store.LastExpiry);
    }

    [Theory]
    [InlineData(null, "lock||app||r")]
    [InlineData("name", "lock||lockstore||r")]
    [InlineData("none", "lock||r")]
    [InlineData("shop", "lock||shop||r")]
    public async Task Lock_EachPrefixStrategy_GivesTheStoredKey(string? strategy, string key)
    {
        await using var sidecar = await StartAsync(strategy is null ? [] : [("keyPrefix", strategy)]);

        await sidecar.Http.SendTextAsync("POST", "/v1.0-alpha1/lock/lockstore", """{"resourceId":"r","lockOwner":"a","expiryInSeconds":1}""");

        Assert.Equal(key, Assert.Single(_store.Held).Key);
    }

    [Theory]
    [InlineData("""{"lockOwner":"a","expiryInSeconds":1}""", "ResourceId is empty in lock store lockstore")]
    [InlineData("""{"resourceId":"r","lockOwner":null,"expiryInSeconds":1}""", "LockOwner is empty in lock store lockstore")]
    [InlineData("""{"resourceId":"r","lockOwner":"a"}""", "ExpiryInSeconds is not positive in lock store lockstore")]
    [InlineData("""{"resourceId":"r","lockOwner":"a","expiryInSeconds":-1}""", "ExpiryInSeconds is not positive in lock store lockstore")]
    [InlineData("""{"resourceId":1}""", "failed deserializing HTTP body: \\\"resourceId\\\" is not a string")]
    [InlineData("""{"expiryInSeconds":1.5}""", "failed deserializing HTTP body: invalid value for int32 field expiryInSeconds")]
    [InlineData("[]", "failed deserializing HTTP body: the body is not a JSON object")]
    public async Task Lock_ABadRequest_Is400(string body, string message) =>
        Assert.Equal($$"""400 {"errorCode":"ERR_MALFORMED_REQUEST","message":"{{message}}"}""", await LockAsync(body));

    [Theory]
    [InlineData("""{"lockOwner":"a"}""", "ResourceId is empty in lock store lockstore")]
    [InlineData("""{"resourceId":"r"}""", "LockOwner is empty in lock store lockstore")]
    public async Task Unlock_ABadRequest_Is400(string body, string message) =>
        Assert.Equal($$"""400 {"errorCode":"ERR_MALFORMED_REQUEST","message":"{{message}}"}""", await UnlockAsync(body));

    [Fact]
    public async Task UnknownStore_BothCalls_Are400()
    {
        const string Expected = """400 {"errorCode":"ERR_LOCK_STORE_NOT_FOUND","message":"lock store nope not found"}""";

        var locked = await _sidecar.Http.SendTextAsync("POST", "/v1.0-alpha1/lock/nope", """{"resourceId":"r","lockOwner":"a","expiryInSeconds":1}""");
        var unlocked = await _sidecar.Http.SendTextAsync("POST", "/v1.0-alpha1/unlock/nope", """{"resourceId":"r","lockOwner":"a"}""");

        Assert.Equal((Expected, Expected), (locked, unlocked));
    }

    [Fact]
    public async Task NoStoreAtAll_BothCalls_Are500()
    {
        const string Expected = """500 {"errorCode":"ERR_LOCK_STORE_NOT_CONFIGURED","message":"lock store is not configured"}""";
        await using var bare = await RunningSidecar.StartAsync();

        var locked = await bare.Http.SendTextAsync("POST", "/v1.0-alpha1/lock/any", """{"resourceId":"r","lockOwner":"a","expiryInSeconds":1}""");
        var unlocked = await bare.Http.SendTextAsync("POST", "/v1.0-alpha1/unlock/any", """{"resourceId":"r","lockOwner":"a"}""");

        Assert.Equal((Expected, Expected), (locked, unlocked));
    }

    [Fact]
    public async Task ResourceWithTwoPipes_BothCalls_Are500()
    {
        var locked = await LockAsync("""{"resourceId":"a||b","lockOwner":"a","expiryInSeconds":1}""");
        var unlocked = await UnlockAsync("""{"resourceId":"a||b","lockOwner":"a"}""");

        Assert.Equal("""500 {"errorCode":"ERR_TRY_LOCK","message":"failed to try acquiring lock: input key/keyPrefix 'a||b' can't contain '||'"}""", locked);
        Assert.Equal("""500 {"errorCode":"ERR_UNLOCK","message":"failed to release lock: input key/keyPrefix 'a||b' can't contain '||'"}""", unlocked);
    }

    [Fact]
    public async Task FailingStore_BothCalls_Are500()
    {
        _store.Fault = new ComponentException(ComponentFault.Failed, "disk gone");

        var locked = await LockAsync("""{"resourceId":"r","lockOwner":"a","expiryInSeconds":1}""");
        var unlocked = await UnlockAsync("""{"resourceId":"r","lockOwner":"a"}""");

        Assert.Equal("""500 {"errorCode":"ERR_TRY_LOCK","message":"failed to try acquiring lock: disk gone"}""", locked);
        Assert.Equal("""500 {"errorCode":"ERR_UNLOCK","message":"failed to release lock: disk gone"}""", unlocked);
    }

    private Task<RunningSidecar> StartAsync(params (string Name, string Value)[] metadata) => RunningSidecar.StartAsync(new SidecarSetup
    {
        Resources = [Yaml.Component("lockstore", "lock.fake", metadata)],
        Drivers = new Dictionary<string, Func<IComponent>> { ["lock.fake"] = () => _store },
    });

    private Task<string> LockAsync(string body) => _sidecar.Http.SendTextAsync("POST", "/v1.0-alpha1/lock/lockstore", body);

    private Task<string> UnlockAsync(string body) => _sidecar.Http.SendTextAsync("POST", "/v1.0-alpha1/unlock/lockstore", body);
}
