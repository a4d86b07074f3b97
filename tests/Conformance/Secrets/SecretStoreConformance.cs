using Sidecar.Components;
using Sidecar.Components.Secrets;

namespace DaprShop.Tests.Secrets;

/// <summary>What every secret store must do; how an unknown name is answered differs (dapr-contract.md 9.1).</summary>
public abstract class SecretStoreConformance : IAsyncLifetime
{
    /// <summary>Starts like no variable that the machine has.</summary>
    protected const string Prefix = "SECRETCONFORMANCE_";

    private protected ComponentFixture Fixture { get; } = new() { UseManualClock = true };

    private protected ISecretStore Store { get; private set; } = null!;

    /// <summary>Makes a store with "user" = "root" and "password" = "s3cret".</summary>
    private protected abstract Task<ISecretStore> StartAsync();

    private protected abstract bool UnknownNameFails { get; }

    public async Task InitializeAsync() => Store = await StartAsync();

    public async Task DisposeAsync() => await Fixture.DeleteAsync();

    [Fact]
    public async Task Get_KnownName_ReturnsItUnderItsName()
    {
        var secret = await Store.GetAsync("user", default);

        Assert.Equal(("user", "root"), (Assert.Single(secret).Key, secret["user"]));
    }

    [Fact]
    public async Task Get_UnknownName_FollowsTheDriver()
    {
        if (UnknownNameFails)
        {
            var failure = await Assert.ThrowsAsync<ComponentException>(() => Store.GetAsync("missing", default));
            Assert.Equal("secret missing not found", failure.Message);
        }
        else
        {
            Assert.Equal("", (await Store.GetAsync("missing", default))["missing"]);
        }
    }

    [Fact]
    public async Task GetAll_SeveralSecrets_ReturnsEachUnderItsName()
    {
        var secrets = await Store.GetAllAsync(default);

        Assert.Equal(["password", "user"], secrets.Keys.Order());
        Assert.Equal("s3cret", secrets["password"]["password"]);
    }
}

public sealed class LocalFileSecretConformance : SecretStoreConformance
{
    private protected override bool UnknownNameFails => true;

    private protected override async Task<ISecretStore> StartAsync()
    {
        await File.WriteAllTextAsync(Path.Combine(Fixture.Directory, "secrets.json"), """{"user":"root","password":"s3cret"}""");
        return await Fixture.StartAsync<ISecretStore>("secretstores.local.file", "app", ("secretsFile", "secrets.json"));
    }
}

public sealed class LocalEnvSecretConformance : SecretStoreConformance
{
    private protected override bool UnknownNameFails => false;

    private protected override Task<ISecretStore> StartAsync()
    {
        Environment.SetEnvironmentVariable(Prefix + "user", "root");
        Environment.SetEnvironmentVariable(Prefix + "password", "s3cret");
        return Fixture.StartAsync<ISecretStore>("secretstores.local.env", "app", ("prefix", Prefix));
    }
}
