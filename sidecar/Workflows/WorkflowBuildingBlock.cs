using Microsoft.Extensions.DependencyInjection.Extensions;
using Sidecar.Grpc;

namespace Sidecar.Workflows;

internal static class WorkflowBuildingBlock
{
    public static IServiceCollection AddWorkflows(this IServiceCollection services)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton(new WorkflowLimits());
        services.AddSingleton<WorkflowEngine>();
        services.AddSingleton<TaskHubService>();
        services.AddHostedService<WorkflowEngineLifetime>();
        return services;
    }
}
