using DaprShop.TestKit;
using DaprShop.Tests.Configuration;
using DaprShop.Tests.Grpc;
using DaprShop.Tests.Wire;
using Sidecar.Grpc.DaprApi;

namespace DaprShop.Tests.Http;

/// <summary>What --dapr-public-port offers, and the API log of both protocols (dapr-contract.md 1.1, 13).</summary>
public sealed class PublicPortTests
{
    [Fact]
    public async Task PublicPort_WithATokenAndAPipeline_OffersHealthAndMetadataToAnybody()
    {
        var port = FreePorts.Two().First;
        await using var sidecar = await RunningSidecar.StartAsync(new SidecarSetup
        {
            Resources = [Yaml.Component("store", "state.in-memory"), Yaml.Component("none", "middleware.http.routerchecker", ("rule", "^/nothing$"))],
            Configurations = [ConfigurationText.Of("httpPipeline: { handlers: [{ name: none, type: middleware.http.routerchecker }] }")],
            Options = options => options with { ApiToken = "secret", PublicPort = port },
        });
        using var open = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = new Uri($"http://127.0.0.1:{port}") };

        var metadata = await open.SendTextAsync("GET", "/v1.0/metadata");

        Assert.Equal("204", await open.SendTextAsync("GET", "/v1.0/healthz"));
        Assert.StartsWith("200 {\"id\":\"app\"", metadata, StringComparison.Ordinal);
        Assert.Equal("404 404 page not found\n", await open.SendTextAsync("GET", "/v1.0/state/store/k"));
        Assert.Equal("404 404 page not found\n", await open.SendTextAsync("POST", "/v1.0/shutdown"));
        Assert.Equal("401 invalid api token", await sidecar.Http.SendTextAsync("GET", "/v1.0/metadata"));
        Assert.Equal("400 invalid router", await sidecar.Http.SendTextAsync("GET", "/v1.0/metadata", null, ("dapr-api-token", "secret")));
    }

    [Fact]
    public async Task ApiLog_OfAGrpcCall_HasDaprsFields()
    {
        await using var sidecar = await GrpcSidecar.StartAsync(new SidecarSetup { Options = options => options with { EnableApiLogging = true } });

        await sidecar.CallAsync("GetState", new GetStateRequest { StoreName = "none", Key = "k" });

        // Written after the answer.
        await Eventually.True(() => sidecar.Running.Log.Contains("gRPC API Called", StringComparison.Ordinal));
        var line = Assert.Single(sidecar.Running.Log.Split('\n'), line => line.Contains("gRPC API Called", StringComparison.Ordinal));
        Assert.Contains("level=info msg=\"gRPC API Called\" app_id=app code=9 duration=", line, StringComparison.Ordinal);
        Assert.Contains(" method=/dapr.proto.runtime.v1.Dapr/GetState ", line, StringComparison.Ordinal);
        Assert.Contains(" scope=dapr.runtime.grpc.api-info type=request ", line, StringComparison.Ordinal);
    }
}
