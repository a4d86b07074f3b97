using System.Globalization;
using System.Text;
using System.Text.Json;
using Sidecar.Components;
using Sidecar.Components.Lock;
using Sidecar.Http.Errors;

namespace Sidecar.Http;

/// <summary>Distributed lock (dapr-contract.md 8).</summary>
internal static class LockEndpoints
{
    public static void MapLock(this IEndpointRouteBuilder routes)
    {
        var services = routes.ServiceProvider;
        var locks = new Locks(
            services.GetRequiredService<ComponentRegistry>(),
            services.GetRequiredService<StateKeys>(),
            services.GetRequiredService<ComponentCalls>());
        routes.MapPost("/v1.0-alpha1/lock/{store}", context => TryLockAsync(context, locks));
        routes.MapPost("/v1.0-alpha1/unlock/{store}", context => UnlockAsync(context, locks));
    }

    // POST /v1.0-alpha1/lock/{store} {"resourceId","lockOwner","expiryInSeconds"}: 200 {"success":true|false};
    // 400 for an empty member, a bad body or an unknown store; 500 when no store is configured or the store fails.
    private static async Task TryLockAsync(HttpContext context, Locks locks)
    {
        var store = context.PathParameter("store");
        if (await ReadAsync(context, locks, store, asksForExpiry: true) is not ({ } request, { } found))
        {
            return;
        }

        if (KeyPrefix.IsIllegal(request.ResourceId))
        {
            await context.Response.WriteAsync(LockErrors.TryLock(SharedErrors.IllegalKeyText(request.ResourceId)), context.RequestAborted);
            return;
        }

        var (spec, instance) = found;
        var answer = await locks.Calls.RunAsync(
            store,
            token => instance.TryLockAsync(
                locks.Keys.LockKey(spec, request.ResourceId), request.LockOwner, TimeSpan.FromSeconds(request.ExpiryInSeconds), token),
            context.RequestAborted);
        await (answer.Fault is { } fault
            ? context.Response.WriteAsync(LockErrors.TryLock(fault.Message), context.RequestAborted)
            : WriteAsync(context, answer.Value ? """{"success":true}""" : """{"success":false}"""));
    }

    // POST /v1.0-alpha1/unlock/{store} {"resourceId","lockOwner"}: 200 {"status":0..3}; errors as above.
    private static async Task UnlockAsync(HttpContext context, Locks locks)
    {
        var store = context.PathParameter("store");
        if (await ReadAsync(context, locks, store, asksForExpiry: false) is not ({ } request, { } found))
        {
            return;
        }

        if (KeyPrefix.IsIllegal(request.ResourceId))
        {
            await context.Response.WriteAsync(LockErrors.Unlock(SharedErrors.IllegalKeyText(request.ResourceId)), context.RequestAborted);
            return;
        }

        var (spec, instance) = found;
        var answer = await locks.Calls.RunAsync(
            store,
            token => instance.UnlockAsync(locks.Keys.LockKey(spec, request.ResourceId), request.LockOwner, token),
            context.RequestAborted);
        await (answer.Fault is { } fault
            ? context.Response.WriteAsync(LockErrors.Unlock(fault.Message), context.RequestAborted)
            : WriteAsync(context, string.Create(CultureInfo.InvariantCulture, $"{{\"status\":{(int)answer.Value}}}")));
    }

    // Null parts: the error is already answered. The order of the checks is daprd's.
    private static async Task<(LockRequest? Request, FoundLock? Store)> ReadAsync(
        HttpContext context, Locks locks, string store, bool asksForExpiry)
    {
        ApiError? error;
        try
        {
            var request = LockRequest.Parse((await context.ReadBodyAsync(context.RequestAborted)).Span);
            var loaded = locks.Components.Find(store);
            error = Check(request, locks, store, loaded?.Instance as ILockStore, asksForExpiry);
            if (error is null)
            {
                return (request, new FoundLock(loaded!.Spec, (ILockStore)loaded.Instance));
            }
        }
        catch (Exception exception) when (exception is JsonException or FormatException or BadHttpRequestException)
        {
            error = SharedErrors.MalformedBody(exception.Message);
        }

        await context.Response.WriteAsync(error, context.RequestAborted);
        return default;
    }

    private static ApiError? Check(LockRequest request, Locks locks, string store, ILockStore? instance, bool asksForExpiry)
    {
        if (!locks.Components.HasAny<ILockStore>())
        {
            return LockErrors.NotConfigured;
        }

        if (request.ResourceId.Length == 0)
        {
            return LockErrors.ResourceEmpty(store);
        }

        if (request.LockOwner.Length == 0)
        {
            return LockErrors.OwnerEmpty(store);
        }

        if (asksForExpiry && request.ExpiryInSeconds <= 0)
        {
            return LockErrors.ExpiryNotPositive(store);
        }

        return instance is null ? LockErrors.NotFound(store) : null;
    }

    private static Task WriteAsync(HttpContext context, string json) =>
        context.Response.WriteJsonAsync(StatusCodes.Status200OK, Encoding.UTF8.GetBytes(json), context.RequestAborted);

    private sealed record Locks(ComponentRegistry Components, StateKeys Keys, ComponentCalls Calls);

    private sealed record FoundLock(ComponentSpec Spec, ILockStore Instance);
}
