using System.Text;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Microsoft.Net.Http.Headers;
using Sidecar.Host;
using Sidecar.Http.Errors;
using Sidecar.Invocation;
using Sidecar.Resiliency;

namespace Sidecar.Http;

/// <summary>Service invocation (dapr-contract.md 7.1).</summary>
internal sealed partial class InvokeEndpoints(SidecarOptions options, AppInvoker invoker, ILogger<AppInvoker> logger)
{
    public void Map(IEndpointRouteBuilder routes)
    {
        routes.Map("/v1.0/invoke/{appId}/method/{**path}", InvokeAsync);
        routes.Map("/v1.0/invoke/http:/{**rest}", InvokeUrlAsync);
        routes.Map("/v1.0/invoke/https:/{**rest}", InvokeUrlAsync);
        routes.Map("/{**path}", FallThroughAsync);
    }

    // ANY /v1.0/invoke/{appId}/method/{path...}?query: verb, headers, body and query go to the app; its status,
    // headers and body come back, whatever the status. 500 ERR_DIRECT_INVOKE when the app gave no answer.
    private Task InvokeAsync(HttpContext context) => ForAppAsync(context, context.PathParameter("appId"), RequestPath(context));

    // ANY /v1.0/invoke/{URL}/method/{path...}?query: the service at that URL, without a sidecar. The doubled slash of the URL
    // went when the path was cleaned.
    private Task InvokeUrlAsync(HttpContext context)
    {
        const string Separator = "/method/";
        var rest = $"{context.Request.RouteValues["rest"]}/";
        var at = rest.IndexOf(Separator, StringComparison.Ordinal);
        if (at <= 0)
        {
            return FallThroughAsync(context);
        }

        var scheme = context.Request.Path.StartsWithSegments("/v1.0/invoke/https:", StringComparison.OrdinalIgnoreCase) ? "https" : "http";
        return ForAppAsync(context, $"{scheme}://{rest[..at]}", rest[(at + Separator.Length)..].TrimEnd('/'));
    }

    private async Task ForAppAsync(HttpContext context, string appId, string path)
    {
        var cancellationToken = context.RequestAborted;
        var method = TargetPath.Normalize(path, out var invalid);
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

        catch (InvocationRefusedException refused)
        {
            LogFailed(logger, appId, method, refused.Message);
            await context.Response.WriteAsync(InvokeErrors.Refused(appId, refused), cancellationToken);
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

    // Whatever no other route takes, a known path with the wrong verb included, is a service invocation of the app that the
    // header dapr-app-id names, or the user dapr-app-id:APPID of basic authentication: the whole path is the method. Without
    // either 404 ERR_DIRECT_INVOKE, never a bare 404 or 405 (dapr-contract.md 1.4, 7.1).
    private Task FallThroughAsync(HttpContext context)
    {
        var headers = context.Request.Headers;
        var appId = headers[HeaderRules.AppId].ToString();
        if (appId.Length == 0 && AppOfBasicUser(headers.Authorization.ToString()) is { } named)
        {
            // It was meant for this sidecar, and is no credential.
            headers.Remove(HeaderNames.Authorization);
            appId = named;
        }

        return appId.Length == 0
            ? context.Response.WriteAsync(InvokeErrors.NoAppId, context.RequestAborted)
            : ForAppAsync(context, appId, RequestPath(context));
    }

    private static string RequestPath(HttpContext context) => context.Request.RouteValues["path"] as string ?? "";

    private static string? AppOfBasicUser(string authorization)
    {
        const string Scheme = "Basic ";
        const string User = HeaderRules.AppId + ":";
        var decoded = new byte[authorization.Length];
        return authorization.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)
            && Convert.TryFromBase64String(authorization[Scheme.Length..].Trim(), decoded, out var length)
            && Encoding.UTF8.GetString(decoded, 0, length) is var text && text.StartsWith(User, StringComparison.Ordinal)
            ? text[User.Length..]
            : null;
    }

    [LoggerMessage(LogLevel.Debug, "Invoking {AppId} {Method} failed: {Reason}")]
    private static partial void LogFailed(ILogger logger, string appId, string method, string reason);

    [LoggerMessage(LogLevel.Warning, "The answer of {AppId} to {Method} broke off")]
    private static partial void LogBrokenOff(ILogger logger, string appId, string method);
}

internal static class InvokeRoutes
{
    // The handlers take what they need once: asked for as parameters, each call would make a scope of services for them.
    public static void MapInvoke(this IEndpointRouteBuilder routes) =>
        ActivatorUtilities.CreateInstance<InvokeEndpoints>(routes.ServiceProvider).Map(routes);
}
