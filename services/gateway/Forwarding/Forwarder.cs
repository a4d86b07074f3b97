using System.Text;
using System.Text.RegularExpressions;
using DaprShop.Gateway.Routes;
using DaprShop.ServiceDefaults.Faults;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing.Patterns;

namespace DaprShop.Gateway.Forwarding;

/// <summary>Passes one request to the app behind a route and its answer back, streaming both.</summary>
internal sealed partial class Forwarder(Sidecar sidecar, TimeProvider clock, ILogger<Forwarder> logger)
{
    // Longer than the services wait for each other, so that theirs decide; shorter than the 15 s after which a sidecar makes the call again.
    internal static readonly TimeSpan Patience = TimeSpan.FromSeconds(14);

    /// <param name="onAnswer">Sees the app's answer before it is passed on; not called when there is none.</param>
    public async Task ForwardAsync(HttpContext context, PublicRoute route, Action<HttpResponseMessage>? onAnswer = null)
    {
        if (TargetPath(context, route) is not { } path)
        {
            await Problems.NotFound("There is no such resource.").ExecuteAsync(context);
            return;
        }

        using var request = sidecar.CreateRequest(new HttpMethod(route.Method), route.AppId, path + context.Request.QueryString.ToUriComponent());
        if (context.Features.Get<IHttpRequestBodyDetectionFeature>() is { CanHaveBody: true })
        {
            request.Content = new StreamContent(context.Request.Body);
        }

        ForwardedHeaders.CopyIn(context.Request, request);
        ForwardedHeaders.AddCaller(context.User, request);

        using var answer = await AskAsync(request, route.AppId, context.RequestAborted);
        if (!IsAppAnswer(answer))
        {
            LogSidecarRefused(logger, route.AppId, (int)answer.StatusCode, await ReasonAsync(answer, context.RequestAborted));
            throw new DependencyUnavailableException($"{route.AppId} cannot be reached.");
        }

        onAnswer?.Invoke(answer);
        context.Response.StatusCode = (int)answer.StatusCode;
        ForwardedHeaders.CopyOut(answer, context.Response);
        await CopyBodyAsync(context, route, answer);
    }

    /// <summary>
    /// The path for the app, made from the template and its values, never from what the client sent: an escaped slash or dot
    /// segment in a value could otherwise lead past the table to an internal route. Null when a value cannot be an id.
    /// </summary>
    internal static string? TargetPath(HttpContext context, PublicRoute route)
    {
        var path = new StringBuilder();
        foreach (var segment in route.Pattern.PathSegments)
        {
            path.Append('/');
            switch (segment.Parts[0])
            {
                case RoutePatternLiteralPart literal:
                    path.Append(literal.Content);
                    break;
                case RoutePatternParameterPart parameter when context.GetRouteValue(parameter.Name) is string value && Id().IsMatch(value):
                    path.Append(value);
                    break;
                default:
                    return null;
            }
        }

        return path.ToString();
    }

    private async Task<HttpResponseMessage> AskAsync(HttpRequestMessage request, string appId, CancellationToken cancellationToken)
    {
        using var patience = new CancellationTokenSource(Patience, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, patience.Token);
        try
        {
            return await sidecar.InvokeAsync(appId, request, either.Token);
        }
        catch (OperationCanceledException fault) when (!cancellationToken.IsCancellationRequested)
        {
            throw new DependencyUnavailableException($"{appId} did not answer in time.", fault);
        }
        // A client's body over the limit fails inside the send too; that is the client's fault and stays what it is.
        catch (HttpRequestException fault) when (fault.InnerException is not BadHttpRequestException)
        {
            throw new DependencyUnavailableException($"{appId} cannot be reached.", fault);
        }
    }

    // Every app words its refusals as problems, so an error in any other form was made by a sidecar on the way.
    private static bool IsAppAnswer(HttpResponseMessage answer) =>
        (int)answer.StatusCode < StatusCodes.Status400BadRequest || answer.Content.Headers.ContentType?.MediaType == Problems.ContentType;

    private static async Task<string> ReasonAsync(HttpResponseMessage answer, CancellationToken cancellationToken)
    {
        var reason = await answer.Content.ReadAsStringAsync(cancellationToken);
        return reason.Length <= 500 ? reason : reason[..500];
    }

    private async Task CopyBodyAsync(HttpContext context, PublicRoute route, HttpResponseMessage answer)
    {
        try
        {
            await using var body = await answer.Content.ReadAsStreamAsync(context.RequestAborted);
            if (route.Streams)
            {
                await CopyEventsAsync(body, context.Response, context.RequestAborted);
            }
            else
            {
                await body.CopyToAsync(context.Response.Body, context.RequestAborted);
            }
        }
        catch (Exception fault) when (fault is IOException or HttpRequestException && !context.RequestAborted.IsCancellationRequested)
        {
            // Half an answer must not look like a whole one: cutting the connection is the only way left to say so.
            LogBroken(logger, route.AppId, fault.Message);
            context.Abort();
        }
    }

    private static async Task CopyEventsAsync(Stream from, HttpResponse to, CancellationToken cancellationToken)
    {
        await to.Body.FlushAsync(cancellationToken);
        var buffer = new byte[4096];
        int read;
        while ((read = await from.ReadAsync(buffer, cancellationToken)) > 0)
        {
            await to.Body.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
            await to.Body.FlushAsync(cancellationToken);
        }
    }

    [GeneratedRegex("^(?!\\.{1,2}\\z)[A-Za-z0-9._~-]{1,64}\\z", RegexOptions.CultureInvariant)]
    private static partial Regex Id();

    [LoggerMessage(LogLevel.Warning, "No answer from {AppId}: the sidecar said {StatusCode} {Reason}")]
    private static partial void LogSidecarRefused(ILogger logger, string appId, int statusCode, string reason);

    [LoggerMessage(LogLevel.Warning, "The answer of {AppId} broke off: {Reason}")]
    private static partial void LogBroken(ILogger logger, string appId, string reason);
}

internal static class ForwardingSetup
{
    public static void AddForwarding(this WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton<Sidecar>();
        builder.Services.AddSingleton<Forwarder>();
    }
}
