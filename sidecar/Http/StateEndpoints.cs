using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using Sidecar.Components;
using Sidecar.Components.State;
using Sidecar.Host;
using Sidecar.Http.Errors;

namespace Sidecar.Http;

/// <summary>
/// State management (dapr-contract.md 4). Common to all: 500 ERR_STATE_STORE_NOT_CONFIGURED when there is no state store
/// at all, 400 ERR_STATE_STORE_NOT_FOUND for an unknown one, both before the body is read; 400 ERR_MALFORMED_REQUEST
/// for a bad body and, with details, for a key that contains two pipes.
/// </summary>
internal sealed class StateEndpoints(SidecarOptions options, ComponentRegistry components, StateKeys keys, ComponentCalls calls)
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
        var (name, key) = (context.PathParameter("store"), context.PathParameter("key"));
        if (!TryFind(name, out var store, out var error) || !IsLegal(name, key, out error))
        {
            await context.Response.WriteAsync(error, context.RequestAborted);
            return;
        }

        var fullKey = store.Prefix + key;
        var answer = await calls.RunAsync(name, token => store.Instance.GetAsync(fullKey, token), context.RequestAborted);
        switch (answer)
        {
            case { Fault: { } fault }:
                await context.Response.WriteAsync(StateErrors.Get(name, key, fault), context.RequestAborted);
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
        var name = context.PathParameter("store");
        if (!TryFind(name, out var store, out var error))
        {
            await context.Response.WriteAsync(error, context.RequestAborted);
            return;
        }

        if (await ParseAsync(context, StateRequests.ParseSave) is not { } requests)
        {
            return;
        }

        if (requests.Find(request => KeyPrefix.IsIllegal(request.Key)) is { } illegal)
        {
            await context.Response.WriteAsync(StateErrors.IllegalKey(name, illegal.Key), context.RequestAborted);
            return;
        }

        var query = context.QueryMetadata();
        var faults = await Task.WhenAll(requests.Select(request => ApplyAsync(
            name, store.Instance, () => StateRequests.ToSet(request, store.Prefix, query), context.RequestAborted)));

        // Of several faults a client can act on an ETag's: it may read again and try once more.
        var fault = faults.FirstOrDefault(fault => fault?.Fault is ComponentFault.EtagMismatch or ComponentFault.EtagInvalid)
            ?? faults.FirstOrDefault(fault => fault is not null);
        await AnswerAsync(context, fault is null ? null : StateErrors.Save(name, fault));
    }

    // DELETE /v1.0/state/{store}/{key}?concurrency=&consistency= [If-Match: ETAG]: 204, also for a missing key;
    // ERR_STATE_DELETE with 409 ETag mismatch, 400 invalid ETag, else 500.
    private async Task DeleteAsync(HttpContext context)
    {
        var (name, key) = (context.PathParameter("store"), context.PathParameter("key"));
        if (!TryFind(name, out var store, out var error) || !IsLegal(name, key, out error))
        {
            await context.Response.WriteAsync(error, context.RequestAborted);
            return;
        }

        var query = context.Request.Query;
        var request = new StateRequest(
            key, default, context.Request.Headers.IfMatch.ToString(), null, query["concurrency"].ToString(), query["consistency"].ToString());
        var fault = await ApplyAsync(
            name, store.Instance, () => StateRequests.ToDelete(request, store.Prefix), context.RequestAborted);
        await AnswerAsync(context, fault is null ? null : StateErrors.Delete(key, fault));
    }

    // POST|PUT /v1.0/state/{store}/bulk {keys,parallelism?,metadata?}: 200 [{key,data?,etag?,metadata?,error?}].
    private async Task BulkGetAsync(HttpContext context)
    {
        var name = context.PathParameter("store");
        if (!TryFind(name, out var store, out var error))
        {
            await context.Response.WriteAsync(error, context.RequestAborted);
            return;
        }

        if (await ParseAsync(context, StateRequests.ParseBulkGet) is not { } wanted)
        {
            return;
        }

        if (wanted.Find(KeyPrefix.IsIllegal) is { } illegal)
        {
            await context.Response.WriteAsync(StateErrors.IllegalKey(name, illegal), context.RequestAborted);
            return;
        }

        var fullKeys = wanted.Distinct(StringComparer.Ordinal).Select(key => store.Prefix + key).ToList();
        var answer = await calls.RunAsync(
            name,
            token => fullKeys.Count == 0 ? Task.FromResult<IReadOnlyList<StateItem>>([]) : store.Instance.GetManyAsync(fullKeys, token),
            context.RequestAborted);
        await (answer is { Fault: { } fault }
            ? context.Response.WriteAsync(StateErrors.BulkGet(fault), context.RequestAborted)
            : context.Response.WriteJsonAsync(
                StatusCodes.Status200OK, StateReplies.BulkGet(wanted, store.Prefix, answer.Value ?? []), context.RequestAborted));
    }

    // POST|PUT /v1.0/state/{store}/transaction {operations:[{operation:upsert|delete,request}],metadata?}: 204, also for
    // none; 500 ERR_STATE_STORE_NOT_SUPPORTED; 400 ERR_NOT_SUPPORTED_STATE_OPERATION; 500 ERR_STATE_TRANSACTION, ETags included.
    private async Task TransactAsync(HttpContext context)
    {
        var name = context.PathParameter("store");
        if (!TryFind(name, out var store, out var error))
        {
            await context.Response.WriteAsync(error, context.RequestAborted);
            return;
        }

        if (!store.Instance.Capabilities.HasFlag(StateCapabilities.Transactional))
        {
            await context.Response.WriteAsync(StateErrors.TransactionsNotSupported(name), context.RequestAborted);
            return;
        }

        if (await ParseAsync(context, StateRequests.ParseTransaction) is not { } transaction)
        {
            return;
        }

        foreach (var operation in transaction.Operations)
        {
            if (operation.Operation is not ("upsert" or "delete"))
            {
                await context.Response.WriteAsync(StateErrors.OperationNotSupported(operation.Operation), context.RequestAborted);
                return;
            }

            if (!IsLegal(name, operation.Request.Key, out error))
            {
                await context.Response.WriteAsync(error, context.RequestAborted);
                return;
            }
        }

        var fault = transaction.Operations.Count == 0 ? null : await TransactAsync(name, store, transaction, context.RequestAborted);
        await AnswerAsync(context, fault is null ? null : StateErrors.Transaction(fault));
    }

    // POST|PUT /v1.0-alpha1/state/{store}/query: 500 ERR_STATE_STORE_NOT_SUPPORTED, for no driver here can query.
    private Task QueryAsync(HttpContext context)
    {
        var name = context.PathParameter("store");
        return context.Response.WriteAsync(
            TryFind(name, out _, out var error) ? StateErrors.QueryNotSupported(name) : error, context.RequestAborted);
    }

    private async Task<ComponentException?> ApplyAsync(
        string name, IStateStore store, Func<StateOperation> operation, CancellationToken cancellationToken)
    {
        var answer = await calls.RunAsync(
            name,
            async token =>
            {
                await store.ApplyAsync(operation(), token);
                return true;
            },
            cancellationToken);
        return answer.Fault;
    }

    private async Task<ComponentException?> TransactAsync(
        string name, FoundStore store, StateTransaction transaction, CancellationToken cancellationToken)
    {
        var answer = await calls.RunAsync(
            name,
            async token =>
            {
                var operations = transaction.Operations.Select(StateOperation (item) => item.Operation == "delete"
                    ? StateRequests.ToDelete(item.Request, store.Prefix)
                    : StateRequests.ToSet(item.Request, store.Prefix, transaction.Metadata)).ToList();
                await store.Instance.TransactAsync(operations, token);
                return true;
            },
            cancellationToken);
        return answer.Fault;
    }

    private bool TryFind(string name, out FoundStore store, [NotNullWhen(false)] out ApiError? error)
    {
        if (components.Find(name) is { Instance: IStateStore instance, Spec: var spec })
        {
            (store, error) = (new FoundStore(instance, keys.PrefixOf(spec)), null);
            return true;
        }

        store = default;
        error = components.HasAny<IStateStore>()
            ? StateErrors.NotFound(name, options.AppId)
            : StateErrors.NotConfigured(name, options.AppId);
        return false;
    }

    private static bool IsLegal(string store, string key, [NotNullWhen(false)] out ApiError? error)
    {
        error = KeyPrefix.IsIllegal(key) ? StateErrors.IllegalKey(store, key) : null;
        return error is null;
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

    private readonly record struct FoundStore(IStateStore Instance, string Prefix);
}

internal static class StateRoutes
{
    public static void MapState(this IEndpointRouteBuilder routes) =>
        ActivatorUtilities.CreateInstance<StateEndpoints>(routes.ServiceProvider).Map(routes);
}
