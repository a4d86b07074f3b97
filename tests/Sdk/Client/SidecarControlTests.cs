using Dapr.Client;

namespace DaprShop.Tests.Client;

public sealed class SidecarControlTests
{
    [Theory]
    [InlineData(204, true)]
    [InlineData(200, true)]
    [InlineData(500, false)]
    public async Task CheckHealth_Answer_IsItsSuccess(int status, bool healthy)
    {
        await using var sidecar = await RecordingSidecar.AnsweringAsync(status);
        using var client = sidecar.Client();

        Assert.Equal(healthy, await client.CheckHealthAsync());
        Assert.Equal(healthy, await client.CheckOutboundHealthAsync());
        Assert.Equal(["GET /v1.0/healthz", "GET /v1.0/healthz/outbound"], sidecar.Requests.Select(request => request.Line));
    }

    [Fact]
    public async Task CheckHealth_SidecarGone_IsFalse()
    {
        var sidecar = await RecordingSidecar.StartAsync();
        using var client = sidecar.Client();
        await sidecar.DisposeAsync();

        Assert.False(await client.CheckHealthAsync());
    }

    [Fact]
    public async Task WaitForSidecar_ReadyAtTheSecondTry_AsksTwice()
    {
        await using var sidecar = await RecordingSidecar.StartAsync();
        sidecar.Answer = context =>
        {
            context.Response.StatusCode = sidecar.Requests.Count == 1 ? 500 : 204;
            return Task.CompletedTask;
        };
        using var client = sidecar.Client();

        await client.WaitForSidecarAsync();

        Assert.Equal(["GET /v1.0/healthz/outbound", "GET /v1.0/healthz/outbound"], sidecar.Requests.Select(request => request.Line));
    }

    [Fact]
    public async Task WaitForSidecar_Cancelled_Stops()
    {
        await using var sidecar = await RecordingSidecar.StartAsync();
        using var stop = new CancellationTokenSource();
        sidecar.Answer = async context =>
        {
            context.Response.StatusCode = 500;
            await stop.CancelAsync();
        };
        using var client = sidecar.Client();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => client.WaitForSidecarAsync(stop.Token));
    }

    [Fact]
    public async Task GetMetadata_FullAnswer_IsRead()
    {
        await using var sidecar = await RecordingSidecar.AnsweringAsync(200, """
            {"id":"order","runtimeVersion":"1.18.0","actors":[{"type":"Cart","count":2}],
             "components":[{"name":"statestore","type":"state.sqlite","version":"v1","capabilities":["ETAG","TTL"]},{"name":"bare","type":"lock.sqlite","version":"v1"}],
             "extended":{"daprRuntimeVersion":"1.18.0"}}
            """);
        using var client = sidecar.Client();

        var metadata = await client.GetMetadataAsync();

        Assert.Equal("GET /v1.0/metadata", sidecar.Request.Line);
        Assert.Equal("order", metadata.Id);
        Assert.Equal([("Cart", 2)], metadata.Actors.Select(actor => (actor.Type, actor.Count)));
        Assert.Equal(
            [("statestore", "state.sqlite", "v1", "ETAG,TTL"), ("bare", "lock.sqlite", "v1", "")],
            metadata.Components.Select(component => (component.Name, component.Type, component.Version, string.Join(',', component.Capabilities))));
        Assert.Equal("1.18.0", metadata.Extended["daprRuntimeVersion"]);
    }

    [Fact]
    public async Task SetMetadata_Text_IsPutRaw()
    {
        await using var sidecar = await RecordingSidecar.StartAsync();
        using var client = sidecar.Client();

        await client.SetMetadataAsync("my key", "a \"value\"");

        Assert.Equal("PUT /v1.0/metadata/my%20key", sidecar.Request.Line);
        Assert.Equal("a \"value\"", sidecar.Request.Body);
    }

    [Fact]
    public async Task Shutdown_Always_IsPosted()
    {
        await using var sidecar = await RecordingSidecar.StartAsync();
        using var client = sidecar.Client();

        await client.ShutdownSidecarAsync();

        Assert.Equal("POST /v1.0/shutdown", sidecar.Request.Line);
    }
}
