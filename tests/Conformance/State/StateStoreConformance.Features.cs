using Sidecar.Components;
using Sidecar.Components.State;

namespace DaprShop.Tests.State;

/// <summary>Runs what the driver claims: a capability that is not claimed must not be needed by these.</summary>
public abstract partial class StateStoreConformance
{
    [Fact]
    public void Capabilities_AllDrivers_ClaimWhatWorkflowsNeed()
    {
        const StateCapabilities Needed = StateCapabilities.Etag | StateCapabilities.Transactional | StateCapabilities.Actor;

        Assert.Equal(Needed, _store.Capabilities & Needed);
    }

    [Fact]
    public async Task Ttl_NotYetOver_ShowsTheExpiry()
    {
        await _store.ApplyAsync(Set("key", "value", ttl: 60), default);

        var item = await _store.GetAsync("key", default);

        Assert.Equal(_fixture.ManualClock.GetUtcNow().AddSeconds(60), item!.ExpiresAt);
    }

    [Fact]
    public async Task Ttl_Over_HidesTheKeyEverywhere()
    {
        await _store.ApplyAsync(Set("key", "value", ttl: 60), default);
        await _store.ApplyAsync(Set("kept", "value", ttl: 3600), default);

        _fixture.ManualClock.Advance(TimeSpan.FromSeconds(60));

        Assert.Null(await _store.GetAsync("key", default));
        Assert.Equal("kept", Assert.Single(await _store.GetManyAsync(["key", "kept"], default)).Key);
        Assert.Equal(["kept"], await _store.ListKeysAsync("k", null, 10, default));
    }

    [Fact]
    public async Task Ttl_Over_EtagNoLongerMatchesAndTheKeyCanBeCreated()
    {
        await _store.ApplyAsync(Set("key", "old", ttl: 1), default);
        var expired = await _store.GetAsync("key", default);
        _fixture.ManualClock.Advance(TimeSpan.FromSeconds(2));

        var swap = await FaultOf(_store.ApplyAsync(Set("key", "swapped", expired!.Etag), default));
        var create = await FaultOf(_store.ApplyAsync(Set("key", "new", concurrency: Concurrency.FirstWrite), default));

        Assert.Equal(Driver.EtagOnMissingKeyFails ? ComponentFault.EtagMismatch : null, swap);
        Assert.Null(create);
        Assert.Equal("new", TextOf(await _store.GetAsync("key", default)));
    }

    [Theory]
    [InlineData(null)]
    [InlineData(0)]
    [InlineData(-1)]
    public async Task Ttl_NoneOrNotPositive_EndsAnEarlierOne(int? ttl)
    {
        await _store.ApplyAsync(Set("key", "old", ttl: 10), default);

        await _store.ApplyAsync(Set("key", "new", ttl: ttl), default);
        _fixture.ManualClock.Advance(TimeSpan.FromHours(1));

        var item = await _store.GetAsync("key", default);
        Assert.Equal(("new", null), (TextOf(item), item!.ExpiresAt));
    }

    [Fact]
    public async Task ListKeys_ByPrefix_ReturnsExactlyThoseInOrder()
    {
        foreach (var key in new[] { "b/2", "a/1", "b/10", "b", "b/", "c/1", "B/1", "b0" })
        {
            await _store.ApplyAsync(Set(key, "x"), default);
        }

        Assert.Equal(["b/", "b/10", "b/2"], await _store.ListKeysAsync("b/", null, 100, default));
    }

    [Theory]
    [InlineData("100%", "100%", "100%a", "100", "1000")]
    [InlineData("a_b", "a_b", "a_bc", "axb", "a")]
    [InlineData("it's", "it's", "it's so", "its", "it")]
    [InlineData("钥🔑", "钥🔑", "钥🔑匙", "钥🔒", "钥")]
    [InlineData("x\uD7FF", "x\uD7FF", "x\uD7FFy", "x\uE000", "x")]
    [InlineData("m\U0010FFFF", "m\U0010FFFF", "m\U0010FFFF\U0010FFFF", "n", "m")]
    public async Task ListKeys_PrefixWithOddCharacters_IsTakenLiterally(string prefix, string first, string second, string other, string shorter)
    {
        foreach (var key in new[] { first, second, other, shorter })
        {
            await _store.ApplyAsync(Set(key, "x"), default);
        }

        Assert.Equal([first, second], await _store.ListKeysAsync(prefix, null, 100, default));
    }

    [Fact]
    public async Task ListKeys_PageByPage_MeetsEachKeyOnce()
    {
        await _store.TransactAsync([.. Enumerable.Range(0, 25).Select(n => Set($"page/{n:00}", "x"))], default);

        var seen = new List<string>();
        for (var page = await _store.ListKeysAsync("page/", null, 10, default); page.Count > 0;)
        {
            seen.AddRange(page);
            page = await _store.ListKeysAsync("page/", page[^1], 10, default);
        }

        Assert.Equal(Enumerable.Range(0, 25).Select(n => $"page/{n:00}"), seen);
    }
}
