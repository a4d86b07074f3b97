using DaprShop.Tests.Configuration;
using DaprShop.Tests.Grpc;
using DaprShop.Tests.Wire;
using Google.Protobuf.WellKnownTypes;
using Sidecar.Grpc.DaprApi;

namespace DaprShop.Tests.Http;

/// <summary>spec.api over both protocols (dapr-contract.md 3.6).</summary>
public sealed class ApiAccessWireTests
{
    private const string NoAppId = """404 {"errorCode":"ERR_DIRECT_INVOKE","message":"failed getting app id either from the URL path or the header dapr-app-id"}""";
    private const string Closed = "12 Not Implemented | Not Implemented dapr.io http.code=501 http.error_message=requested endpoint is not available";

    [Fact]
    public async Task AllowedApis_TheirRoutesAndHealth_AreAllThereIs()
    {
        await using var app = await FakeApp.StartAsync();
        await using var sidecar = await RunningSidecar.StartAsync(new SidecarSetup
        {
            App = app,
            Resources = [Yaml.Component("store", "state.in-memory")],
            Configurations = [ConfigurationText.Of("api: { allowed: [{ name: state, version: v1, protocol: http }] }")],
        });

        Assert.Equal("204", await sidecar.Http.SendTextAsync("GET", "/v1.0/state/store/k"));
        Assert.Equal("204", await sidecar.Http.SendTextAsync("GET", "/v1.0/healthz"));
        Assert.Equal(NoAppId, await sidecar.Http.SendTextAsync("GET", "/v1.0/metadata"));
        Assert.Equal(NoAppId, await sidecar.Http.SendTextAsync("PATCH", "/v1.0/state/store/k"));
        Assert.Equal(NoAppId, await sidecar.Http.SendTextAsync("GET", "/v1.0/invoke/app/method/x"));
        Assert.Equal(NoAppId, await sidecar.Http.SendTextAsync("GET", "/x", null, ("dapr-app-id", "app")));
        Assert.DoesNotContain(app.Requests, request => request.Target == "/x");
    }

    [Fact]
    public async Task DeniedApis_OverGrpc_AreUnimplementedAndTheOthersAnswer()
    {
        await using var sidecar = await GrpcSidecar.StartAsync(new SidecarSetup
        {
            Resources = [Yaml.Component("store", "state.in-memory")],
            Configurations = [ConfigurationText.Of("api: { denied: [{ name: state, version: v1, protocol: grpc }, { name: metadata, version: v1, protocol: grpc }] }")],
        });

        Assert.Equal(Closed, await sidecar.EndAsync("GetState", new GetStateRequest { StoreName = "store", Key = "k" }));
        Assert.Equal(Closed, await sidecar.EndAsync("GetMetadata", new GetMetadataRequest()));
        Assert.Equal("9 secret store is not configured", await sidecar.EndAsync("GetSecret", new GetSecretRequest { StoreName = "v", Key = "k" }));
        Assert.Equal("204", await sidecar.Running.Http.SendTextAsync("GET", "/v1.0/state/store/k"));
    }

    [Fact]
    public async Task AllowedApis_OverGrpc_CloseTheOthersButNotTheTaskHub()
    {
        await using var sidecar = await GrpcSidecar.StartAsync(new SidecarSetup
        {
            Configurations = [ConfigurationText.Of("api: { allowed: [{ name: metadata, version: v1, protocol: grpc }] }")],
        });

        var hub = await sidecar.Client.CallAsync("/TaskHubSidecarService/Hello", new Empty());

        Assert.Equal("0 ", await sidecar.EndAsync("GetMetadata", new GetMetadataRequest()));
        Assert.Equal(Closed, await sidecar.EndAsync("GetSecret", new GetSecretRequest { StoreName = "v", Key = "k" }));
        Assert.Equal(0, hub.Status);
    }
}
