using System.Diagnostics;
using Microsoft.AspNetCore.Http;

namespace DaprShop.ServiceDefaults.Faults;

/// <summary>Adds to every problem what only the request knows.</summary>
internal static class ProblemContext
{
    /// <summary>Seconds.</summary>
    public const string DefaultRetryAfter = "1";

    public static void Fill(ProblemDetailsContext context)
    {
        context.ProblemDetails.Instance ??= context.HttpContext.Request.Path;
        context.ProblemDetails.Extensions["traceId"] = TraceId();
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

    public static bool NeedsRetryAfter(int? status) =>
        status is StatusCodes.Status429TooManyRequests or StatusCodes.Status503ServiceUnavailable;

    public static string? TraceId() => Activity.Current?.TraceId.ToHexString();

    private static string RetryAfter(HttpContext context) =>
        context.Response.Headers.RetryAfter is { Count: > 0 } set ? set.ToString() : DefaultRetryAfter;
}
