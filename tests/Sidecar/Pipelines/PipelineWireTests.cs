using DaprShop.Tests.Configuration;
using DaprShop.Tests.Wire;

namespace DaprShop.Tests.Pipelines;

/// <summary>spec.httpPipeline and appHttpPipeline on a running sidecar (dapr-contract.md 1.4, 3.5).</summary>
public sealed class PipelineWireTests
{
    private static readonly string[] Components =
    [
        Yaml.Component("store", "state.in-memory"),
        Yaml.Component("routes", "middleware.http.routerchecker", ("rule", "^/v1.0/(state|invoke|healthz)")),
        Yaml.Component("upper", "middleware.http.uppercase"),
        Yaml.Component("upper-both", "middleware.http.uppercase", ("direction", "both")),
        Yaml.Component("limit", "middleware.http.ratelimit", ("maxRequestsPerSecond", "0.001")),
    ];

    [Fact]
    public async Task HttpPipeline_RouterCheckerThenUppercase_RefusesOrChangesInThatOrder()
    {
        await using var sidecar = await StartAsync(null, "httpPipeline: { handlers: [{ name: routes, type: middleware.http.routerchecker }, { name: upper, type: middleware.http.uppercase }] }");

        var saved = await sidecar.Http.SendTextAsync("POST", "/v1.0/state/store", """[{"key":"k","value":"text"}]""");
        var refused = await sidecar.Http.SendTextAsync("GET", "/v1.0/metadata");
        var health = await sidecar.Http.SendTextAsync("GET", "/v1.0/healthz");

        // Path and body reach the API, the path as it was sent and the body in capitals: KEY is no member of a state request.
        Assert.StartsWith("400 {\"errorCode\":\"ERR_MALFORMED_REQUEST\"", saved, StringComparison.Ordinal);
        Assert.Equal("400 invalid router", refused);
        Assert.Equal("204", health);
    }

    [Fact]
    public async Task HttpPipeline_UppercaseBothWays_ChangesBodiesAndKeepsTheirLength()
    {
        await using var app = await FakeApp.StartAsync(request => Echo(request, $"got {request.Text}"));
        await using var sidecar = await StartAsync(app, "httpPipeline: { handlers: [{ name: upper-both, type: middleware.http.uppercase, version: v1 }] }");

        var answer = await sidecar.Http.SendTextAsync("POST", "/v1.0/invoke/app/method/echo", "hello ü");

        Assert.Equal("200 GOT HELLO ü", answer);
        Assert.Equal("HELLO ü", app.Requests.Single(request => request.Target == "/echo").Text);
    }

    [Fact]
    public async Task HttpPipeline_RateLimit_CountsEachPathAndClientByItself()
    {
        await using var sidecar = await StartAsync(null, "httpPipeline: { handlers: [{ name: limit, type: middleware.http.ratelimit }] }");

        var first = await sidecar.Http.SendTextAsync("GET", "/v1.0/state/store/a?x=1");
        var second = await sidecar.Http.SendTextAsync("GET", "/v1.0/state/store/a?x=2");
        var otherPath = await sidecar.Http.SendTextAsync("GET", "/v1.0/state/store/b");
        var otherClient = await sidecar.Http.SendTextAsync("GET", "/v1.0/state/store/a", null, ("X-Forwarded-For", "10.0.0.1, 10.0.0.2"));

        Assert.Equal(("204", "429 You have reached maximum request limit.", "204", "204"), (first, second, otherPath, otherClient));
    }

    [Fact]
    public async Task AppHttpPipeline_UppercaseBothWays_ChangesCallsOfTheAppOnly()
    {
        await using var app = await FakeApp.StartAsync(request => Echo(request, $"got {request.Text}"));
        await using var sidecar = await StartAsync(app, "appHttpPipeline: { handlers: [{ name: upper-both, type: middleware.http.uppercase }] }");

        var answer = await sidecar.Http.SendTextAsync("POST", "/v1.0/invoke/app/method/echo", "hello");
        var health = await sidecar.Http.GetStringAsync("/v1.0/metadata");

        Assert.Equal("200 GOT HELLO", answer);
        Assert.Equal("HELLO", app.Requests.Single(request => request.Target == "/echo").Text);
        Assert.Contains("\"id\":\"app\"", health, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AppHttpPipeline_AStepThatAnswers_StandsForTheAppAndPassesTheStepsBeforeIt()
    {
        await using var app = await FakeApp.StartAsync(request => Echo(request, "from the app"));
        await using var sidecar = await StartAsync(
            app,
            "appHttpPipeline: { handlers: [{ name: upper-both, type: middleware.http.uppercase }, { name: only-good, type: middleware.http.routerchecker }] }",
            Yaml.Component("only-good", "middleware.http.routerchecker", ("rule", "^/(good|dapr/)")));

        var good = await sidecar.Http.SendTextAsync("GET", "/v1.0/invoke/app/method/good?q=1");
        var bad = await sidecar.Http.SendTextAsync("GET", "/v1.0/invoke/app/method/bad");

        Assert.Equal(("200 FROM THE APP", "400 INVALID ROUTER"), (good, bad));
        Assert.DoesNotContain(app.Requests, request => request.Target == "/bad");
    }

    private static AppAnswer Echo(AppRequest request, string text) =>
        request.Target.StartsWith("/dapr/", StringComparison.Ordinal) ? new AppAnswer(404) : new AppAnswer(200, text);

    private static async Task<RunningSidecar> StartAsync(FakeApp? app, string spec, params string[] more) => await RunningSidecar.StartAsync(new SidecarSetup
    {
        App = app,
        Resources = [.. Components, .. more],
        Configurations = [ConfigurationText.Of(spec)],
    });
}
