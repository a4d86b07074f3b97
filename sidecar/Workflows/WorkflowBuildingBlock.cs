using Sidecar.Actors.Placement;
using Sidecar.Components;
using Sidecar.Configuration;
using Sidecar.Grpc;
using Sidecar.Host;

namespace Sidecar.Workflows;

internal static class WorkflowBuildingBlock
{
    private const string Placement = "workflows";

    public static IServiceCollection AddWorkflows(this IServiceCollection services)
    {
        services.AddSingleton(provider => WorkflowLimits.Of(provider.GetRequiredService<SidecarResources>().Configuration));
        services.AddKeyedSingleton<IActorPlacement>(Placement, (provider, _) =>
        {
            var options = provider.GetRequiredService<SidecarOptions>();
            return provider.GetRequiredService<SidecarProcess>().Actors ?? (IActorPlacement)new StorePlacement(
                new MembershipStore(new InstanceKeys(options.AppId, options.Namespace).Members, provider.GetRequiredService<ComponentRegistry>()),
                options,
                provider.GetRequiredService<RemoteActors>(),
                provider.GetRequiredService<TimeProvider>(),
                provider.GetRequiredService<ILogger<StorePlacement>>());
        });
        services.AddSingleton(provider => new WorkflowEngine(
            provider.GetRequiredService<SidecarOptions>(),
            provider.GetRequiredService<ComponentRegistry>(),
            provider.GetRequiredService<WorkflowLimits>(),
            provider.GetRequiredKeyedService<IActorPlacement>(Placement),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<WorkflowEngine>>()));
        services.AddSingleton<IGrpcService, TaskHubService>();
        services.AddHostedService<WorkflowEngineLifetime>();
        return services;
    }
}
