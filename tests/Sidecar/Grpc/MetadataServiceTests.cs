using DaprShop.Tests.Wire;
using Google.Protobuf.WellKnownTypes;
using Sidecar.Components;
using Sidecar.Components.State;
using Sidecar.Grpc.DaprApi;
using static Sidecar.Grpc.DaprApi.ActorRuntime.Types;

namespace DaprShop.Tests.Grpc;

public sealed class MetadataServiceTests
{
    [Fact]
    public async Task Get_WithoutAnApp_TellsComponentsAndTexts()
    {
        await using var sidecar = await GrpcSidecar.StartAsync(new SidecarSetup
        {
            AppId = "order",
            Resources =
            [
                Yaml.Component("zstore", "state.fake"),
                Yaml.Component("lock", "lock.fake"),
                "apiVersion: dapr.io/v1alpha1\nkind: Resiliency\nmetadata: { name: r }\nspec: { policies: { timeouts: { t: 1s } } }",
            ],
            Drivers = new Dictionary<string, Func<IComponent>>
            {
                ["state.fake"] = () => new FakeStateStore(StateCapabilities.Etag | StateCapabilities.Ttl | StateCapabilities.Actor),
                ["lock.fake"] = () => new FakeLockStore(),
            },
        });

        await sidecar.CallAsync("SetMetadata", new SetMetadataRequest { Key = "cliPID", Value = "42" }, Empty.Parser);
        var metadata = await GetAsync(sidecar);

        Assert.Equal(("order", "1.18.4"), (metadata.Id, metadata.RuntimeVersion));
        Assert.Equal(
            [("lock", "lock.fake", "v1", ""), ("zstore", "state.fake", "v1", "ETAG,TTL,ACTOR")],
            metadata.RegisteredComponents.Select(component =>
                (component.Name, component.Type, component.Version, string.Join(',', component.Capabilities))));
        Assert.Equal(new Dictionary<string, string> { ["cliPID"] = "42", ["daprRuntimeVersion"] = "1.18.4" }, metadata.ExtendedMetadata);
        Assert.Equal((ActorRuntimeStatus.Disabled, false), (metadata.ActorRuntime.RuntimeStatus, metadata.ActorRuntime.HostReady));
        Assert.Equal(0, metadata.Workflows.ConnectedWorkers);
        Assert.Equal(["r"], metadata.Resiliencies.Select(resiliency => resiliency.Name));
        Assert.Null(metadata.AppConnectionProperties);
        Assert.Empty(metadata.Subscriptions);
    }

    [Fact]
    public async Task Set_OverGrpc_IsSeenOverHttp()
    {
        await using var sidecar = await GrpcSidecar.StartAsync();

        await sidecar.CallAsync("SetMetadata", new SetMetadataRequest { Key = "k", Value = "v ä" }, Empty.Parser);

        Assert.Contains("\"k\":\"v ä\"", await sidecar.Running.Http.SendTextAsync("GET", "/v1.0/metadata"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Get_WithAnApp_TellsHowItIsReachedAndWhatItSubscribedTo()
    {
        await using var app = await FakeApp.StartAsync(request => request.Target == "/dapr/subscribe"
            ? new AppAnswer(200, """[{"pubsubname":"pubsub","topic":"t","routes":{"rules":[{"match":"event.type == \"a\"","path":"/a"}],"default":"/d"},"metadata":{"m":"x"},"deadLetterTopic":"dead"}]""")
            : new AppAnswer(200));
        await using var sidecar = await GrpcSidecar.StartAsync(new SidecarSetup
        {
            App = app,
            Resources = [Yaml.Component("pubsub", "pubsub.in-memory")],
            Configurations = ["apiVersion: dapr.io/v1alpha1\nkind: Configuration\nspec: { features: [{ name: On, enabled: true }, { name: Off, enabled: false }] }"],
            Options = options => options with { EnableAppHealthCheck = true },
        });

        var metadata = await GetAsync(sidecar);

        Assert.Equal(["On"], metadata.EnabledFeatures);
        var connection = metadata.AppConnectionProperties;
        Assert.Equal((app.Port, "http", "127.0.0.1", -1), (connection.Port, connection.Protocol, connection.ChannelAddress, connection.MaxConcurrency));
        Assert.Equal(
            ("/healthz", "5s", "500ms", 3),
            (connection.Health.HealthCheckPath, connection.Health.HealthProbeInterval, connection.Health.HealthProbeTimeout, connection.Health.HealthThreshold));
        var subscription = Assert.Single(metadata.Subscriptions);
        Assert.Equal(
            ("pubsub", "t", "x", "dead", PubsubSubscriptionType.Programmatic),
            (subscription.PubsubName, subscription.Topic, subscription.Metadata["m"], subscription.DeadLetterTopic, subscription.Type));
        Assert.Equal([("event.type == \"a\"", "/a"), ("", "/d")], subscription.Rules.Rules.Select(rule => (rule.Match, rule.Path)));
    }

    [Theory]
    [InlineData(null, false)]
    [InlineData("false", false)]
    [InlineData("true", true)]
    public async Task Shutdown_OfEachKind_AnswersAndThenAsksTheHost(string? header, bool force)
    {
        await using var sidecar = await GrpcSidecar.StartAsync();

        var end = await sidecar.EndAsync("Shutdown", new ShutdownRequest(), header is null ? [] : [("dapr-force-shutdown", header)]);

        Assert.Equal("0 ", end);
        Assert.Equal(force, await sidecar.Running.Host.ShutdownAsked.WaitAsync(TimeSpan.FromSeconds(30)));
    }

    private static Task<GetMetadataResponse> GetAsync(GrpcSidecar sidecar) =>
        sidecar.CallAsync("GetMetadata", new GetMetadataRequest(), GetMetadataResponse.Parser);
}
