using DaprShop.Tests.Configuration;
using DaprShop.Tests.Wire;
using Microsoft.Extensions.Logging.Abstractions;
using Sidecar.Components;
using Sidecar.Components.Middleware.Bearer;
using Sidecar.Components.Middleware.RateLimit;
using Sidecar.Components.Middleware.RouterChecker;
using Sidecar.Components.Middleware.Uppercase;

namespace DaprShop.Tests.Pipelines;

public sealed class PipelineConfigurationTests
{
    [Fact]
    public void Load_HandlersThatCannotRun_AreAllReported()
    {
        var loaded = LoadedResources.Load(
            new ReaderSetup { ConfigFiles = ["c.cfg"] },
            ("r.yaml", Yaml.Component("checker", "middleware.http.routerchecker", ("rule", "x"))),
            ("c.cfg", ConfigurationText.Of(
                "httpPipeline: { handlers: [{ name: cheker, type: middleware.http.routerchecker }, { name: checker, type: middleware.http.bearer }] }",
                "appHttpPipeline: { handlers: [{ name: checker, type: state.redis }, { type: middleware.http.bearer, version: v7 }] }")));

        Assert.Equal(
            [
                "c.cfg:6: spec.appHttpPipeline.handlers[0].type: 'state.redis' is not a middleware: its type has to begin with middleware.http.",
                "c.cfg:6: spec.appHttpPipeline.handlers[1].version: 'v7' is not known; known: v1",
                "c.cfg:6: spec.appHttpPipeline.handlers[1].name: is required",
                "c.cfg:5: spec.httpPipeline.handlers[0].name: there is no component 'cheker'; did you mean 'checker'?",
                "c.cfg:5: spec.httpPipeline.handlers[1].type: component 'checker' is a middleware.http.routerchecker, not a middleware.http.bearer",
            ],
            loaded.Errors);
    }

    // Apps share a configuration file; a step that is scoped to another app is none of this one's.
    [Fact]
    public void Load_AHandlerOfAnotherApp_IsNoMistake()
    {
        var loaded = LoadedResources.Load(
            new ReaderSetup { ConfigFiles = ["c.cfg"] },
            ("r.yaml", $"{Yaml.Component("checker", "middleware.http.routerchecker", ("rule", "x"))}\nscopes: [other]"),
            ("c.cfg", ConfigurationText.Of("httpPipeline: { handlers: [{ name: checker, type: middleware.http.routerchecker }] }")));

        Assert.Empty(loaded.Errors);
    }

    [Theory]
    [InlineData("routerchecker", "rule", "(", "spec.metadata.rule: is not a regular expression")]
    [InlineData("ratelimit", "maxRequestsPerSecond", "0", "spec.metadata.maxRequestsPerSecond: '0' is not a number above 0")]
    [InlineData("ratelimit", "maxRequestsPerSecond", "many", "spec.metadata.maxRequestsPerSecond: 'many' is not a number above 0")]
    [InlineData("uppercase", "direction", "up", "spec.metadata.direction: must be request, response or both, not 'up'")]
    [InlineData("bearer", "issuer", "http://i", "spec.metadata.audience: is required")]
    [InlineData("bearer", "audience", "a", "spec.metadata.issuer: is required")]
    [InlineData("bearer", "jwksURL", "ftp://x", "spec.metadata.issuer: is required|spec.metadata.audience: is required|spec.metadata.jwksURL: 'ftp://x' is not an http or https URL")]
    public void Create_WrongMetadata_SaysWhatIsWrong(string type, string name, string value, string expected)
    {
        var errors = new List<string>();
        var spec = new ComponentSpec("m", $"middleware.http.{type}", "v1", new Dictionary<string, string> { [name] = value }, false, TimeSpan.FromSeconds(5), "f.yaml");
        var context = new ComponentContext("app", ".", ["."], TimeProvider.System, NullLoggerFactory.Instance, null!);
        ComponentFactory create = type switch
        {
            "routerchecker" => RouterChecker.Create,
            "ratelimit" => RateLimit.Create,
            "uppercase" => Uppercase.Create,
            _ => BearerMiddleware.Create,
        };

        create(spec, context, errors);

        Assert.StartsWith(expected, string.Join('|', errors), StringComparison.Ordinal);
    }
}
