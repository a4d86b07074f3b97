using DaprShop.TestKit;
using DaprShop.Tests.Wire;
using Sidecar.Components;
using Sidecar.Grpc.DaprApi;
using Stored = Sidecar.Components.Configuration.ConfigurationItem;

namespace DaprShop.Tests.Grpc;

public sealed class ConfigurationServiceTests : IAsyncLifetime
{
    private readonly FakeConfigurationStore _store = new();
    private GrpcSidecar _sidecar = null!;

    public async Task InitializeAsync() => _sidecar = await StartAsync();

    public async Task DisposeAsync() => await _sidecar.DisposeAsync();

    [Theory]
    [InlineData("GetConfiguration")]
    [InlineData("GetConfigurationAlpha1")]
    public async Task Get_SomeKeys_BringsTheItemsThatExist(string method)
    {
        _store.Items["a"] = new Stored("1", "7") { Metadata = new Dictionary<string, string> { ["m"] = "x" } };
        _store.Items["b"] = new Stored("2");

        var response = await _sidecar.CallAsync(
            method, new GetConfigurationRequest { StoreName = "configstore", Keys = { "a", "nope" } }, GetConfigurationResponse.Parser);

        var item = Assert.Single(response.Items);
        Assert.Equal(("a", "1", "7", "x"), (item.Key, item.Value.Value, item.Value.Version, item.Value.Metadata["m"]));
    }

    [Fact]
    public async Task Get_NoKeys_BringsAll()
    {
        _store.Items["a"] = new Stored("1");
        _store.Items["b"] = new Stored("2");

        var response = await _sidecar.CallAsync(
            "GetConfiguration", new GetConfigurationRequest { StoreName = "configstore" }, GetConfigurationResponse.Parser);

        Assert.Equal([("a", "1"), ("b", "2")], response.Items.OrderBy(item => item.Key).Select(item => (item.Key, item.Value.Value)));
    }

    [Theory]
    [InlineData("SubscribeConfiguration", "UnsubscribeConfiguration")]
    [InlineData("SubscribeConfigurationAlpha1", "UnsubscribeConfigurationAlpha1")]
    public async Task Subscribe_WithoutAnApp_StreamsTheIdThenEveryChangeUntilUnsubscribed(string subscribe, string unsubscribe)
    {
        await using var stream = Open(_sidecar, subscribe, "a");

        var first = await NextAsync(stream);
        await _store.ChangeAsync(("a", new Stored("1", "2")));
        var changed = await NextAsync(stream);
        await _store.ChangeAsync(("a", Stored.Deleted));
        var deleted = await NextAsync(stream);
        var ended = await _sidecar.CallAsync(
            unsubscribe, new UnsubscribeConfigurationRequest { StoreName = "configstore", Id = first.Id }, UnsubscribeConfigurationResponse.Parser);

        Assert.Equal((36, 0), (first.Id.Length, first.Items.Count));
        Assert.Equal((first.Id, "1", "2"), (changed.Id, changed.Items["a"].Value, changed.Items["a"].Version));
        Assert.Equal(("", 0), (deleted.Items["a"].Value, deleted.Items["a"].CalculateSize()));
        Assert.Equal((true, ""), (ended.Ok, ended.Message));
        Assert.False(await stream.MoveNextAsync());
        Assert.Equal(["a"], _store.Asked);
        await Eventually.True(() => _store.Subscriptions == 0);
    }

    [Fact]
    public async Task Subscribe_AClientThatGoesAway_LeavesNoSubscription()
    {
        var stream = Open(_sidecar, "SubscribeConfiguration", "a");
        await NextAsync(stream);
        Assert.Equal(1, _store.Subscriptions);

        await stream.DisposeAsync();

        await Eventually.True(() => _store.Subscriptions == 0);
    }

    [Fact]
    public async Task Subscribe_AStoppingSidecar_EndsTheStreamWithoutWaitingForItsGrace()
    {
        var sidecar = await StartAsync();
        await using var stream = Open(sidecar, "SubscribeConfiguration", "a");
        await NextAsync(stream);
        var stopped = sidecar.Running.Host.StopAsync(CancellationToken.None);

        Assert.False(await stream.MoveNextAsync());
        await stopped.WaitAsync(TimeSpan.FromSeconds(30));
        await sidecar.DisposeAsync();
    }

    [Fact]
    public async Task Unsubscribe_AnUnknownId_IsOkAndSaysSo()
    {
        var response = await _sidecar.CallAsync(
            "UnsubscribeConfiguration", new UnsubscribeConfigurationRequest { StoreName = "nope", Id = "12" }, UnsubscribeConfigurationResponse.Parser);

        Assert.Equal((false, "failed to unsubscribe to configuration request 12: subscription does not exist"), (response.Ok, response.Message));
    }

    [Theory]
    [InlineData("GetConfiguration")]
    [InlineData("SubscribeConfiguration")]
    public async Task UnknownStore_EachCall_IsInvalidArgument(string method) =>
        Assert.Equal(
            "3 configuration store nope not found", await _sidecar.EndAsync(method, new GetConfigurationRequest { StoreName = "nope", Keys = { "a" } }));

    [Theory]
    [InlineData("GetConfiguration")]
    [InlineData("SubscribeConfiguration")]
    public async Task NoStoreAtAll_EachCall_IsFailedPrecondition(string method)
    {
        await using var bare = await GrpcSidecar.StartAsync();

        Assert.Equal("9 configuration stores not configured", await bare.EndAsync(method, new GetConfigurationRequest { StoreName = "any" }));
    }

    [Theory]
    [InlineData("GetConfiguration", "13 failed to get [a b] from Configuration store configstore: server gone")]
    [InlineData("SubscribeConfiguration", "3 failed to subscribe [a b] from Configuration store configstore: server gone")]
    public async Task FailingStore_EachCall_SaysWhy(string method, string expected)
    {
        _store.Fault = new ComponentException(ComponentFault.Failed, "server gone");

        Assert.Equal(expected, await _sidecar.EndAsync(method, new GetConfigurationRequest { StoreName = "configstore", Keys = { "a", "b" } }));
    }

    private static IAsyncEnumerator<byte[]> Open(GrpcSidecar sidecar, string method, string key) =>
        sidecar.Client.StreamAsync(
            GrpcSidecar.PathOf(method), new SubscribeConfigurationRequest { StoreName = "configstore", Keys = { key } }, default)
            .GetAsyncEnumerator();

    private static async Task<SubscribeConfigurationResponse> NextAsync(IAsyncEnumerator<byte[]> stream)
    {
        Assert.True(await stream.MoveNextAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(30)));
        return SubscribeConfigurationResponse.Parser.ParseFrom(stream.Current);
    }

    private Task<GrpcSidecar> StartAsync() => GrpcSidecar.StartAsync(new SidecarSetup
    {
        Resources = [Yaml.Component("configstore", "configuration.fake")],
        Drivers = new Dictionary<string, Func<IComponent>> { ["configuration.fake"] = () => _store },
    });
}
