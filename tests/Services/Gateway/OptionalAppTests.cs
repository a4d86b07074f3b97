using System.Text.Json;
using DaprShop.Gateway;
using DaprShop.Gateway.Authentication;
using DaprShop.TestKit;
using Microsoft.AspNetCore.Http;

namespace DaprShop.Tests.Gateway;

/// <summary>An app that a shop may do without: what its setting changes, and what it does not.</summary>
public sealed class OptionalAppTests : IAsyncLifetime
{
    private const string Points = "/api/v1/points";

    private FakeSidecar _sidecar = null!;

    public async Task InitializeAsync() => _sidecar = await FakeSidecar.StartAsync();

    public async Task DisposeAsync() => await _sidecar.DisposeAsync();

    [Fact]
    public async Task Route_OfAnAppThatDoesNotRun_Is404WithoutACall()
    {
        await using var gateway = await StartAsync();

        var answer = await gateway.SendAsync(HttpMethod.Get, Points, null, await CallerAsync(gateway));

        Assert.Equal("not-found", await answer.ProblemAsync());
        Assert.Equal("The loyalty service does not run in this shop.", (await answer.JsonAsync()).GetProperty("detail").GetString());
        Assert.Empty(_sidecar.Invocations);
    }

    [Fact]
    public async Task Route_OfAnAppThatRuns_IsForwardedWithTheCaller()
    {
        await using var gateway = await StartAsync("--Loyalty:Enabled=true");
        _sidecar.OnInvoke = context => context.Response.WriteAsync("""{"balance":5}""");

        var answer = await gateway.SendAsync(HttpMethod.Get, Points + "?limit=3", null, await CallerAsync(gateway));

        Assert.Equal("""{"balance":5}""", await answer.Content.ReadAsStringAsync());
        var seen = _sidecar.Invocations.Single();
        Assert.Equal("/v1.0/invoke/loyalty/method/api/v1/points?limit=3", seen.Path);
        Assert.Equal("shopper-1", seen.Headers["shop-user"]);
    }

    [Theory]
    [InlineData("--Loyalty:Enabled=true")]
    [InlineData("--Loyalty:Enabled=false")]
    public async Task Route_WithoutAToken_Is401EitherWay(string setting)
    {
        await using var gateway = await StartAsync(setting);

        Assert.Equal("unauthenticated", await (await gateway.SendAsync(HttpMethod.Get, Points)).ProblemAsync());
    }

    [Theory]
    [InlineData("--Loyalty:Enabled=true", true)]
    [InlineData("--Loyalty:Enabled=false", false)]
    public async Task Health_AsksTheApp_WhereItRuns(string setting, bool asked)
    {
        await using var gateway = await StartAsync(setting);

        var health = await (await gateway.SendAsync(HttpMethod.Get, "/health")).JsonAsync();

        Assert.Equal(asked, health.GetProperty("checks").TryGetProperty("loyalty", out _));
    }

    private async Task<RunningService> StartAsync(params string[] settings)
    {
        var gateway = await RunningService.StartAsync(GatewayHost.Build, _sidecar, arguments: settings);
        await Eventually.True(() => gateway.Get<SigningKey>().IsKnown);
        return gateway;
    }

    private static async Task<(string Name, string Value)> CallerAsync(RunningService gateway)
    {
        var answer = await gateway.SendAsync(HttpMethod.Post, "/api/v1/tokens", JsonSerializer.Serialize(new { userName = "shopper-1", password = "demo" }));
        return ("Authorization", $"Bearer {(await answer.JsonAsync()).GetProperty("accessToken").GetString()}");
    }
}
