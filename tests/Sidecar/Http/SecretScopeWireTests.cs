using DaprShop.Tests.Configuration;
using DaprShop.Tests.Grpc;
using DaprShop.Tests.Wire;
using Sidecar.Components;
using Sidecar.Grpc.DaprApi;

namespace DaprShop.Tests.Http;

/// <summary>spec.secrets.scopes over both protocols (dapr-contract.md 9.1).</summary>
public sealed class SecretScopeWireTests : IAsyncLifetime
{
    private GrpcSidecar _sidecar = null!;

    public async Task InitializeAsync() => _sidecar = await GrpcSidecar.StartAsync(new SidecarSetup
    {
        Configurations = [ConfigurationText.Of("secrets: { scopes: [{ storeName: vault, defaultAccess: allow, deniedSecrets: [b, gone] }] }")],
        Resources =
        [
            Yaml.Component("vault", "secretstores.fake"),
            Yaml.Component("open", "secretstores.fake"),
            """
            apiVersion: dapr.io/v1alpha1
            kind: Component
            metadata: { name: store }
            spec:
              type: state.in-memory
              metadata: [{ name: keyPrefix, secretKeyRef: { name: b, key: b } }]
            auth: { secretStore: vault }
            """,
        ],
        Drivers = new Dictionary<string, Func<IComponent>>
        {
            ["secretstores.fake"] = () => new FakeSecretStore(new()
            {
                ["a"] = new Dictionary<string, string> { ["a"] = "1" },
                ["b"] = new Dictionary<string, string> { ["b"] = "2" },
            }),
        },
    });

    public async Task DisposeAsync() => await _sidecar.DisposeAsync();

    [Theory]
    [InlineData("/v1.0/secrets/vault/a", """200 {"a":"1"}""")]
    [InlineData("/v1.0/secrets/vault/b", """403 {"errorCode":"ERR_PERMISSION_DENIED","message":"access denied by policy to get \"b\" from \"vault\""}""")]
    [InlineData("/v1.0/secrets/vault/gone", """403 {"errorCode":"ERR_PERMISSION_DENIED","message":"access denied by policy to get \"gone\" from \"vault\""}""")]
    [InlineData("/v1.0/secrets/vault/bulk", """200 {"a":{"a":"1"}}""")]
    [InlineData("/v1.0/secrets/open/b", """200 {"b":"2"}""")]
    [InlineData("/v1.0/secrets/open/bulk", """200 {"a":{"a":"1"},"b":{"b":"2"}}""")]
    public async Task OverHttp_ScopedAndOpenStore_AnswerAsTheScopeSays(string path, string expected) =>
        Assert.Equal(expected, await _sidecar.Running.Http.SendTextAsync("GET", path));

    [Fact]
    public async Task OverGrpc_ADeniedSecret_IsPermissionDenied()
    {
        var denied = await _sidecar.EndAsync("GetSecret", new GetSecretRequest { StoreName = "vault", Key = "b" });
        var bulk = await _sidecar.CallAsync("GetBulkSecret", new GetBulkSecretRequest { StoreName = "vault" }, GetBulkSecretResponse.Parser);

        Assert.Equal("7 access denied by policy to get \"b\" from \"vault\"", denied);
        Assert.Equal(["a"], bulk.Data.Keys);
    }

    // The scope is about what the app may ask for; the sidecar's own components take what their files name.
    [Fact]
    public async Task ComponentsOfTheSidecar_AreNotBoundByTheScope() =>
        Assert.Equal("204", await _sidecar.Running.Http.SendTextAsync("GET", "/v1.0/state/store/none"));
}
