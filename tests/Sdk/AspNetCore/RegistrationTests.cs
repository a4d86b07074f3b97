using Dapr.Client;
using DaprShop.Tests.Client;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace DaprShop.Tests.AspNetCore;

public sealed class RegistrationTests
{
    [Fact]
    public async Task AddDaprClient_Configuration_SaysEndpointAndToken()
    {
        await using var sidecar = await RecordingSidecar.StartAsync();
        await using var provider = Services(new() { ["DAPR_HTTP_ENDPOINT"] = sidecar.Endpoint + "/ignored", ["DAPR_API_TOKEN"] = "secret" }).BuildServiceProvider();

        await provider.GetRequiredService<DaprClient>().SaveStateAsync("s", "k", 1);

        Assert.Equal("POST /v1.0/state/s", sidecar.Request.Line);
        Assert.Equal("secret", sidecar.Request.Header("dapr-api-token"));
    }

    [Fact]
    public async Task AddDaprClient_Configured_GoesLast()
    {
        await using var sidecar = await RecordingSidecar.StartAsync();
        var services = new ServiceCollection();
        services.AddDaprClient((_, builder) => builder.UseHttpEndpoint(sidecar.Endpoint).UseDaprApiToken("own"));
        await using var provider = services.BuildServiceProvider();

        await provider.GetRequiredService<DaprClient>().SaveStateAsync("s", "k", 1);

        Assert.Equal("own", sidecar.Request.Header("dapr-api-token"));
    }

    [Fact]
    public void AddDaprClient_Twice_KeepsTheFirst()
    {
        var services = new ServiceCollection();

        services.AddDaprClient(lifetime: ServiceLifetime.Scoped);
        services.AddDaprClient();

        Assert.Equal(ServiceLifetime.Scoped, Assert.Single(services).Lifetime);
    }

    [Fact]
    public void AddDaprClient_PortIsNoNumber_FailsWhenResolved()
    {
        using var provider = Services(new() { ["DAPR_HTTP_PORT"] = "many" }).BuildServiceProvider();

        Assert.Throws<FormatException>(provider.GetRequiredService<DaprClient>);
    }

    private static ServiceCollection Services(Dictionary<string, string?> settings)
    {
        var services = new ServiceCollection();
        services.AddSingleton<IConfiguration>(new ConfigurationBuilder().AddInMemoryCollection(settings).Build());
        services.AddDaprClient();
        return services;
    }
}
