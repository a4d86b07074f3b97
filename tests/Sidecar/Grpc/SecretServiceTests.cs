using DaprShop.Tests.Wire;
using Sidecar.Components;
using Sidecar.Grpc.DaprApi;

namespace DaprShop.Tests.Grpc;

public sealed class SecretServiceTests : IAsyncLifetime
{
    private readonly FakeSecretStore _store = new(new Dictionary<string, IReadOnlyDictionary<string, string>>
    {
        ["db"] = new Dictionary<string, string> { ["user"] = "u", ["password"] = "p ä" },
        ["token"] = new Dictionary<string, string> { ["token"] = "t" },
    });

    private GrpcSidecar _sidecar = null!;

    public async Task InitializeAsync() => _sidecar = await GrpcSidecar.StartAsync(new SidecarSetup
    {
        Resources = [Yaml.Component("vault", "secretstores.fake")],
        Drivers = new Dictionary<string, Func<IComponent>> { ["secretstores.fake"] = () => _store },
    });

    public async Task DisposeAsync() => await _sidecar.DisposeAsync();

    [Fact]
    public async Task Get_ASecretOfSeveralValues_BringsThemAll()
    {
        var response = await _sidecar.CallAsync("GetSecret", new GetSecretRequest { StoreName = "vault", Key = "db" }, GetSecretResponse.Parser);

        Assert.Equal(new Dictionary<string, string> { ["user"] = "u", ["password"] = "p ä" }, response.Data);
    }

    [Fact]
    public async Task GetBulk_OfAStore_BringsEverySecret()
    {
        var response = await _sidecar.CallAsync("GetBulkSecret", new GetBulkSecretRequest { StoreName = "vault" }, GetBulkSecretResponse.Parser);

        Assert.Equal(["db", "token"], response.Data.Keys.Order());
        Assert.Equal("p ä", response.Data["db"].Secrets["password"]);
        Assert.Equal(new Dictionary<string, string> { ["token"] = "t" }, response.Data["token"].Secrets);
    }

    [Theory]
    [InlineData("vault", "nope", "13 failed getting secret with key nope from secret store vault: secret key nope not found")]
    [InlineData("vault", "", "13 failed getting secret with key  from secret store vault: secret key  not found")]
    [InlineData("other", "db", "3 failed finding secret store with key other")]
    public async Task Get_WhatIsNotThere_IsTheContractsError(string store, string key, string expected) =>
        Assert.Equal(expected, await _sidecar.EndAsync("GetSecret", new GetSecretRequest { StoreName = store, Key = key }));

    [Fact]
    public async Task GetBulk_OfAnUnknownStore_IsInvalidArgument() =>
        Assert.Equal("3 failed finding secret store with key other", await _sidecar.EndAsync("GetBulkSecret", new GetBulkSecretRequest { StoreName = "other" }));

    [Fact]
    public async Task NoStoreAtAll_BothCalls_AreFailedPrecondition()
    {
        await using var bare = await GrpcSidecar.StartAsync();

        Assert.Equal("9 secret store is not configured", await bare.EndAsync("GetSecret", new GetSecretRequest { StoreName = "vault", Key = "db" }));
        Assert.Equal("9 secret store is not configured", await bare.EndAsync("GetBulkSecret", new GetBulkSecretRequest { StoreName = "vault" }));
    }
}
