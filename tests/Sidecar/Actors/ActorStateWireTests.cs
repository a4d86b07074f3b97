using DaprShop.Tests.Wire;
using Sidecar.Components;
using Sidecar.Components.State;

namespace DaprShop.Tests.Actors;

public sealed class ActorStateWireTests
{
    private const string TtlFeature = """
        apiVersion: dapr.io/v1alpha1
        kind: Configuration
        metadata: { name: c }
        spec: { features: [{ name: ActorStateTTL, enabled: true }] }
        """;

    private const string NoStore =
        """500 {"errorCode":"ERR_ACTOR_RUNTIME_NOT_FOUND","message":"the state store is not configured to use the actor runtime. Have you set the - name: actorStateStore value: \"true\" in your state store component file?"}""";

    [Fact]
    public async Task Transaction_ThenGet_IsTheStoredBytes()
    {
        await using var sidecar = await ActiveAsync();

        var saved = await sidecar.SendAsync("PUT", "cat/tom/state", """[{"operation":"upsert","request":{"key":"k","value":{"a": 1.0}}},{"operation":"upsert","request":{"key":"gone","value":"x"}}]""");
        var deleted = await sidecar.SendAsync("POST", "cat/tom/state", """[{"operation":"delete","request":{"key":"gone"}}]""");

        Assert.Equal(("204", "204"), (saved, deleted));
        Assert.Equal("""200 {"a": 1.0}""", await sidecar.SendAsync("GET", "cat/tom/state/k"));
        Assert.Equal("204", await sidecar.SendAsync("GET", "cat/tom/state/gone"));
        Assert.Equal("204", await sidecar.SendAsync("GET", "cat/kitty/state/k"));
    }

    [Fact]
    public async Task Transaction_InTheStore_HasDaprsKeys()
    {
        var store = new FakeStateStore(StateCapabilities.Etag | StateCapabilities.Transactional | StateCapabilities.Actor);
        await using var sidecar = await ActorSidecar.StartAsync(setup: new SidecarSetup
        {
            AppId = "zoo",
            Resources = [Yaml.Component("actors", "state.fake", ("actorStateStore", "true"))],
            Drivers = new Dictionary<string, Func<IComponent>> { ["state.fake"] = () => store },
        });
        await sidecar.SendAsync("POST", "cat/tom/method/m");

        await sidecar.SendAsync("PUT", "cat/tom/state", """[{"operation":"upsert","request":{"key":"k","value":1,"etag":"7"}},{"operation":"delete","request":{"key":"l"}}]""");

        Assert.Equal([("zoo||cat||tom||k", "7"), ("zoo||cat||tom||l", null)], store.Operations.Select(operation => (operation.Key, operation.Etag)));
    }

    [Fact]
    public async Task Transaction_WithATtl_ExpiresAndSaysWhen()
    {
        await using var sidecar = await ActiveAsync(new SidecarSetup { Resources = [ActorSidecar.Store], Configurations = [TtlFeature] });

        var saved = await sidecar.SendAsync("PUT", "cat/tom/state", """[{"operation":"upsert","request":{"key":"k","value":1,"metadata":{"ttlInSeconds":"10"}}}]""");
        using var answer = await sidecar.Http.GetAsync(new Uri("/v1.0/actors/cat/tom/state/k", UriKind.Relative));
        sidecar.Clock.Advance(TimeSpan.FromSeconds(10));

        Assert.Equal("204", saved);
        Assert.Equal(("1", "2026-01-02T03:04:15Z"), (await answer.Content.ReadAsStringAsync(), answer.Headers.GetValues("Metadata.ttlExpireTime").Single()));
        Assert.Equal("204", await sidecar.SendAsync("GET", "cat/tom/state/k"));
    }

    [Theory]
    [InlineData("""[{"operation":"upsert","request":{"key":"k","value":1,"metadata":{"ttlInSeconds":"10"}}}]""", "ttlInSeconds is not supported without the \\\"ActorStateTTL\\\" feature enabled")]
    [InlineData("""[{"operation":"upsert","request":{"value":1}}]""", "missing key")]
    [InlineData("""[{"operation":"","request":{"key":"k"}}]""", "operation is empty")]
    [InlineData("""[{"operation":"swap","request":{"key":"k"}}]""", "operation type swap not supported")]
    [InlineData("""[{"operation":"upsert","request":{"key":"k","value":1,"etag":"nope"}}]""", "etag mismatch for key app||cat||tom||k")]
    public async Task Transaction_ThatCannotBe_SavesNothing(string body, string message)
    {
        await using var sidecar = await ActiveAsync();

        Assert.Equal(
            $$"""500 {"errorCode":"ERR_ACTOR_STATE_TRANSACTION_SAVE","message":"error saving actor transaction state: {{message}}"}""",
            await sidecar.SendAsync("PUT", "cat/tom/state", body));
        Assert.Equal("204", await sidecar.SendAsync("GET", "cat/tom/state/k"));
    }

    [Theory]
    [InlineData("", "EOF")]
    [InlineData("{}", "the body is not a JSON array")]
    [InlineData("""[{"operation":"upsert"}]""", "\\\"request\\\" is a required field")]
    public async Task Transaction_WithABadBody_Is400(string body, string message)
    {
        await using var sidecar = await ActiveAsync();

        Assert.Equal(
            $$"""400 {"errorCode":"ERR_MALFORMED_REQUEST","message":"failed deserializing HTTP body: {{message}}"}""",
            await sidecar.SendAsync("PUT", "cat/tom/state", body));
    }

    [Fact]
    public async Task Transaction_OfAnActorThatIsNotActive_Is400()
    {
        await using var sidecar = await ActorSidecar.StartAsync();

        Assert.Equal("""400 {"errorCode":"ERR_ACTOR_INSTANCE_MISSING","message":"actor instance is missing"}""", await sidecar.SendAsync("PUT", "cat/tom/state", "[]"));
    }

    [Fact]
    public async Task Both_WithoutAStore_SayWhatIsMissing()
    {
        await using var sidecar = await ActorSidecar.StartAsync(setup: new SidecarSetup { Resources = [Yaml.Component("s", "state.in-memory")] });

        Assert.Equal((NoStore, NoStore), (await sidecar.SendAsync("PUT", "cat/tom/state", "[]"), await sidecar.SendAsync("GET", "cat/tom/state/k")));
    }

    [Fact]
    public async Task Both_WithAFailingStore_Are500()
    {
        var store = new FakeStateStore();
        await using var sidecar = await ActiveAsync(new SidecarSetup
        {
            Resources = [Yaml.Component("actors", "state.fake", ("actorStateStore", "true"))],
            Drivers = new Dictionary<string, Func<IComponent>> { ["state.fake"] = () => store },
        });
        store.Fault = new ComponentException(ComponentFault.Failed, "disk gone");

        Assert.Equal(
            """500 {"errorCode":"ERR_ACTOR_STATE_TRANSACTION_SAVE","message":"error saving actor transaction state: disk gone"}""",
            await sidecar.SendAsync("PUT", "cat/tom/state", """[{"operation":"delete","request":{"key":"k"}}]"""));
        Assert.Equal("""500 {"errorCode":"ERR_ACTOR_STATE_GET","message":"error getting actor state: disk gone"}""", await sidecar.SendAsync("GET", "cat/tom/state/k"));
    }

    private static async Task<ActorSidecar> ActiveAsync(SidecarSetup? setup = null)
    {
        var sidecar = await ActorSidecar.StartAsync(setup: setup);
        Assert.Equal("200", await sidecar.SendAsync("POST", "cat/tom/method/wake"));
        return sidecar;
    }
}
