using System.Globalization;
using DaprShop.TestKit;
using Sidecar.Components.Configuration;

namespace DaprShop.Tests.Configuration;

/// <summary>What every configuration store must do (dapr-contract.md 9.2). Items are written past the driver, as other programs do.</summary>
public abstract partial class ConfigurationStoreConformance : IAsyncLifetime
{
    private protected ComponentFixture Fixture { get; } = new() { UseManualClock = false };

    private protected IConfigurationStore Store { get; private set; } = null!;

    private protected abstract ConfigurationDriver Driver { get; }

    public virtual async Task InitializeAsync() => Store = await StartAsync("app");

    public virtual async Task DisposeAsync() => await Fixture.DeleteAsync();

    [Fact]
    public async Task Get_SomeKeys_AnswersThoseThatExist()
    {
        await PutAsync("a", "1");
        await PutAsync("b", "2");
        await PutAsync("c", "3");

        var items = await Store.GetAsync(["a", "c", "none", "a"], default);

        Assert.Equal(["a=1", "c=3"], Texts(items));
    }

    [Fact]
    public async Task Get_NoKeys_AnswersAll()
    {
        await PutAsync("a", "1");
        await PutAsync("b", "2");

        Assert.Equal(["a=1", "b=2"], Texts(await Store.GetAsync([], default)));
    }

    [Fact]
    public async Task Get_NothingThere_IsEmpty()
    {
        Assert.Empty(await Store.GetAsync([], default));
        Assert.Empty(await Store.GetAsync(["none", ""], default));
    }

    [Fact]
    public async Task Get_DeletedKeyAndEmptyValue_DoNotExist()
    {
        await PutAsync("gone", "1");
        await PutAsync("empty", "");
        await DeleteAsync("gone");

        Assert.Empty(await Store.GetAsync(["gone", "empty"], default));
        Assert.Empty(await Store.GetAsync([], default));
    }

    [Fact]
    public async Task Get_MoreItemsThanOneReadTakes_AnswersEachOnce()
    {
        var keys = Enumerable.Range(0, 2500).Select(n => n.ToString("0000", CultureInfo.InvariantCulture)).ToArray();
        await PutAllAsync(keys.Select(key => (key, $"v{key}")));

        var all = await Store.GetAsync([], default);
        var named = await Store.GetAsync(keys, default);

        Assert.Equal(keys.Select(key => $"{key}=v{key}"), Texts(all));
        Assert.Equal(Texts(all), Texts(named));
    }

    [Theory]
    [InlineData("a/b:c")]
    [InlineData(" with blanks ")]
    [InlineData("*")]
    [InlineData("a?b[c]")]
    [InlineData("a||b")]
    [InlineData("é🚀\n\"'\\")]
    [InlineData("__keyspace@0__:x")]
    public async Task OddKey_IsReadAndWatchedAsItIs(string key)
    {
        var recorder = new ChangeRecorder();
        using var subscription = await Store.SubscribeAsync([key], recorder.HandleAsync, default);

        await PutAsync("other", "1");
        await PutAsync(key, "1");

        await recorder.WaitForAsync($"{key}=1");
        Assert.Equal([$"{key}=1"], recorder.Texts.Distinct());
        Assert.Equal([$"{key}=1"], Texts(await Store.GetAsync([key], default)));
    }

    [Theory]
    [InlineData(" blanks \t\n")]
    [InlineData("{\"json\":[\"\\u0000\"]}")]
    [InlineData("é🚀 'quotes' |single| pipes")]
    [InlineData("null")]
    public async Task OddValue_ComesAsItIs(string value)
    {
        await PutAsync("key", value);

        Assert.Equal(value, (await Store.GetAsync(["key"], default))["key"].Value);
    }

    [Theory]
    [InlineData("a||b", "a", "b")]
    [InlineData("a||b||c", "a", "b")]
    [InlineData("a||", "a", "")]
    [InlineData("||b", null, null)]
    public async Task PipesInTheValue_FollowTheDriver(string stored, string? value, string? version)
    {
        await PutAsync("key", stored);

        var item = (await Store.GetAsync(["key"], default)).GetValueOrDefault("key");

        Assert.Equal(Driver.PipesEndTheValue ? value : stored, item?.Value);
        Assert.True(!Driver.PipesEndTheValue || item?.Version == version, $"the version was {item?.Version}");
    }

    [Fact]
    public async Task LargeValue_IsReadAndTold()
    {
        var large = string.Concat(Enumerable.Range(0, 500_000).Select(n => $"{n:0000000};"));
        var recorder = new ChangeRecorder();
        using var subscription = await Store.SubscribeAsync(["large"], recorder.HandleAsync, default);

        await PutAsync("large", large);

        await Eventually.True(() => recorder.Changes.Count > 0);
        Assert.Equal(large, recorder.Changes[0].Item.Value);
        Assert.Equal(large, (await Store.GetAsync([], default))["large"].Value);
    }

    [Fact]
    public async Task Version_OfTheWriter_ComesWithTheItem()
    {
        await PutAsync("key", "value", "v1.2");

        var version = (await Store.GetAsync(["key"], default))["key"].Version;

        Assert.Equal(Driver.WriterGivesTheVersion ? "v1.2" : "1", version);
    }

    [Fact]
    public async Task Version_OfTheStore_GrowsWithEachChangeAndIsNeverUsedAgain()
    {
        var versions = new List<string>();
        foreach (var value in (string[])["1", "2", "2"])
        {
            await PutAsync("key", value);
            versions.Add((await Store.GetAsync(["key"], default))["key"].Version);
        }

        await DeleteAsync("key");
        await PutAsync("key", "1");
        versions.Add((await Store.GetAsync(["key"], default))["key"].Version);

        Assert.Equal(Driver.WriterGivesTheVersion ? ["", "", "", ""] : ["1", "2", "3", "5"], versions);
    }

    [Fact]
    public async Task Get_AfterARestart_FindsTheItems()
    {
        await PutAsync("key", "value");

        await Fixture.StopAsync();
        Store = await StartAsync("app");

        Assert.Equal(["key=value"], Texts(await Store.GetAsync([], default)));
    }

    /// <summary>As another program writes, in the driver's documented layout.</summary>
    private protected abstract Task PutAsync(string key, string value, string version = "");

    private protected abstract Task DeleteAsync(string key);

    private protected virtual async Task PutAllAsync(IEnumerable<(string Key, string Value)> items)
    {
        foreach (var (key, value) in items)
        {
            await PutAsync(key, value);
        }
    }

    private protected Task<IConfigurationStore> StartAsync(string appId) =>
        Fixture.StartAsync<IConfigurationStore>(Driver.Type, appId, Driver.Metadata);

    private protected static IEnumerable<string> Texts(IReadOnlyDictionary<string, ConfigurationItem> items) =>
        items.Select(item => $"{item.Key}={item.Value.Value}").Order(StringComparer.Ordinal);
}
