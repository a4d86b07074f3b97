using System.Text.Json;
using DaprShop.Tests.Wire;
using Sidecar.Components;
using Sidecar.Components.State;

namespace DaprShop.Tests.Http;

public sealed class MetadataWireTests
{
    [Fact]
    public async Task Get_WithoutAnApp_IsTheDocumentedBytes()
    {
        await using var sidecar = await RunningSidecar.StartAsync(new SidecarSetup
        {
            AppId = "order",
            Resources = [Yaml.Component("zstore", "state.fake"), Yaml.Component("lock", "lock.fake")],
            Drivers = new Dictionary<string, Func<IComponent>>
            {
                ["state.fake"] = () => new FakeStateStore(StateCapabilities.Etag | StateCapabilities.Ttl | StateCapabilities.Actor),
                ["lock.fake"] = () => new FakeLockStore(),
            },
        });

        var set = await sidecar.Http.SendTextAsync("PUT", "/v1.0/metadata/cliPID", "42");
        var metadata = await sidecar.Http.SendTextAsync("GET", "/v1.0/metadata");

        Assert.Equal("204", set);
        Assert.Equal(
            """200 {"id":"order","runtimeVersion":"1.18.4","components":[{"name":"lock","type":"lock.fake","version":"v1","capabilities":[]},{"name":"zstore","type":"state.fake","version":"v1","capabilities":["ETAG","TTL","ACTOR"]}],"extended":{"cliPID":"42","daprRuntimeVersion":"1.18.4"},"actorRuntime":{"runtimeStatus":"DISABLED","hostReady":false,"placement":"placement: disconnected"},"workflows":{"connectedWorkers":0}}""",
            metadata);
    }

    [Fact]
    public async Task Get_WithAnApp_TellsHowItIsReached()
    {
        await using var app = await FakeApp.StartAsync(_ => new AppAnswer(200));
        await using var sidecar = await RunningSidecar.StartAsync(new SidecarSetup
        {
            App = app,
            Configurations = ["apiVersion: dapr.io/v1alpha1\nkind: Configuration\nspec: { features: [{ name: On, enabled: true }, { name: Off, enabled: false }] }"],
            Options = options => options with { EnableAppHealthCheck = true },
        });

        using var metadata = JsonDocument.Parse(await sidecar.Http.GetStringAsync("/v1.0/metadata"));

        Assert.Equal("[\"On\"]", metadata.RootElement.GetProperty("enabledFeatures").GetRawText());
        Assert.Equal(
            $$$"""{"port":{{{app.Port}}},"protocol":"http","channelAddress":"127.0.0.1","maxConcurrency":-1,"health":{"healthCheckPath":"/healthz","healthProbeInterval":"5s","healthProbeTimeout":"500ms","healthThreshold":3}}""",
            metadata.RootElement.GetProperty("appConnectionProperties").GetRawText());
    }
}
