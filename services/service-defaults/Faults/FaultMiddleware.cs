using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Logging;
using Microsoft.Net.Http.Headers;

namespace DaprShop.ServiceDefaults.Faults;

/// <summary>The one place that turns what was thrown, and what was refused without a body, into problems.</summary>
internal sealed class FaultMiddleware(RequestDelegate next, ILogger<FaultMiddleware> logger)
{
    public async Task InvokeAsync(HttpContext context)
    {
        try
        {
            await next(context);
            if (IsBare(context.Response) && ForStatus(context) is { } problem)
            {
                await problem.ExecuteAsync(context);
            }
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // The client has gone and nobody reads an answer; the status is for the request log.
            if (!context.Response.HasStarted)
            {
                context.Response.StatusCode = StatusCodes.Status499ClientClosedRequest;
            }
        }
#pragma warning disable CA1031 // The outermost handler of a request: whatever escaped a route ends here, logged and worded.
        catch (Exception fault) when (!context.Response.HasStarted)
#pragma warning restore CA1031
        {
            context.Response.Clear();
            await ForFault(fault, context.Request).ExecuteAsync(context);
        }
    }

    private ProblemHttpResult ForFault(Exception fault, HttpRequest request)
    {
        if (Find<BadHttpRequestException>(fault) is { } refused)
        {
            return ForRefusal(refused);
        }

        return fault is InvalidOperationException && NamesUnknownCharset(request) ? NotJson() : FaultProblems.For(fault, logger);
    }

    private static ProblemHttpResult ForRefusal(BadHttpRequestException refused) => refused.StatusCode switch
    {
        StatusCodes.Status401Unauthorized => Problems.Unauthenticated(refused.Message),
        StatusCodes.Status413PayloadTooLarge => TooLarge(),
        StatusCodes.Status415UnsupportedMediaType => NotJson(),
        _ when refused.InnerException is JsonException malformed => Problems.Validation(JsonFaults.Describe(malformed)),
        _ when refused.Message.Contains("no body was provided", StringComparison.Ordinal) => FaultProblems.NoBody(),
        _ => Problems.Validation(JsonFaults.Body, "could not be read"),
    };

    // Routing and the body reader refuse with a bare status code.
    private static ProblemHttpResult? ForStatus(HttpContext context) => context.Response.StatusCode switch
    {
        StatusCodes.Status400BadRequest => Problems.Validation(JsonFaults.Body, "could not be read"),
        StatusCodes.Status404NotFound => Problems.NotFound("There is no such resource."),
        StatusCodes.Status405MethodNotAllowed => Problems.MethodNotAllowed(
            $"{context.Request.Method} is not possible here; Allow names what is."),
        StatusCodes.Status413PayloadTooLarge => TooLarge(),
        StatusCodes.Status415UnsupportedMediaType => NotJson(),
        _ => null,
    };

    private static ProblemHttpResult NotJson() => Problems.Validation("Content-Type", "must be application/json");

    // The body reader throws what it would throw at a mistake of ours.
    private static bool NamesUnknownCharset(HttpRequest request) =>
        MediaTypeHeaderValue.TryParse(request.ContentType, out var type) && type is { Charset.HasValue: true, Encoding: null };

    private static ProblemHttpResult TooLarge() =>
        Problems.PayloadTooLarge($"A body may have {Http.Listener.MaxBodyBytes} bytes at most.");

    private static bool IsBare(HttpResponse response) =>
        response is { HasStarted: false, StatusCode: >= 400, ContentType: null, ContentLength: null or 0 };

    // A body over the limit surfaces inside whatever was reading it, such as the forwarding client.
    private static T? Find<T>(Exception? fault)
        where T : Exception
    {
        for (; fault is not null; fault = fault.InnerException)
        {
            if (fault is T found)
            {
                return found;
            }
        }

        return null;
    }
}
