using System.Text.Json;
using Sidecar.Api;
using Sidecar.Http.Errors;

namespace Sidecar.Http;

/// <summary>
/// State management (dapr-contract.md 4). Common to all: 500 ERR_STATE_STORE_NOT_CONFIGURED when there is no state store
/// at all, 400 ERR_STATE_STORE_NOT_FOUND for an unknown one, both before the body is read; 400 ERR_MALFORMED_REQUEST
/// for a bad body and, with details, for a key that contains two pipes.
/// </summary>
internal sealed class StateEndpoints(StateApi state)
{
    private static readonly string[] Write = ["POST", "PUT"];

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/v1.0/state/{store}/{key}", GetAsync);
        routes.MapMethods("/v1.0/state/{store}", Write, SaveAsync);
        routes.MapDelete("/v1.0/state/{store}/{key}", DeleteAsync);
        routes.MapMethods("/v1.0/state/{store}/bulk", Write, BulkGetAsync);
        routes.MapMethods("/v1.0/state/{store}/transaction", Write, TransactAsync);
        routes.MapMethods("/v1.0-alpha1/state/{store}/query", Write, QueryAsync);
    }

    // GET /v1.0/state/{store}/{key}?consistency=&metadata.NAME=: 200 the stored bytes with ETag (no quotes) and
    // metadata.ttlExpireTime; 204 missing; 500 ERR_STATE_GET.
    private async Task GetAsync(HttpContext context)
    {
        if (!state.TryFind(context.PathParameter("store"), out var store, out var error))
        {
            await context.Response.WriteAsync(error, context.RequestAborted);
            return;
        }

        switch (await state.GetAsync(store, context.PathParameter("key"), context.RequestAborted))
        {
            case { Error: { } failure }:
                await context.Response.WriteAsync(failure, context.RequestAborted);
                break;
            case { Value: null }:
                context.Response.StatusCode = StatusCodes.Status204NoContent;
                break;
            case { Value: { } item }:
                context.Response.Headers.ETag = item.Etag;
                if (item.ExpiresAt is { } expiry)
                {
                    context.Response.Headers[$"metadata.{StateReplies.ExpireTime}"] = StateReplies.Rfc3339(expiry);
                }

                await context.Response.WriteJsonAsync(StatusCodes.Status200OK, item.Value, context.RequestAborted);
                break;
        }
    }

    // POST|PUT /v1.0/state/{store}?metadata.NAME= [{key,value,etag?,metadata?,options?}]: 204, also for []; ERR_STATE_SAVE
    // with 409 ETag mismatch, 400 invalid ETag, else 500. Items of a failed save may have been stored.
    private async Task SaveAsync(HttpContext context)
    {
        if (!state.TryFind(context.PathParameter("store"), out var store, out var error))
        {
            await context.Response.WriteAsync(error, context.RequestAborted);
            return;
        }

        if (await ParseAsync(context, StateRequests.ParseSave) is { } requests)
        {
            await AnswerAsync(context, await state.SaveAsync(store, requests, context.QueryMetadata(), context.RequestAborted));
        }
    }

    // DELETE /v1.0/state/{store}/{key}?concurrency=&consistency= [If-Match: ETAG]: 204, also for a missing key;
    // ERR_STATE_DELETE with 409 ETag mismatch, 400 invalid ETag, else 500.
    private async Task DeleteAsync(HttpContext context)
    {
        if (!state.TryFind(context.PathParameter("store"), out var store, out var error))
        {
            await context.Response.WriteAsync(error, context.RequestAborted);
            return;
        }

        var query = context.Request.Query;
        var request = new StateRequest(
            context.PathParameter("key"),
            default,
            context.Request.Headers.IfMatch.ToString(),
            null,
            query["concurrency"].ToString(),
            query["consistency"].ToString());
        await AnswerAsync(context, await state.DeleteAsync(store, request, context.RequestAborted));
    }

    // POST|PUT /v1.0/state/{store}/bulk {keys,parallelism?,metadata?}: 200 [{key,data?,etag?,metadata?,error?}].
    private async Task BulkGetAsync(HttpContext context)
    {
        if (!state.TryFind(context.PathParameter("store"), out var store, out var error))
        {
            await context.Response.WriteAsync(error, context.RequestAborted);
            return;
        }

        if (await ParseAsync(context, StateRequests.ParseBulkGet) is not { } wanted)
        {
            return;
        }

        var answer = await state.GetManyAsync(store, wanted, context.RequestAborted);
        await (answer.Error is { } failure
            ? context.Response.WriteAsync(failure, context.RequestAborted)
            : context.Response.WriteJsonAsync(
                StatusCodes.Status200OK, StateReplies.BulkGet(wanted, store.Prefix, answer.Value!), context.RequestAborted));
    }

    // POST|PUT /v1.0/state/{store}/transaction {operations:[{operation:upsert|delete,request}],metadata?}: 204, also for
    // none; 500 ERR_STATE_STORE_NOT_SUPPORTED; 400 ERR_NOT_SUPPORTED_STATE_OPERATION; 500 ERR_STATE_TRANSACTION, ETags included.
    private async Task TransactAsync(HttpContext context)
    {
        var error = state.TryFind(context.PathParameter("store"), out var store, out var missing)
            ? StateApi.RefuseTransaction(store)
            : missing;
        if (error is not null)
        {
            await context.Response.WriteAsync(error, context.RequestAborted);
            return;
        }

        if (await ParseAsync(context, StateRequests.ParseTransaction) is { } transaction)
        {
            await AnswerAsync(context, await state.TransactAsync(store, transaction, context.RequestAborted));
        }
    }

    // POST|PUT /v1.0-alpha1/state/{store}/query: 500 ERR_STATE_STORE_NOT_SUPPORTED, for no driver here can query.
    private Task QueryAsync(HttpContext context)
    {
        var name = context.PathParameter("store");
        return context.Response.WriteAsync(
            state.TryFind(name, out _, out var error) ? StateErrors.QueryNotSupported(name) : error, context.RequestAborted);
    }

    // Null: the body was bad and is already answered.
    private static async Task<T?> ParseAsync<T>(HttpContext context, Func<ReadOnlyMemory<byte>, T> parse)
        where T : class
    {
        try
        {
            return parse(await context.ReadBodyAsync(context.RequestAborted));
        }
        catch (Exception exception) when (exception is JsonException or FormatException or BadHttpRequestException)
        {
            await context.Response.WriteAsync(SharedErrors.MalformedBody(exception.Message), context.RequestAborted);
            return null;
        }
    }

    private static Task AnswerAsync(HttpContext context, ApiError? error)
    {
        if (error is not null)
        {
            return context.Response.WriteAsync(error, context.RequestAborted);
        }

        context.Response.StatusCode = StatusCodes.Status204NoContent;
        return Task.CompletedTask;
    }
}

internal static class StateRoutes
{
    public static void MapState(this IEndpointRouteBuilder routes) =>
        new StateEndpoints(routes.ServiceProvider.GetRequiredService<StateApi>()).Map(routes);
}
