using System.Text;
using Sidecar.Host;

namespace Sidecar.Metrics;

/// <summary>Serves the metrics on a port of their own, whatever the path, and counts what the HTTP API serves on the others.</summary>
internal static class MetricsEndpoint
{
    public static IApplicationBuilder UseMetricsEndpoint(this IApplicationBuilder app)
    {
        var metrics = app.ApplicationServices.GetRequiredService<SidecarMetrics>();
        var port = app.ApplicationServices.GetRequiredService<SidecarOptions>().MetricsPort;
        return !metrics.IsOn ? app : app.Use((context, next) => context.Connection.LocalPort == port ? WriteAsync(context, metrics) : next(context));
    }

    public static IApplicationBuilder UseHttpMetrics(this IApplicationBuilder app)
    {
        var metrics = app.ApplicationServices.GetRequiredService<SidecarMetrics>();
        var clock = app.ApplicationServices.GetRequiredService<TimeProvider>();
        return !metrics.IsOn ? app : app.Use(async (context, next) =>
        {
            // Taken before the request goes on: a fallen-through call is rewritten on its way.
            var (started, method, path) = (clock.GetTimestamp(), context.Request.Method, context.Request.Path.Value ?? "/");
            try
            {
                await next(context);
            }
            finally
            {
                metrics.HttpServed(
                    method, path, context.Response.StatusCode, context.Request.ContentLength, context.Response.ContentLength, clock.GetElapsedTime(started));
            }
        });
    }

    private static Task WriteAsync(HttpContext context, SidecarMetrics metrics)
    {
        var text = Encoding.UTF8.GetBytes(metrics.Write());
        context.Response.ContentType = "text/plain; version=0.0.4; charset=utf-8";
        context.Response.ContentLength = text.Length;
        return context.Response.Body.WriteAsync(text, context.RequestAborted).AsTask();
    }
}
