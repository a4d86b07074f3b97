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

        Assert.Equal(Needed, Store.Capabilities & Needed);
    }

    [Fact]
    public async Task Ttl_NotYetOver_ShowsTheExpiry()
    {
        await Store.ApplyAsync(Set("key", "value", ttl: 60), default);

        var item = await Store.GetAsync("key", default);

        Assert.Equal(Driver.ReportsExpiry ? _fixture.ManualClock.GetUtcNow().AddSeconds(60) : null, item!.ExpiresAt);
    }

    [Fact]
    public async Task Ttl_Over_HidesTheKeyEverywhere()
    {
        await Store.ApplyAsync(Set("key", "value", ttl: 60), default);
        await Store.ApplyAsync(Set("kept", "value", ttl: 3600), default);

        await PassAsync(TimeSpan.FromSeconds(60));

        Assert.Null(await Store.GetAsync("key", default));
        Assert.Equal("kept", Assert.Single(await Store.GetManyAsync(["key", "kept"], default)).Key);
        Assert.Equal(["kept"], await KeysAsync("k"));
    }

    [Fact]
    public async Task Ttl_Over_EtagNoLongerMatchesAndTheKeyCanBeCreated()
    {
        await Store.ApplyAsync(Set("key", "old", ttl: 1), default);
        var expired = await Store.GetAsync("key", default);
        await PassAsync(TimeSpan.FromSeconds(2));

        var swap = await FaultOf(Store.ApplyAsync(Set("key", "swapped", expired!.Etag), default));
        var create = await FaultOf(Store.ApplyAsync(Set("key", "new", concurrency: Concurrency.FirstWrite), default));

        Assert.Equal(Driver.EtagOnMissingKeyFails ? ComponentFault.EtagMismatch : null, swap);
        Assert.Null(create);
        Assert.Equal("new", TextOf(await Store.GetAsync("key", default)));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    public async Task Ttl_NotPositive_EndsAnEarlierOne(int ttl)
    {
        await Store.ApplyAsync(Set("key", "old", ttl: 10), default);

        await Store.ApplyAsync(Set("key", "new", ttl: ttl), default);
        await PassAsync(TimeSpan.FromHours(1));

        var item = await Store.GetAsync("key", default);
        Assert.Equal(("new", null), (TextOf(item), item!.ExpiresAt));
    }

    [Fact]
    public async Task Ttl_NoneAfterAnEarlierOne_FollowsTheDriver()
    {
        await Store.ApplyAsync(Set("key", "old", ttl: 10), default);

        await Store.ApplyAsync(Set("key", "new"), default);
        await PassAsync(TimeSpan.FromHours(1));

        Assert.Equal(Driver.WriteWithoutTtlEndsIt ? "new" : null, TextOf(await Store.GetAsync("key", default)));
    }

    [Fact]
    public async Task ListKeys_ByPrefix_ReturnsExactlyThose()
    {
        foreach (var key in new[] { "b/2", "a/1", "b/10", "b", "b/", "c/1", "B/1", "b0" })
        {
            await Store.ApplyAsync(Set(key, "x"), default);
        }

        Assert.Equal(["b/", "b/10", "b/2"], await KeysAsync("b/"));
    }

    [Theory]
    [InlineData("100%", "100%", "100%a", "100", "1000")]
    [InlineData("a_b", "a_b", "a_bc", "axb", "a")]
    [InlineData("it's", "it's", "it's so", "its", "it")]
    [InlineData("x[a-z]?*^\\", "x[a-z]?*^\\", "x[a-z]?*^\\y", "xaz", "x")]
    [InlineData("钥🔑", "钥🔑", "钥🔑匙", "钥🔒", "钥")]
    [InlineData("x\uD7FF", "x\uD7FF", "x\uD7FFy", "x\uE000", "x")]
    [InlineData("m\U0010FFFF", "m\U0010FFFF", "m\U0010FFFF\U0010FFFF", "n", "m")]
    public async Task ListKeys_PrefixWithOddCharacters_IsTakenLiterally(string prefix, string first, string second, string other, string shorter)
    {
        foreach (var key in new[] { first, second, other, shorter })
        {
            await Store.ApplyAsync(Set(key, "x"), default);
        }

        Assert.Equal([first, second], await KeysAsync(prefix));
    }

    [Fact]
    public async Task ListKeys_MoreThanOneReadTakes_MeetsThemAll()
    {
        await Store.TransactAsync([.. Enumerable.Range(0, 1100).Select(n => Set($"many/{n:0000}", "x"))], default);

        var seen = await KeysAsync("many/");

        Assert.Equal(Enumerable.Range(0, 1100).Select(n => $"many/{n:0000}"), seen);
    }

    private async Task<List<string>> KeysAsync(string prefix) =>
        [.. (await Store.ListKeysAsync(prefix, default).ToListAsync()).Distinct().Order(StringComparer.Ordinal)];
}
