using System.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;

namespace DaprShop.ServiceDefaults.Faults;

/// <summary>Adds to every problem what only the request knows.</summary>
public static class ProblemContext
{
    /// <summary>Seconds.</summary>
    public const string DefaultRetryAfter = "1";

    public static bool NeedsRetryAfter(int? status) =>
        status is StatusCodes.Status429TooManyRequests or StatusCodes.Status503ServiceUnavailable;

    /// <summary>For a request that came in among others: says which one it is about.</summary>
    /// <param name="path">The request's.</param>
    public static void Complete(ProblemDetails problem, string? path, string? traceId)
    {
        ArgumentNullException.ThrowIfNull(problem);
        problem.Instance ??= path;
        problem.Extensions["traceId"] = traceId;
    }

    internal static void Fill(ProblemDetailsContext context)
    {
        Complete(context.ProblemDetails, context.HttpContext.Request.Path, TraceId());
        // A client that is told to come back must be told when.
        if (NeedsRetryAfter(context.ProblemDetails.Status))
        {
            context.HttpContext.Response.Headers.RetryAfter = RetryAfter(context.HttpContext);
        }

        if (context.ProblemDetails.Status is StatusCodes.Status401Unauthorized
            && context.HttpContext.Response.Headers.WWWAuthenticate.Count == 0)
        {
            context.HttpContext.Response.Headers.WWWAuthenticate = "Bearer";
        }
    }

    internal static string? TraceId() => Activity.Current?.TraceId.ToHexString();

    private static string RetryAfter(HttpContext context) =>
        context.Response.Headers.RetryAfter is { Count: > 0 } set ? set.ToString() : DefaultRetryAfter;
}
