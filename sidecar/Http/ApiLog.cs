using Sidecar.Configuration;
using Sidecar.Host;
using Sidecar.Logging;

namespace Sidecar.Http;

/// <summary>One log line per API call, when the flag or the configuration asks for it.</summary>
internal static class ApiLog
{
    public static IApplicationBuilder UseApiLog(this IApplicationBuilder app, SidecarOptions options)
    {
        var services = app.ApplicationServices;
        var configuration = services.GetRequiredService<SidecarResources>().Configuration;
        if (!configuration.LogsApi(options))
        {
            return app;
        }

        var logger = services.GetRequiredService<ILoggerFactory>().CreateLogger(ApiCallLog.HttpScope);
        var clock = services.GetRequiredService<TimeProvider>();
        return app.Use(async (context, next) =>
        {
            var started = clock.GetTimestamp();
            await next(context);
            if (!configuration.OmitHealthChecksFromApiLog || !context.Request.Path.StartsWithSegments("/v1.0/healthz"))
            {
                var call = new ApiCallLog(
                    $"{context.Request.Method} {context.Request.Path.Value}",
                    context.Request.Headers.UserAgent.ToString(),
                    context.Response.StatusCode,
                    clock.GetElapsedTime(started));
                logger.Log(LogLevel.Information, default, call, null, static (_, _) => ApiCallLog.HttpMessage);
            }
        });
    }
}
