namespace Sidecar.Workflows;

internal static class WorkflowBuildingBlock
{
    public static IServiceCollection AddWorkflows(this IServiceCollection services) => services;
}
