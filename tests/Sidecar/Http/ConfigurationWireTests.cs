using DaprShop.Tests.Wire;
using Sidecar.Components;
using Sidecar.Components.Configuration;

namespace DaprShop.Tests.Http;

public sealed class ConfigurationWireTests : IAsyncLifetime
{
    private readonly FakeConfigurationStore _store = new();
    private RunningSidecar _sidecar = null!;

    public async Task InitializeAsync() => _sidecar = await StartAsync();

    public async Task DisposeAsync() => await _sidecar.DisposeAsync();

    [Theory]
    [InlineData("/v1.0")]
    [InlineData("/v1.0-alpha1")]
    public async Task Get_AllAndSome_IsTheDocumentedBytes(string version)
    {
        _store.Items["b"] = new ConfigurationItem("2", "v7");
        _store.Items["a"] = new ConfigurationItem("\"1\" <é>") { Metadata = new Dictionary<string, string> { ["y"] = "2", ["x"] = "1" } };

        var all = await _sidecar.Http.SendTextAsync("GET", $"{version}/configuration/configstore");
        var some = await _sidecar.Http.SendTextAsync("GET", $"{version}/configuration/configstore?key=b&key=none&metadata.x=1");

        Assert.Equal("""200 {"a":{"value":"\"1\" <é>","metadata":{"x":"1","y":"2"}},"b":{"value":"2","version":"v7"}}""", all);
        Assert.Equal("""200 {"b":{"value":"2","version":"v7"}}""", some);
        Assert.Equal(["", "b,none"], _store.Asked);
    }

    [Fact]
    public async Task Get_NothingThere_Is204() =>
        Assert.Equal("204", await _sidecar.Http.SendTextAsync("GET", "/v1.0/configuration/configstore?key=none"));

    [Fact]
    public async Task Get_KeysWithSpecialCharacters_AreAskedAsMeant()
    {
        await _sidecar.Http.SendTextAsync("GET", "/v1.0/configuration/configstore?key=a%2Fb&key=c+d&key=%26%7C%7C&key=");

        Assert.Equal(["a/b,c d,&||,"], _store.Asked);
    }

    [Theory]
    [InlineData("")]
    [InlineData("/subscribe")]
    [InlineData("/some-id/unsubscribe")]
    public async Task UnknownStore_EveryCall_Is400(string call) => Assert.Equal(
        """400 {"errorCode":"ERR_CONFIGURATION_STORE_NOT_FOUND","message":"configuration store nope not found"}""",
        await _sidecar.Http.SendTextAsync("GET", "/v1.0/configuration/nope" + call));

    [Theory]
    [InlineData("")]
    [InlineData("/subscribe")]
    [InlineData("/some-id/unsubscribe")]
    public async Task NoStoreAtAll_EveryCall_Is500(string call)
    {
        await using var bare = await RunningSidecar.StartAsync(Yaml.Component("other", "state.in-memory"));

        var answer = await bare.Http.SendTextAsync("GET", "/v1.0/configuration/other" + call);

        Assert.Equal("""500 {"errorCode":"ERR_CONFIGURATION_STORE_NOT_CONFIGURED","message":"configuration stores not configured"}""", answer);
    }

    [Fact]
    public async Task Subscribe_WithoutAnApp_Is500AndSubscribesToNothing()
    {
        var answer = await _sidecar.Http.SendTextAsync("GET", "/v1.0/configuration/configstore/subscribe");

        Assert.Equal(
            """500 {"errorCode":"ERR_APP_CHANNEL_NIL","message":"app channel is not initialized. cannot subscribe to configuration updates"}""",
            answer);
        Assert.Empty(_store.Asked);
    }

    [Fact]
    public async Task FailingStore_GetAndSubscribe_Are500()
    {
        await using var app = await FakeApp.StartAsync();
        await using var sidecar = await StartAsync(app);
        _store.Fault = new ComponentException(ComponentFault.Failed, "server gone");

        var some = await sidecar.Http.SendTextAsync("GET", "/v1.0/configuration/configstore?key=a&key=b");
        var all = await sidecar.Http.SendTextAsync("GET", "/v1.0/configuration/configstore");
        var subscribed = await sidecar.Http.SendTextAsync("GET", "/v1.0/configuration/configstore/subscribe?key=a");

        Assert.Equal("""500 {"errorCode":"ERR_CONFIGURATION_GET","message":"failed to get [a b] from Configuration store configstore: server gone"}""", some);
        Assert.Equal("""500 {"errorCode":"ERR_CONFIGURATION_GET","message":"failed to get [] from Configuration store configstore: server gone"}""", all);
        Assert.Equal(
            """500 {"errorCode":"ERR_CONFIGURATION_SUBSCRIBE","message":"failed to subscribe [a] from Configuration store configstore: server gone"}""",
            subscribed);
    }

    [Fact]
    public async Task Unsubscribe_UnknownId_Is500WithTheReason() => Assert.Equal(
        """500 {"ok":false,"message":"failed to unsubscribe to configuration request 12-34: subscription with id 12-34 does not exist"}""",
        await _sidecar.Http.SendTextAsync("GET", "/v1.0/configuration/configstore/12-34/unsubscribe"));

    [Fact]
    public async Task Get_UnderAnOutboundPolicy_IsTriedAgain()
    {
        const string Policy = """
            apiVersion: dapr.io/v1alpha1
            kind: Resiliency
            metadata: { name: policies }
            spec:
              policies: { retries: { thrice: { policy: constant, duration: 1ms, maxRetries: 3 } } }
              targets: { components: { configstore: { outbound: { retry: thrice } } } }
            """;
        await using var sidecar = await StartAsync(null, Policy);
        _store.Fault = new ComponentException(ComponentFault.Failed, "busy");

        var answer = await sidecar.Http.SendTextAsync("GET", "/v1.0/configuration/configstore?key=a");

        Assert.StartsWith("500 ", answer, StringComparison.Ordinal);
        Assert.Equal(["a", "a", "a", "a"], _store.Asked);
    }

    [Fact]
    public async Task Metadata_ListsTheComponent_WithoutCapabilities() => Assert.Contains(
        """
        "components":[{"name":"configstore","type":"configuration.fake","version":"v1","capabilities":[]}]
        """,
        await _sidecar.Http.SendTextAsync("GET", "/v1.0/metadata"),
        StringComparison.Ordinal);

    [Fact]
    public async Task OtherVerbs_AnswerAsUnknownPaths()
    {
        var answer = await _sidecar.Http.SendTextAsync("POST", "/v1.0/configuration/configstore", "{}");

        Assert.StartsWith("404 {\"errorCode\":\"ERR_DIRECT_INVOKE\"", answer, StringComparison.Ordinal);
    }

    private Task<RunningSidecar> StartAsync(FakeApp? app = null, params string[] resources) => RunningSidecar.StartAsync(new SidecarSetup
    {
        App = app,
        Resources = [Yaml.Component("configstore", "configuration.fake"), .. resources],
        Drivers = new Dictionary<string, Func<IComponent>> { ["configuration.fake"] = () => _store },
    });
}
