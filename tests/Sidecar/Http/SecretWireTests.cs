using DaprShop.Tests.Wire;
using Sidecar.Components;

namespace DaprShop.Tests.Http;

public sealed class SecretWireTests : IAsyncLifetime
{
    private RunningSidecar _sidecar = null!;

    public async Task InitializeAsync() => _sidecar = await RunningSidecar.StartAsync(new SidecarSetup
    {
        Resources = [Yaml.Component("vault", "secretstores.fake")],
        Drivers = new Dictionary<string, Func<IComponent>>
        {
            ["secretstores.fake"] = () => new FakeSecretStore(new()
            {
                ["redis:pass"] = new Dictionary<string, string> { ["redis:pass"] = "p\"w" },
                ["multi"] = new Dictionary<string, string> { ["b"] = "2", ["a"] = "1" },
            }),
        },
    });

    public async Task DisposeAsync() => await _sidecar.DisposeAsync();

    [Fact]
    public async Task Get_ASecret_AnswersItsKeysAndValues()
    {
        var single = await _sidecar.Http.SendTextAsync("GET", "/v1.0/secrets/vault/redis%3Apass?metadata.version_id=3");
        var multi = await _sidecar.Http.SendTextAsync("GET", "/v1.0/secrets/vault/multi");

        Assert.Equal("""200 {"redis:pass":"p\"w"}""", single);
        Assert.Equal("""200 {"a":"1","b":"2"}""", multi);
    }

    [Fact]
    public async Task GetBulk_AllSecrets_AnswersThemByName()
    {
        var all = await _sidecar.Http.SendTextAsync("GET", "/v1.0/secrets/vault/bulk");

        Assert.Equal("""200 {"multi":{"a":"1","b":"2"},"redis:pass":{"redis:pass":"p\"w"}}""", all);
    }

    [Fact]
    public async Task Get_AnUnknownSecret_Is500()
    {
        var answer = await _sidecar.Http.SendTextAsync("GET", "/v1.0/secrets/vault/nope");

        Assert.Equal(
            """500 {"errorCode":"ERR_SECRET_GET","message":"failed getting secret with key nope from secret store vault: secret key nope not found"}""",
            answer);
    }

    [Theory]
    [InlineData("/v1.0/secrets/nope/key")]
    [InlineData("/v1.0/secrets/nope/bulk")]
    public async Task UnknownStore_BothCalls_Are401(string path) => Assert.Equal(
        """401 {"errorCode":"ERR_SECRET_STORE_NOT_FOUND","message":"failed finding secret store with key nope"}""",
        await _sidecar.Http.SendTextAsync("GET", path));

    [Theory]
    [InlineData("/v1.0/secrets/any/key")]
    [InlineData("/v1.0/secrets/any/bulk")]
    public async Task NoStoreAtAll_BothCalls_Are500(string path)
    {
        await using var bare = await RunningSidecar.StartAsync();

        var answer = await bare.Http.SendTextAsync("GET", path);

        Assert.Equal("""500 {"errorCode":"ERR_SECRET_STORES_NOT_CONFIGURED","message":"secret store is not configured"}""", answer);
    }
}
