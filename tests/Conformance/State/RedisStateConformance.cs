using DaprShop.TestKit.Servers;
using Sidecar.Components;
using Sidecar.Components.State;

namespace DaprShop.Tests.State;

/// <summary>On a real server. Nothing here is better than daprd's driver, on purpose (docs/decisions/0011-redis.md).</summary>
public sealed class RedisStateConformance : StateStoreConformance
{
    private RedisDatabase _database = null!;

    private protected override StateDriver Driver => new("state.redis", _database.Metadata)
    {
        Durable = true,
        EtagOnMissingKeyFails = false,
        EtagDeleteOfMissingKeyFails = false,
        AtomicTransactions = false,
        LastWriteChecksEtag = false,
        LostCreate = ComponentFault.Failed,
        ForeignEtag = ComponentFault.EtagInvalid,
        FirstWriteGuardsPlainKeys = false,
        ReportsExpiry = false,
        WriteWithoutTtlEndsIt = false,
    };

    private protected override async Task PrepareAsync() => _database = await RedisDatabase.EmptyAsync(await RedisServer.Shared);

    private protected override Task PassAsync(TimeSpan time) => _database.PassAsync(time);

    [Fact]
    public async Task Layout_OfAFirstWriteAndASwap_IsDaprds()
    {
        await Store.ApplyAsync(Set("key", "one", concurrency: Concurrency.FirstWrite), default);
        await Store.ApplyAsync(Set("key", "two", "1"), default);

        Assert.Equal(
            [("data", "two"), ("first-write", "0"), ("version", "2")], await _database.HashAsync("key"));
    }

    [Fact]
    public async Task Layout_WrittenByDaprd_IsRead()
    {
        await _database.ExecuteAsync("HSET", "key", "data", "theirs", "version", "41");

        var item = await Store.GetAsync("key", default);
        await Store.ApplyAsync(Set("key", "ours", item!.Etag), default);

        Assert.Equal(("theirs", "41"), (TextOf(item), item.Etag));
        Assert.Equal([("data", "ours"), ("version", "42")], await _database.HashAsync("key"));
    }

    [Fact]
    public async Task Get_PlainString_IsReadWithoutAnEtag()
    {
        await _database.ExecuteAsync("SET", "key", "plain");

        var one = await Store.GetAsync("key", default);
        var many = await Store.GetManyAsync(["key"], default);

        Assert.Equal(("plain", ""), (TextOf(one), one!.Etag));
        Assert.Equal("plain", TextOf(Assert.Single(many)));
    }

    [Fact]
    public async Task Set_KeyOfAnotherType_ReplacesIt()
    {
        await _database.ExecuteAsync("SADD", "key", "member");

        await Store.ApplyAsync(Set("key", "value"), default);

        Assert.Equal([("data", "value"), ("version", "1")], await _database.HashAsync("key"));
    }

    [Fact]
    public async Task Set_PlainAfterAFirstWrite_IsRefusedAsDaprdDoes()
    {
        await Store.ApplyAsync(Set("key", "guarded", concurrency: Concurrency.FirstWrite), default);

        var plain = await FaultOf(Store.ApplyAsync(Set("key", "plain"), default));
        var last = await FaultOf(Store.ApplyAsync(Set("key", "last", "1", Concurrency.LastWrite), default));

        Assert.Equal((ComponentFault.Failed, ComponentFault.EtagMismatch), (plain, last));
        Assert.Equal("guarded", TextOf(await Store.GetAsync("key", default)));
    }

    [Fact]
    public async Task Set_ServerForgotItsScripts_TeachesThemAgain()
    {
        await Store.ApplyAsync(Set("key", "one"), default);
        await _database.ExecuteAsync("SCRIPT", "FLUSH");

        await Store.ApplyAsync(Set("key", "two", "1"), default);
        await _database.ExecuteAsync("SCRIPT", "FLUSH");
        await Store.TransactAsync([Set("key", "three", "2"), Set("other", "x")], default);

        Assert.Equal(("three", "x"), (TextOf(await Store.GetAsync("key", default)), TextOf(await Store.GetAsync("other", default))));
    }

    [Fact]
    public async Task ComponentTtl_ItemsWithoutTheirOwn_Expire()
    {
        var store = await StartAsync(("ttlInSeconds", "30"));
        await store.ApplyAsync(Set("default", "x"), default);
        await store.ApplyAsync(Set("own", "x", ttl: 60), default);

        await PassAsync(TimeSpan.FromSeconds(45));

        Assert.Equal("own", Assert.Single(await store.GetManyAsync(["default", "own"], default)).Key);
    }

    [Fact]
    public async Task Transact_WithATtl_AppliesIt()
    {
        await Store.TransactAsync([Set("short", "x", ttl: 10), Set("long", "x")], default);

        await PassAsync(TimeSpan.FromSeconds(11));

        Assert.Equal("long", Assert.Single(await Store.GetManyAsync(["short", "long"], default)).Key);
    }
}
