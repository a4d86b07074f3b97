using System.Globalization;
using System.Text;
using System.Text.Json;
using Sidecar.Api;
using Sidecar.Http.Errors;

namespace Sidecar.Http;

/// <summary>Distributed lock (dapr-contract.md 8).</summary>
internal static class LockEndpoints
{
    public static void MapLock(this IEndpointRouteBuilder routes)
    {
        var locks = routes.ServiceProvider.GetRequiredService<LockApi>();
        routes.MapPost("/v1.0-alpha1/lock/{store}", context => TryLockAsync(context, locks));
        routes.MapPost("/v1.0-alpha1/unlock/{store}", context => UnlockAsync(context, locks));
    }

    // POST /v1.0-alpha1/lock/{store} {"resourceId","lockOwner","expiryInSeconds"}: 200 {"success":true|false};
    // 400 for an empty member, a bad body or an unknown store; 500 when no store is configured or the store fails.
    private static async Task TryLockAsync(HttpContext context, LockApi locks)
    {
        if (await ReadAsync(context) is not { } request)
        {
            return;
        }

        var answer = await locks.TryLockAsync(context.PathParameter("store"), request, context.RequestAborted);
        await WriteAsync(context, answer.Error, answer.Value ? """{"success":true}""" : """{"success":false}""");
    }

    // POST /v1.0-alpha1/unlock/{store} {"resourceId","lockOwner"}: 200 {"status":0..3}; errors as above.
    private static async Task UnlockAsync(HttpContext context, LockApi locks)
    {
        if (await ReadAsync(context) is not { } request)
        {
            return;
        }

        var answer = await locks.UnlockAsync(context.PathParameter("store"), request, context.RequestAborted);
        await WriteAsync(context, answer.Error, string.Create(CultureInfo.InvariantCulture, $"{{\"status\":{(int)answer.Value}}}"));
    }

    // Null: the body was bad and is already answered.
    private static async Task<LockRequest?> ReadAsync(HttpContext context)
    {
        try
        {
            return LockRequest.Parse((await context.ReadBodyAsync(context.RequestAborted)).Span);
        }
        catch (Exception exception) when (exception is JsonException or FormatException or BadHttpRequestException)
        {
            await context.Response.WriteAsync(SharedErrors.MalformedBody(exception.Message), context.RequestAborted);
            return null;
        }
    }

    private static Task WriteAsync(HttpContext context, ApiError? error, string json) => error is null
        ? context.Response.WriteJsonAsync(StatusCodes.Status200OK, Encoding.UTF8.GetBytes(json), context.RequestAborted)
        : context.Response.WriteAsync(error, context.RequestAborted);
}
