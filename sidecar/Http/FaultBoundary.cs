using Sidecar.Http.Errors;

namespace Sidecar.Http;

/// <summary>The last catch of the HTTP API: a fault nobody foresaw is logged and answered in Dapr's form.</summary>
internal static partial class FaultBoundary
{
    public static IApplicationBuilder UseFaultBoundary(this IApplicationBuilder app)
    {
        var logger = app.ApplicationServices.GetRequiredService<ILoggerFactory>().CreateLogger("dapr.runtime.http");
        return app.Use((context, next) => GuardAsync(context, next, logger));
    }

    private static async Task GuardAsync(HttpContext context, RequestDelegate next, ILogger logger)
    {
        try
        {
            await next(context);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            LogAborted(logger, ApiName.Of(context));
        }
        catch (BadHttpRequestException exception) when (!context.Response.HasStarted)
        {
            await context.Response.WriteAsync(SharedErrors.MalformedBody(exception.Message), context.RequestAborted);
        }
#pragma warning disable CA1031 // The boundary itself: whatever a handler let through must not end as an empty 500.
        catch (Exception exception) when (!context.Response.HasStarted)
#pragma warning restore CA1031
        {
            LogFault(logger, ApiName.Of(context), exception);
            await context.Response.WriteAsync(SharedErrors.Internal(exception.Message), context.RequestAborted);
        }
    }

    [LoggerMessage(LogLevel.Debug, "{Api} was given up by the client")]
    private static partial void LogAborted(ILogger logger, string api);

    [LoggerMessage(LogLevel.Error, "{Api} failed")]
    private static partial void LogFault(ILogger logger, string api, Exception exception);
}
