using Dapr;
using Dapr.Client;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Registers the client of the sidecar.</summary>
public static class DaprServiceCollectionExtensions
{
    /// <summary>Adds a <see cref="DaprClient"/> unless there is one. Endpoints and token come from the configuration, then the environment.</summary>
    public static void AddDaprClient(
        this IServiceCollection services,
        Action<DaprClientBuilder>? configure = null,
        ServiceLifetime lifetime = ServiceLifetime.Singleton) =>
        services.AddDaprClient((_, builder) => configure?.Invoke(builder), lifetime);

    /// <summary>Adds a <see cref="DaprClient"/> unless there is one, configured with other services.</summary>
    public static void AddDaprClient(
        this IServiceCollection services,
        Action<IServiceProvider, DaprClientBuilder> configure,
        ServiceLifetime lifetime = ServiceLifetime.Singleton)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(configure);
        services.TryAdd(new ServiceDescriptor(typeof(DaprClient), provider => Build(provider, configure), lifetime));
    }

    private static DaprClient Build(IServiceProvider provider, Action<IServiceProvider, DaprClientBuilder> configure)
    {
        var configuration = provider.GetService<IConfiguration>();
        var builder = new DaprClientBuilder()
            .UseHttpEndpoint(DaprDefaults.GetDefaultHttpEndpoint(configuration))
            .UseGrpcEndpoint(DaprDefaults.GetDefaultGrpcEndpoint(configuration))
            .UseDaprApiToken(DaprDefaults.GetDefaultDaprApiToken(configuration));
        configure(provider, builder);
        return builder.Build();
    }
}
