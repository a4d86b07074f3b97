using System.Net;
using DaprShop.Tests.Wire;

namespace DaprShop.Tests.Http;

/// <summary>What clients observe on every route (dapr-contract.md 1.4).</summary>
public sealed class ServerRulesTests
{
    private const string NoAppId =
        """404 {"errorCode":"ERR_DIRECT_INVOKE","message":"failed getting app id either from the URL path or the header dapr-app-id"}""";

    [Theory]
    [InlineData("GET", "/")]
    [InlineData("GET", "/unknown/path")]
    [InlineData("POST", "/v1.0/healthz")]
    [InlineData("POST", "/v1.0/state/store/key")]
    [InlineData("GET", "/v1.0/state/store")]
    [InlineData("DELETE", "/v1.0/metadata")]
    [InlineData("OPTIONS", "/v1.0/metadata")]
    [InlineData("GET", "/v1.0/shutdown")]
    [InlineData("GET", "/v1.0-alpha1/lock/store")]
    public async Task UnknownPathOrWrongVerb_FallsThroughToInvocation(string method, string path)
    {
        await using var sidecar = await RunningSidecar.StartAsync(Yaml.Component("store", "state.in-memory"));

        Assert.Equal(NoAppId, await sidecar.Http.SendTextAsync(method, path));
    }

    [Theory]
    [InlineData("GET", "/v1.0/metadata")]
    [InlineData("POST", "/v1.0/shutdown")]
    [InlineData("POST", "/v1.0/healthz")]
    [InlineData("GET", "/unknown")]
    public async Task Token_MissingOrWrong_Is401InText(string method, string path)
    {
        await using var sidecar = await StartWithTokenAsync();

        var missing = await sidecar.Http.SendTextAsync(method, path);
        var wrong = await sidecar.Http.SendTextAsync(method, path, headers: ("dapr-api-token", "tokem"));

        Assert.Equal(("401 invalid api token", "401 invalid api token"), (missing, wrong));
        Assert.False(sidecar.Host.ShutdownAsked.IsCompleted);
    }

    [Fact]
    public async Task Token_Right_IsLetThroughAndHealthNeedsNone()
    {
        await using var sidecar = await StartWithTokenAsync();

        var right = await sidecar.Http.SendTextAsync("PUT", "/v1.0/metadata/a", "b", ("dapr-api-token", "token"));
        var health = await sidecar.Http.SendTextAsync("GET", "/v1.0/healthz");
        var outbound = await sidecar.Http.SendTextAsync("GET", "/v1.0/healthz/outbound/");

        Assert.Equal(("204", "204", "204"), (right, health, outbound));
    }

    [Fact]
    public async Task GrpcPort_AnythingElseThanGrpc_Is415()
    {
        await using var sidecar = await RunningSidecar.StartAsync();
        using var http = new HttpClient { DefaultRequestVersion = HttpVersion.Version20, DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact };

        using var answer = await http.GetAsync($"http://127.0.0.1:{sidecar.Host.Options.GrpcPort}/v1.0/healthz");

        Assert.Equal(HttpStatusCode.UnsupportedMediaType, answer.StatusCode);
    }

    [Fact]
    public async Task Headers_OverTheBufferSize_Are431()
    {
        await using var sidecar = await RunningSidecar.StartAsync();

        var answer = await sidecar.Http.SendTextAsync("GET", "/v1.0/healthz", headers: ("x-long", new string('x', 9000)));

        Assert.Equal("431", answer);
    }

    [Theory]
    [InlineData("warning", false)]
    [InlineData("info", true)]
    public async Task ApiLog_WhenAskedFor_IsOneLinePerCall(string level, bool isWritten)
    {
        await using var sidecar = await RunningSidecar.StartAsync(new SidecarSetup
        {
            Options = options => options with { EnableApiLogging = true, LogLevel = level },
        });

        await sidecar.Http.SendTextAsync("GET", "/v1.0/healthz", headers: ("User-Agent", "test/1"));

        if (isWritten)
        {
            var line = await DaprShop.TestKit.Eventually.Get(
                () => sidecar.Log.Split('\n').FirstOrDefault(line => line.Contains("dapr.runtime.http-info", StringComparison.Ordinal)), line => line is not null);
            Assert.Contains("msg=\"HTTP API Called\" app_id=app code=204 duration=", line, StringComparison.Ordinal);
            Assert.Contains("method=\"GET /v1.0/healthz\" useragent=test/1 ", line, StringComparison.Ordinal);
            Assert.Contains("type=request", line, StringComparison.Ordinal);
        }
        else
        {
            Assert.DoesNotContain("http-info", sidecar.Log, StringComparison.Ordinal);
        }
    }

    private static Task<RunningSidecar> StartWithTokenAsync() =>
        RunningSidecar.StartAsync(new SidecarSetup { Options = options => options with { ApiToken = "token" } });
}
