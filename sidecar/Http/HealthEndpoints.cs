using Sidecar.Host;
using Sidecar.Http.Errors;

namespace Sidecar.Http;

/// <summary>Health (dapr-contract.md 1.5).</summary>
internal static class HealthEndpoints
{
    public static void MapHealth(this IEndpointRouteBuilder routes)
    {
        var services = routes.ServiceProvider;
        var (health, options) = (services.GetRequiredService<SidecarHealth>(), services.GetRequiredService<SidecarOptions>());
        routes.MapGet("/v1.0/healthz", context => HealthAsync(context, health, options.AppId));
        routes.MapGet("/v1.0/healthz/outbound", context => OutboundAsync(context, health));
    }

    // GET /v1.0/healthz[?appid=ID]: 204; 500 while the app or the servers are not up, or for another app's id.
    private static Task HealthAsync(HttpContext context, SidecarHealth health, string appId)
    {
        // Asked by name resolvers that found this address under an app id: another app may have taken the port since.
        if (context.Request.Query.TryGetValue("appid", out var wanted) && wanted != appId)
        {
            return context.Response.WriteAsync(HealthErrors.AppIdNotMatch, context.RequestAborted);
        }

        return health.IsReady
            ? NoContent(context)
            : context.Response.WriteAsync(HealthErrors.NotReady(health.Waiting), context.RequestAborted);
    }

    // GET /v1.0/healthz/outbound: 204 before the app is up; 500 until components and servers are.
    private static Task OutboundAsync(HttpContext context, SidecarHealth health) => health.IsOutboundReady
        ? NoContent(context)
        : context.Response.WriteAsync(HealthErrors.OutboundNotReady, context.RequestAborted);

    private static Task NoContent(HttpContext context)
    {
        context.Response.StatusCode = StatusCodes.Status204NoContent;
        return Task.CompletedTask;
    }
}
