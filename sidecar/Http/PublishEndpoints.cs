namespace Sidecar.Http;

internal static class PublishEndpoints
{
    public static void MapPublish(this IEndpointRouteBuilder routes) => _ = routes;
}
