using System.Text.Json;
using Dapr.Common.Serialization;
using Dapr.Workflow.Client;
using Dapr.Workflow.Grpc;
using Dapr.Workflow.Worker;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;

namespace Dapr.Workflow;

/// <summary>Adds workflows to an application.</summary>
public static class WorkflowServiceCollectionExtensions
{
    // The worker reads and writes fields too (tuples as inputs); the client, as in the official SDK, does not.
    private static readonly JsonDaprSerializer WorkerSerializer = new(new JsonSerializerOptions(JsonSerializerDefaults.Web) { IncludeFields = true });

    /// <summary>Adds the worker that serves the registered workflows and activities, and a <see cref="DaprWorkflowClient"/>.</summary>
    /// <param name="services">The application's services.</param>
    /// <param name="configure">Registers workflows and activities.</param>
    /// <param name="lifetime">Lifetime of the client.</param>
    public static IServiceCollection AddDaprWorkflow(
        this IServiceCollection services,
        Action<WorkflowRuntimeOptions> configure,
        ServiceLifetime lifetime = ServiceLifetime.Singleton)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(configure);
        var options = new WorkflowRuntimeOptions();
        configure(options);
        services.AddSingleton(options);
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton(NewChannel);
        services.TryAddSingleton<IWorkflowsFactory>(NewFactory);
        services.TryAddSingleton<TurnWatchdog>();
        services.TryAddSingleton<WorkItemDispatcher>();
        services.TryAddSingleton(provider => NewWorkflowRunner(provider, WorkerSerializer));
        services.TryAddSingleton(provider => NewActivityRunner(provider, WorkerSerializer));
        services.AddHostedService<WorkflowWorker>();
        services.TryAdd(new ServiceDescriptor(typeof(DaprWorkflowClient), NewClient, lifetime));
        return services;
    }

    private static GrpcChannel NewChannel(IServiceProvider provider)
    {
        var configuration = provider.GetService<IConfiguration>();
        var settings = new GrpcChannelSettings(new Uri(DaprDefaults.GetDefaultGrpcEndpoint(configuration)))
        {
            ApiToken = DaprDefaults.GetDefaultDaprApiToken(configuration),
        };
        return new GrpcChannel(settings, provider.GetRequiredService<TimeProvider>());
    }

    private static WorkflowsFactory NewFactory(IServiceProvider provider)
    {
        var factory = new WorkflowsFactory(provider.GetRequiredService<ILogger<WorkflowsFactory>>());
        foreach (var options in provider.GetServices<WorkflowRuntimeOptions>())
        {
            options.ApplyRegistrations(factory);
        }

        return factory;
    }

    private static WorkflowRunner NewWorkflowRunner(IServiceProvider provider, IDaprSerializer serializer) =>
        ActivatorUtilities.CreateInstance<WorkflowRunner>(provider, serializer);

    private static ActivityRunner NewActivityRunner(IServiceProvider provider, IDaprSerializer serializer) =>
        ActivatorUtilities.CreateInstance<ActivityRunner>(provider, serializer);

    private static DaprWorkflowClient NewClient(IServiceProvider provider) => new(
        provider.GetRequiredService<GrpcChannel>(),
        ownsChannel: false,
        new JsonDaprSerializer(new JsonSerializerOptions(JsonSerializerDefaults.Web)),
        provider.GetRequiredService<TimeProvider>(),
        InstanceIds.Random);
}
