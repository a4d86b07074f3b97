using Sidecar.Host;

namespace Sidecar.Http;

/// <summary>Shutdown by a client (dapr-contract.md 1.9).</summary>
internal static class ShutdownEndpoint
{
    public static void MapShutdown(this IEndpointRouteBuilder routes)
    {
        var shutdown = routes.ServiceProvider.GetRequiredService<ShutdownRequest>();
        routes.MapPost("/v1.0/shutdown", context => Shutdown(context, shutdown));
    }

    // POST /v1.0/shutdown [dapr-force-shutdown: true]: 204, then the sidecar stops.
    private static Task Shutdown(HttpContext context, ShutdownRequest shutdown)
    {
        var force = string.Equals(context.Request.Headers["dapr-force-shutdown"], "true", StringComparison.OrdinalIgnoreCase);
        context.Response.StatusCode = StatusCodes.Status204NoContent;
        context.Response.OnCompleted(() =>
        {
            shutdown.Ask(force);
            return Task.CompletedTask;
        });
        return Task.CompletedTask;
    }
}
