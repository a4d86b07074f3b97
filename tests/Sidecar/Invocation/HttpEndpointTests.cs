using DaprShop.Tests.Launcher;
using DaprShop.Tests.Wire;
using Sidecar.Components;
using Sidecar.Configuration;
using Sidecar.Host;

namespace DaprShop.Tests.Invocation;

/// <summary>Invocation of what has no sidecar: HTTPEndpoint resources and URLs (dapr-contract.md 3.4, 7.1).</summary>
public sealed class HttpEndpointTests : IAsyncLifetime
{
    private FakeApp _service = null!;

    public async Task InitializeAsync() => _service = await FakeApp.StartAsync(_ => new AppAnswer(201, "made", "text/plain") { Header = ("x-service", "yes") });

    public async Task DisposeAsync() => await _service.DisposeAsync();

    [Fact]
    public async Task Endpoint_ByName_GetsItsHeadersAndTheTraceAndNothingOfDapr()
    {
        await using var sidecar = await StartAsync(
            $$"""
            apiVersion: dapr.io/v1alpha1
            kind: HTTPEndpoint
            metadata: { name: weather }
            spec:
              baseUrl: http://127.0.0.1:{{_service.Port}}/base
              headers:
                - { name: Accept-Language, value: en }
                - { name: Authorization, secretKeyRef: { name: ENDPOINT_TEST_TOKEN, key: ENDPOINT_TEST_TOKEN } }
            auth: { secretStore: secrets }
            """);

        var answer = await sidecar.Http.SendTextAsync(
            "PUT", "/v1.0/invoke/weather/method/a%2Fb?q=1", "{}",
            ("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"), ("x-mine", "1"), ("dapr-api-token", "mine"), ("authorization", "Bearer mine"));

        Assert.Equal("201 made", answer);
        Assert.Contains("\"httpEndpoints\":[{\"name\":\"weather\"}]", await sidecar.Http.GetStringAsync("/v1.0/metadata"), StringComparison.Ordinal);
        var request = Assert.Single(_service.Requests);
        Assert.Equal(("PUT", "/base/a/b?q=1", "{}"), (request.Method, request.Target, request.Text));
        Assert.Equal(
            ("en", "from the store", "1", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
            (request.Headers["Accept-Language"], request.Headers["Authorization"], request.Headers["x-mine"], request.Headers["traceparent"]));
        Assert.DoesNotContain(
            request.Headers.Keys,
            name => name.StartsWith("dapr-", StringComparison.OrdinalIgnoreCase) || name.StartsWith("sidecar-", StringComparison.OrdinalIgnoreCase)
                || name.Contains("forwarded", StringComparison.OrdinalIgnoreCase));
    }

    [Theory]
    [InlineData("/v1.0/invoke/http://127.0.0.1:{0}/method/x/y?q=1", "/x/y?q=1")]
    [InlineData("/v1.0/invoke/http://127.0.0.1:{0}/deep/base/method/x", "/deep/base/x")]
    [InlineData("/v1.0/invoke/http%3A%2F%2F127.0.0.1%3A{0}/method/x", "/x")]
    public async Task Url_InTheRoute_IsCalledDirectly(string path, string target)
    {
        await using var sidecar = await StartAsync();

        var answer = await sidecar.Http.SendTextAsync("GET", path.Replace("{0}", $"{_service.Port}", StringComparison.Ordinal));

        Assert.Equal("201 made", answer);
        Assert.Equal(target, Assert.Single(_service.Requests).Target);
    }

    [Fact]
    public async Task Service_ThatIsNotThere_IsDaprsError()
    {
        await _service.DisposeAsync();
        await using var sidecar = await StartAsync();

        var answer = await sidecar.Http.SendTextAsync("GET", $"/v1.0/invoke/http://127.0.0.1:{_service.Port}/method/x");

        Assert.StartsWith(
            $$"""500 {"errorCode":"ERR_DIRECT_INVOKE","message":"failed to invoke, id: http://127.0.0.1:{{_service.Port}}, err: """, answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Secret_ThatIsMissing_StopsTheStartWithItsPlace()
    {
        var failure = await Record.ExceptionAsync(() => StartAsync(
            """
            apiVersion: dapr.io/v1alpha1
            kind: HTTPEndpoint
            metadata: { name: weather }
            spec: { baseUrl: https://example.com, clientTLS: { rootCA: { value: nonsense } }, headers: [{ name: a, secretKeyRef: { name: x } }] }
            auth: { secretStore: nowhere }
            """));

        var errors = Assert.IsType<ComponentsFailedException>(failure?.InnerException).Errors.Select(error => error.Message).ToList();
        Assert.Equal("its secret store nowhere is not available", errors[0]);
        Assert.StartsWith("is no PEM certificate that can be used: ", errors[1], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("spec: { baseUrl: nowhere }", "spec.baseUrl: 'nowhere' is not an http or https URL")]
    [InlineData("spec: {}", "spec.baseUrl: is required")]
    [InlineData("spec: { baseUrl: http://x, clientTLS: { certificate: { value: c } } }", "spec.clientTLS.privateKey: is required: certificate and key go together")]
    public void Mistake_InTheResource_IsNamed(string spec, string expected)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(Path.Combine(folder.Path, "e.yaml"), $"apiVersion: dapr.io/v1alpha1\nkind: HTTPEndpoint\nmetadata: {{ name: e }}\n{spec}\n");
        var errors = new List<ConfigurationError>();

        new ResourceLoader(new ResourceScope("app", null, _ => null, () => "id"), errors).Load([folder.Path], []);

        Assert.EndsWith(expected, Assert.Single(errors).ToString(), StringComparison.Ordinal);
    }

    private static Task<RunningSidecar> StartAsync(params string[] resources) => RunningSidecar.StartAsync(new SidecarSetup
    {
        Resources = [Yaml.Component("secrets", "secretstores.fake"), .. resources],
        Drivers = new Dictionary<string, Func<IComponent>> { ["secretstores.fake"] = Secrets },
    });

    private static FakeSecretStore Secrets()
    {
        var token = new Dictionary<string, string> { ["ENDPOINT_TEST_TOKEN"] = "from the store" };
        return new FakeSecretStore(new Dictionary<string, IReadOnlyDictionary<string, string>> { ["ENDPOINT_TEST_TOKEN"] = token });
    }
}
