namespace Sidecar.Http;

internal static class WorkflowEndpoints
{
    public static void MapWorkflows(this IEndpointRouteBuilder routes) => _ = routes;
}
