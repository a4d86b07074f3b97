using Sidecar.Configuration;
using Sidecar.Grpc;

namespace Sidecar.Workflows;

internal static class WorkflowBuildingBlock
{
    public static IServiceCollection AddWorkflows(this IServiceCollection services)
    {
        services.AddSingleton(provider => WorkflowLimits.Of(provider.GetRequiredService<SidecarResources>().Configuration));
        services.AddSingleton<WorkflowEngine>();
        services.AddSingleton<IGrpcService, TaskHubService>();
        services.AddHostedService<WorkflowEngineLifetime>();
        return services;
    }
}
