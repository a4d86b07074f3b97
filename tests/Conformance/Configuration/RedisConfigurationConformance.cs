using DaprShop.TestKit;
using DaprShop.Tests.Servers;

namespace DaprShop.Tests.Configuration;

public sealed class RedisConfigurationConformance(OwnRedis own) : ConfigurationStoreConformance, IClassFixture<OwnRedis>
{
    // Not 0: the channels of notifications carry the database's number.
    private const int Database = 9;

    private RedisItems _items = null!;

    private protected override ConfigurationDriver Driver => new(
        "configuration.redis", ("redisHost", $"127.0.0.1:{own.Redis.Port}"), ("redisDB", $"{Database}"))
    {
        WriterGivesTheVersion = true,
        PipesEndTheValue = true,
    };

    public override async Task InitializeAsync()
    {
        _items = new RedisItems(own.Redis.Port, Database);
        await _items.RunAsync("FLUSHDB");
        await base.InitializeAsync();
    }

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        await _items.DisposeAsync();
    }

    [Fact]
    public async Task KeysOfOtherTypes_AreNoItems()
    {
        await _items.RunAsync("HSET", "hash", "field", "value");
        await _items.RunAsync("RPUSH", "list", "value");
        await PutAsync("key", "value");

        Assert.Equal(["key=value"], Texts(await Store.GetAsync([], default)));
        Assert.Equal(["key=value"], Texts(await Store.GetAsync(["hash", "list", "key"], default)));
    }

    [Fact]
    public async Task KeysOfOtherTypes_ComingAndGoing_AreNotTold()
    {
        var recorder = new ChangeRecorder();
        using var subscription = await Store.SubscribeAsync([], recorder.HandleAsync, default);

        await _items.RunAsync("HSET", "hash", "field", "value");
        await _items.RunAsync("DEL", "hash");
        await PutAsync("key", "value");

        await recorder.WaitForAsync("key=value");
        Assert.Equal(["key=value"], recorder.Texts);
    }

    [Fact]
    public async Task Subscribe_KeyThatExpires_ArrivesAsAnEmptyItem()
    {
        var recorder = new ChangeRecorder();
        using var subscription = await Store.SubscribeAsync(["key"], recorder.HandleAsync, default);

        await _items.RunAsync("SET", "key", "value", "PX", "500");

        await recorder.WaitForAsync("key=value");
        await recorder.WaitForAsync("key=");
    }

    [Fact]
    public async Task Subscribe_OtherDatabaseOfTheServer_IsNotHeard()
    {
        await using var elsewhere = new RedisItems(own.Redis.Port, Database + 1);
        var recorder = new ChangeRecorder();
        using var subscription = await Store.SubscribeAsync(["key"], recorder.HandleAsync, default);

        await elsewhere.PutAsync("key", "elsewhere");
        await PutAsync("key", "here");

        await recorder.WaitForAsync("key=here");
        Assert.DoesNotContain("key=elsewhere", recorder.Texts);
    }

    [Fact]
    public async Task Unsubscribe_Done_ClosesItsConnection()
    {
        var name = UniqueName.Next("key");
        var before = await SubscribedAsync();
        var subscription = await Store.SubscribeAsync([name], new ChangeRecorder().HandleAsync, default);
        var during = await SubscribedAsync();

        subscription.Dispose();

        Assert.Equal((0L, 1L), (before, during));
        await Eventually.Get(SubscribedAsync, count => count == 0);

        async Task<long> SubscribedAsync() => (await _items.RunAsync("PUBSUB", "NUMSUB", $"__keyspace@{Database}__:{name}")).Items[1].Integer;
    }

    private protected override Task PutAsync(string key, string value, string version = "") => _items.PutAsync(key, value, version);

    private protected override Task PutAllAsync(IEnumerable<(string Key, string Value)> items) => _items.PutAllAsync(items);

    private protected override Task DeleteAsync(string key) => _items.RunAsync("DEL", key);
}
