using System.Net;
using DaprShop.Gateway;
using DaprShop.Gateway.Authentication;
using DaprShop.TestKit;

namespace DaprShop.Tests.Gateway;

public class SignInTests
{
    [Theory]
    [InlineData("shopper-1", "demo", 200)]
    [InlineData("operator-12", "demo", 200)]
    [InlineData("shopper-1", "Demo", 401)]
    [InlineData("shopper-1", "", 401)]
    [InlineData("shopper-0", "demo", 401)]
    [InlineData("shopper-", "demo", 401)]
    [InlineData("admin-1", "demo", 401)]
    [InlineData("shopper-1\\n", "demo", 401)]
    [InlineData("xshopper-1", "demo", 401)]
    public async Task SignIn_NameAndPassword_Decide(string user, string password, int status)
    {
        await using var sidecar = await FakeSidecar.StartAsync();
        await using var gateway = await RunningService.StartAsync(GatewayHost.Build, sidecar);
        await Eventually.True(() => gateway.Get<SigningKey>().IsKnown);

        var answer = await gateway.SendAsync(
            HttpMethod.Post, "/api/v1/tokens", $$"""{"userName":"{{user}}","password":"{{password}}"}""");

        Assert.Equal(status, (int)answer.StatusCode);
        if (status == 200)
        {
            var token = await answer.JsonAsync();
            Assert.Equal("Bearer", token.GetProperty("tokenType").GetString());
            Assert.Equal(3600, token.GetProperty("expiresIn").GetInt32());
            Assert.Equal("no-store", answer.Headers.CacheControl?.ToString());
        }
        else
        {
            Assert.Equal("unauthenticated", await answer.ProblemAsync());
        }
    }

    [Fact]
    public async Task SignIn_SwitchedOff_IsNotThere()
    {
        await using var gateway = await RunningService.StartAsync(GatewayHost.Build, arguments: "--Authentication:DevelopmentSignIn=false");

        var answer = await gateway.SendAsync(HttpMethod.Post, "/api/v1/tokens", """{"userName":"shopper-1","password":"demo"}""");

        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
    }

    [Fact]
    public async Task SignIn_SecretStoreHasNotAnswered_Is503()
    {
        await using var gateway = await RunningService.StartAsync(GatewayHost.Build);

        var answer = await gateway.SendAsync(HttpMethod.Post, "/api/v1/tokens", """{"userName":"shopper-1","password":"demo"}""");

        Assert.Equal("dependency-unavailable", await answer.ProblemAsync());
    }
}
