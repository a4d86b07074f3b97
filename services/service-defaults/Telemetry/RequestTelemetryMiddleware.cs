using System.Collections.Frozen;
using System.Diagnostics;
using DaprShop.ServiceDefaults.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;

namespace DaprShop.ServiceDefaults.Telemetry;

/// <summary>
/// One log line per request, the trace id on every answer, and the name, route and status that ASP.NET Core leaves off its span.
/// </summary>
internal sealed partial class RequestTelemetryMiddleware(RequestDelegate next, TimeProvider clock, ILogger<RequestTelemetryMiddleware> logger)
{
    private static readonly FrozenSet<string> KnownMethods = new[]
    {
        HttpMethods.Connect, HttpMethods.Delete, HttpMethods.Get, HttpMethods.Head, HttpMethods.Options, HttpMethods.Patch, HttpMethods.Post,
        HttpMethods.Put, HttpMethods.Query, HttpMethods.Trace,
    }.ToFrozenSet(StringComparer.Ordinal);

    public async Task InvokeAsync(HttpContext context)
    {
        var started = clock.GetTimestamp();
        var activity = Activity.Current;
        context.Response.OnStarting(() =>
        {
            if (activity is not null)
            {
                context.Response.Headers[ShopHeaders.TraceId] = activity.TraceId.ToHexString();
            }

            return Task.CompletedTask;
        });

        // A fault that escapes the fault handler has already sent headers: the connection is cut, whatever the status says.
        var completed = false;
        try
        {
            await next(context);
            completed = true;
        }
        finally
        {
            var route = (context.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText;
            var method = KnownMethods.Contains(context.Request.Method) ? context.Request.Method : "_OTHER";
            var status = completed ? context.Response.StatusCode : StatusCodes.Status500InternalServerError;
            Describe(activity, method, route, status);
            Log(context.Request.Path, method, route, status, clock.GetElapsedTime(started).TotalMilliseconds);
        }
    }

    private static void Describe(Activity? activity, string method, string? route, int status)
    {
        if (activity is null)
        {
            return;
        }

        activity.DisplayName = route is null ? method : $"{method} {route}";
        activity.SetTag("http.route", route);
        activity.SetTag("http.response.status_code", status);
        if (status >= StatusCodes.Status500InternalServerError)
        {
            activity.SetStatus(ActivityStatusCode.Error);
        }
    }

    private void Log(PathString path, string method, string? route, int status, double milliseconds)
    {
        // Metrics count what went well and what a sale refuses: a line for each would cost more than the answer. Probes may fail.
        var isProbe = path == "/health" || path == "/alive" || path.StartsWithSegments("/dapr");
        var isUsual = status is < StatusCodes.Status400BadRequest or StatusCodes.Status409Conflict or StatusCodes.Status429TooManyRequests;
        var level = isUsual || isProbe ? LogLevel.Debug : LogLevel.Information;
        if (logger.IsEnabled(level))
        {
            // A path is what the caller typed; that there is no route for it is all that is told of it.
            LogRequest(logger, level, method, route ?? "none", status, Math.Round(milliseconds, 1));
        }
    }

    [LoggerMessage("{Method} {Route} answered {StatusCode} in {ElapsedMs} ms")]
    private static partial void LogRequest(ILogger logger, LogLevel level, string method, string route, int statusCode, double elapsedMs);
}
