using Sidecar.Api;
using Sidecar.Grpc.Proxy;
using Sidecar.Host;
using Sidecar.Tracing;

namespace Sidecar.Grpc;

internal static class GrpcEndpoint
{
    /// <summary>
    /// Takes HTTP/2 requests whose content type starts with application/grpc before they are routed. The server's own
    /// limits that would cut long quiet streams (response data rate, streams per connection) are the port's to lift.
    /// </summary>
    public static IApplicationBuilder UseGrpcApi(this IApplicationBuilder app)
    {
        var services = app.ApplicationServices;
        var options = services.GetRequiredService<SidecarOptions>();
        var access = services.GetRequiredService<ApiAccess>();
        var server = new GrpcServer(
            services.GetServices<IGrpcService>().SelectMany(service => service.Methods).Select(method => DaprService.Gated(method, access)),
            options.ApiToken,
            options.MaxBodySizeBytes > 0 ? options.MaxBodySizeBytes : int.MaxValue,
            services.GetRequiredService<TimeProvider>(),
            services.GetRequiredService<ILogger<GrpcServer>>(),
            services.GetRequiredService<SidecarTracing>().Source,
            services.GetRequiredService<GrpcProxy>().ServeAsync);
        var observation = new GrpcObservation(services);
        Func<HttpContext, Task> serve = observation.IsNeeded ? http => observation.ServeAsync(server, http) : server.ServeAsync;
        return app.Use((http, next) => IsGrpc(http.Request) ? serve(http) : next(http));
    }

    private static bool IsGrpc(HttpRequest request) =>
        HttpProtocol.IsHttp2(request.Protocol)
        && request.ContentType?.StartsWith("application/grpc", StringComparison.OrdinalIgnoreCase) == true;
}
