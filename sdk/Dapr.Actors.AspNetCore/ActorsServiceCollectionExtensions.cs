using Dapr;
using Dapr.Actors.AspNetCore.Runtime;
using Dapr.Actors.Client;
using Dapr.Actors.Runtime;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds actors to an application.</summary>
public static class ActorsServiceCollectionExtensions
{
    /// <summary>
    /// Adds the runtime of the hosted actors and an <see cref="IActorProxyFactory"/>. Actors are made by dependency injection, each in a
    /// scope of its own. Endpoint and token come from the options, then the configuration, then the environment.
    /// </summary>
    /// <param name="services">The application's services.</param>
    /// <param name="configure">Registers actors and says how they are hosted.</param>
    /// <param name="lifetime">Lifetime of runtime and factory. Only a singleton remembers active actors from one turn to the next.</param>
    public static void AddActors(
        this IServiceCollection? services, Action<ActorRuntimeOptions>? configure, ServiceLifetime lifetime = ServiceLifetime.Singleton)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.AddRouting();
        services.AddHealthChecks();
        services.AddLogging();
        services.TryAdd(new ServiceDescriptor(typeof(ActorActivatorFactory), typeof(InjectingActivatorFactory), lifetime));
        services.TryAdd(new ServiceDescriptor(typeof(ActorRuntime), NewRuntime, lifetime));
        services.TryAdd(new ServiceDescriptor(typeof(IActorProxyFactory), NewProxyFactory, lifetime));
        if (configure is not null)
        {
            services.Configure(configure);
        }
    }

    private static ActorRuntime NewRuntime(IServiceProvider provider) => new(
        Options(provider),
        provider.GetRequiredService<ILoggerFactory>(),
        provider.GetRequiredService<ActorActivatorFactory>(),
        provider.GetRequiredService<IActorProxyFactory>(),
        provider.GetService<TimeProvider>() ?? TimeProvider.System);

    private static ActorProxyFactory NewProxyFactory(IServiceProvider provider)
    {
        var options = Options(provider);
        return new ActorProxyFactory(new ActorProxyOptions
        {
            JsonSerializerOptions = options.JsonSerializerOptions,
            DaprApiToken = options.DaprApiToken,
            HttpEndpoint = options.HttpEndpoint,
            UseJsonSerialization = options.UseJsonSerialization,
        });
    }

    private static ActorRuntimeOptions Options(IServiceProvider provider)
    {
        var configuration = provider.GetService<IConfiguration>();
        var options = provider.GetRequiredService<IOptions<ActorRuntimeOptions>>().Value;
        if (string.IsNullOrWhiteSpace(options.DaprApiToken))
        {
            options.DaprApiToken = DaprDefaults.GetDefaultDaprApiToken(configuration);
        }

        if (string.IsNullOrWhiteSpace(options.HttpEndpoint))
        {
            options.HttpEndpoint = DaprDefaults.GetDefaultHttpEndpoint(configuration);
        }

        return options;
    }
}
