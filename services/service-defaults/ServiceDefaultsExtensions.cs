using DaprShop.ServiceDefaults.Events;
using DaprShop.ServiceDefaults.Faults;
using DaprShop.ServiceDefaults.Health;
using DaprShop.ServiceDefaults.Http;
using DaprShop.ServiceDefaults.Ids;
using DaprShop.ServiceDefaults.Json;
using DaprShop.ServiceDefaults.Messaging;
using DaprShop.ServiceDefaults.Resilience;
using DaprShop.ServiceDefaults.State;
using DaprShop.ServiceDefaults.Telemetry;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace DaprShop.ServiceDefaults;

/// <summary>The host wiring that every service shares.</summary>
public static class ServiceDefaultsExtensions
{
    public static WebApplicationBuilder AddServiceDefaults(
        this WebApplicationBuilder builder, Action<ServiceDefaultsOptions>? configure = null)
    {
        var options = new ServiceDefaultsOptions();
        configure?.Invoke(options);

        builder.Services.AddSingleton(options);
        builder.Services.TryAddSingleton(TimeProvider.System);
        builder.Services.TryAddSingleton<IdSource>();
        builder.Services.TryAddSingleton<CircuitBreakers>();
        builder.AddListener();
        builder.AddJsonLogs();
        builder.AddTelemetry();
        builder.Services.AddMetrics();
        AddJson(builder.Services);
        AddPipeline(builder.Services);
        AddHealth(builder.Services, options);
        if (options.UseSidecar)
        {
            builder.Services.AddDaprClient(client => client.UseJsonSerializationOptions(ShopJson.Documents));
            builder.Services.AddHostedService<BreakerGauges>();
            builder.Services.TryAddSingleton<StoreCalls>();
            builder.Services.TryAddSingleton<DocumentStore>();
            builder.Services.TryAddSingleton<ContentionLock>();
            builder.Services.TryAddSingleton(_ => BulkPublishClient.Of(builder.Configuration));
            builder.Services.TryAddSingleton<EventPublisher>();
            builder.Services.AddMessaging();
        }

        return builder;
    }

    /// <summary>Maps <c>/health</c> (ready) and <c>/alive</c> (the process serves).</summary>
    public static void MapDefaultEndpoints(this IEndpointRouteBuilder routes) => routes.MapHealth();

    private static void AddJson(IServiceCollection services) =>
        services.ConfigureHttpJsonOptions(http => ShopJson.ApplyRequests(http.SerializerOptions));

    private static void AddPipeline(IServiceCollection services)
    {
        // Binding faults become exceptions everywhere, so that one handler words them.
        services.Configure<RouteHandlerOptions>(routes => routes.ThrowOnBadRequest = true);
        services.AddProblemDetails(problems => problems.CustomizeProblemDetails = ProblemContext.Fill);
        services.AddSingleton<IStartupFilter, DefaultPipeline>();
    }

    private static void AddHealth(IServiceCollection services, ServiceDefaultsOptions options)
    {
        var checks = services.AddHealthChecks();
        if (options.UseSidecar)
        {
            checks.AddCheck<SidecarHealthCheck>("sidecar", HealthStatus.Unhealthy);
        }

        if (options.UseSidecar && options.UseStateStore)
        {
            checks.AddCheck<StateStoreHealthCheck>("statestore", HealthStatus.Unhealthy);
        }
    }
}
