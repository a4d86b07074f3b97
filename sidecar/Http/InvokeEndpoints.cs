using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Sidecar.Host;
using Sidecar.Http.Errors;
using Sidecar.Invocation;
using Sidecar.Resiliency;

namespace Sidecar.Http;

/// <summary>Service invocation (dapr-contract.md 7.1).</summary>
internal static partial class InvokeEndpoints
{
    public static void MapInvoke(this IEndpointRouteBuilder routes)
    {
        routes.Map("/v1.0/invoke/{appId}/method/{**path}", InvokeAsync);
        routes.Map("/{**path}", FallThroughAsync);
    }

    // ANY /v1.0/invoke/{appId}/method/{path...}?query: verb, headers, body and query go to the app; its status,
    // headers and body come back, whatever the status. 500 ERR_DIRECT_INVOKE when the app gave no answer.
    private static async Task InvokeAsync(
        HttpContext context, SidecarOptions options, AppInvoker invoker, ILogger<AppInvoker> logger, CancellationToken cancellationToken)
    {
        var appId = context.PathParameter("appId");
        var method = TargetPath.Normalize(context.Request.RouteValues["path"] as string ?? "", out var invalid);
        if (method is null)
        {
            await context.Response.WriteAsync(InvokeErrors.Failed(appId, invalid), cancellationToken);
            return;
        }

        // A slow sender is the app's business, not a reason to cut the connection.
        if (context.Features.Get<IHttpMinRequestBodyDataRateFeature>() is { } rate)
        {
            rate.MinDataRate = null;
        }

        var target = new Uri($"/{method}{context.Request.QueryString.Value}", UriKind.Relative);
        var limit = context.TakeBodyLimit();
        if (context.Request.ContentLength > limit)
        {
            await context.Response.WriteAsync(InvokeErrors.Failed(appId, RelayedContent.TooLarge), cancellationToken);
            return;
        }

        var request = new InvocationRequest(context, new InvocationIdentity(options.AppId, options.Namespace, appId.Split('.')[0]), target, limit);
        HttpResponseMessage answer;
        try
        {
            answer = await invoker.InvokeAsync(appId, method, request, cancellationToken);
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException or AppNotFoundException or TimeoutException
            or CircuitBreakerOpenException or UriFormatException)
        {
            LogFailed(logger, appId, method, exception.Message);
            await context.Response.WriteAsync(InvokeErrors.Failed(appId, exception.Message), cancellationToken);
            return;
        }

        using (answer)
        {
            if (!await InvocationAnswer.RelayAsync(answer, context, cancellationToken))
            {
                // Half an answer must not look like a whole one.
                LogBrokenOff(logger, appId, method);
                context.Abort();
            }
        }
    }

    // Whatever no other route takes, a known path with the wrong verb included, is a service invocation: without an
    // app id it is answered 404 ERR_DIRECT_INVOKE, never a bare 404 or 405 (dapr-contract.md 1.4).
    private static Task FallThroughAsync(HttpContext context) =>
        context.Response.WriteAsync(InvokeErrors.NoAppId, context.RequestAborted);

    [LoggerMessage(LogLevel.Debug, "Invoking {AppId} {Method} failed: {Reason}")]
    private static partial void LogFailed(ILogger logger, string appId, string method, string reason);

    [LoggerMessage(LogLevel.Warning, "The answer of {AppId} to {Method} broke off")]
    private static partial void LogBrokenOff(ILogger logger, string appId, string method);
}
