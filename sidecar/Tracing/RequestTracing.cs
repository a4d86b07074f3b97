using System.Diagnostics;
using Sidecar.Http;

namespace Sidecar.Tracing;

/// <summary>A server span per HTTP API request, and the traceparent header on its answer.</summary>
internal static class RequestTracing
{
    public static IApplicationBuilder UseRequestTracing(this IApplicationBuilder app, SidecarTracing tracing) =>
        app.Use((context, next) => TraceAsync(tracing.Source, context, next));

    private static async Task TraceAsync(ActivitySource source, HttpContext context, RequestDelegate next)
    {
        // Probes come every few seconds for ever and tell nothing about a request's way through the shop.
        if (!source.HasListeners() || context.Request.Path.StartsWithSegments("/v1.0/healthz"))
        {
            PassOn(context, context.Request.Headers.TraceParent.ToString());
            await next(context);
            return;
        }

        ActivityContext.TryParse(context.Request.Headers.TraceParent, context.Request.Headers.TraceState, isRemote: true, out var parent);
        using var activity = source.StartActivity(ApiName.MethodOf(context.Request), ActivityKind.Server, parent);
        PassOn(context, activity?.Id ?? "");
        await next(context);
        if (activity is not null)
        {
            Describe(activity, context);
        }
    }

    private static void PassOn(HttpContext context, string traceparent)
    {
        if (traceparent.Length > 0)
        {
            context.Response.Headers.TraceParent = traceparent;
        }
    }

    private static void Describe(Activity activity, HttpContext context)
    {
        activity.DisplayName = ApiName.Of(context);
        activity.SetTag("dapr.protocol", "http");
        activity.SetTag("dapr.api", activity.DisplayName);
        activity.SetTag("http.request.method", ApiName.MethodOf(context.Request));
        activity.SetTag("http.response.status_code", context.Response.StatusCode);
        if (context.Response.StatusCode >= StatusCodes.Status500InternalServerError)
        {
            activity.SetStatus(ActivityStatusCode.Error);
        }
    }
}
