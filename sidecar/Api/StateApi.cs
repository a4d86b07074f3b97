using System.Diagnostics.CodeAnalysis;
using Sidecar.Components;
using Sidecar.Components.State;
using Sidecar.Host;
using Sidecar.Http;
using Sidecar.Http.Errors;
using Sidecar.Metrics;
using Sidecar.PubSub.Outbox;

namespace Sidecar.Api;

/// <param name="Prefix">What stands before every key of the client.</param>
internal readonly record struct FoundStateStore(string Name, IStateStore Instance, string Prefix);

/// <summary>The operations of the state API, whichever protocol asks for them (dapr-contract.md 4).</summary>
internal sealed class StateApi(SidecarOptions options, ComponentRegistry components, StateKeys keys, ComponentCalls calls, TransactionalOutbox outbox)
{
    public bool TryFind(string name, out FoundStateStore store, [NotNullWhen(false)] out ApiError? error)
    {
        if (components.Find(name) is { Instance: IStateStore instance, Spec: var spec })
        {
            (store, error) = (new FoundStateStore(name, instance, keys.PrefixOf(spec)), null);
            return true;
        }

        store = default;
        error = components.HasAny<IStateStore>()
            ? StateErrors.NotFound(name, options.AppId)
            : StateErrors.NotConfigured(name, options.AppId);
        return false;
    }

    /// <summary>A null value: there is no such key.</summary>
    public async Task<ApiAnswer<StateItem>> GetAsync(FoundStateStore store, string key, CancellationToken cancellationToken)
    {
        if (Illegal(store, [key]) is { } illegal)
        {
            return ApiAnswer<StateItem>.Failed(illegal);
        }

        var fullKey = store.Prefix + key;
        var answer = await calls.RunAsync(ComponentOperation.State("get"), store.Name, token => store.Instance.GetAsync(fullKey, token), cancellationToken);
        return new ApiAnswer<StateItem>(answer.Value, answer.Fault is { } fault ? StateErrors.Get(store.Name, key, fault) : null);
    }

    /// <summary>The items that exist, by their keys in the store.</summary>
    public async Task<ApiAnswer<IReadOnlyDictionary<string, StateItem>>> GetManyAsync(
        FoundStateStore store, IReadOnlyList<string> wanted, CancellationToken cancellationToken)
    {
        if (Illegal(store, wanted) is { } illegal)
        {
            return ApiAnswer<IReadOnlyDictionary<string, StateItem>>.Failed(illegal);
        }

        var fullKeys = wanted.Distinct(StringComparer.Ordinal).Select(key => store.Prefix + key).ToList();
        var answer = await calls.RunAsync(
            ComponentOperation.State("bulk_get"),
            store.Name,
            token => fullKeys.Count == 0 ? Task.FromResult<IReadOnlyList<StateItem>>([]) : store.Instance.GetManyAsync(fullKeys, token),
            cancellationToken);
        return answer.Fault is { } fault
            ? ApiAnswer<IReadOnlyDictionary<string, StateItem>>.Failed(StateErrors.BulkGet(fault))
            : ApiAnswer<IReadOnlyDictionary<string, StateItem>>.Of((answer.Value ?? []).ToDictionary(item => item.Key, StringComparer.Ordinal));
    }

    /// <summary>Items of a failed save may have been stored.</summary>
    /// <param name="metadata">Of the request as a whole; it goes before that of an item.</param>
    public async Task<ApiError?> SaveAsync(
        FoundStateStore store,
        IReadOnlyList<StateRequest> requests,
        IReadOnlyDictionary<string, string>? metadata,
        CancellationToken cancellationToken)
    {
        var error = Illegal(store, requests.Select(request => request.Key));
        return error ?? (await ApplyAllAsync(
            "set", store, requests, request => StateRequests.ToSet(request, store.Prefix, metadata), cancellationToken) is { } fault
                ? StateErrors.Save(store.Name, fault)
                : null);
    }

    public async Task<ApiError?> DeleteAsync(FoundStateStore store, StateRequest request, CancellationToken cancellationToken)
    {
        var error = Illegal(store, [request.Key]);
        return error ?? (await ApplyAllAsync(
            "delete", store, [request], one => StateRequests.ToDelete(one, store.Prefix), cancellationToken) is { } fault
                ? StateErrors.Delete(request.Key, fault)
                : null);
    }

    /// <summary>Items of a failed delete may be gone.</summary>
    public async Task<ApiError?> DeleteManyAsync(
        FoundStateStore store, IReadOnlyList<StateRequest> requests, CancellationToken cancellationToken)
    {
        var error = Illegal(store, requests.Select(request => request.Key));
        return error ?? (await ApplyAllAsync(
            "bulk_delete", store, requests, request => StateRequests.ToDelete(request, store.Prefix), cancellationToken) is { } fault
                ? StateErrors.BulkDelete(store.Name, fault)
                : null);
    }

    /// <summary>Asked before anything else of a transaction is looked at.</summary>
    public static ApiError? RefuseTransaction(FoundStateStore store) =>
        store.Instance.Capabilities.HasFlag(StateCapabilities.Transactional) ? null : StateErrors.TransactionsNotSupported(store.Name);

    public async Task<ApiError?> TransactAsync(
        FoundStateStore store, StateTransaction transaction, CancellationToken cancellationToken)
    {
        foreach (var operation in transaction.Operations)
        {
            if (operation.Operation is not ("upsert" or "delete"))
            {
                return StateErrors.OperationNotSupported(operation.Operation);
            }

            if (Illegal(store, [operation.Request.Key]) is { } illegal)
            {
                return illegal;
            }
        }

        if (transaction.Operations.Count == 0)
        {
            return null;
        }

        try
        {
            var operations = await PrepareAsync(store, transaction, cancellationToken);
            if (operations.Count == 0)
            {
                return null;
            }

            var answer = await calls.RunAsync(
                ComponentOperation.State("transaction"),
                store.Name,
                async token =>
                {
                    await store.Instance.TransactAsync(operations, token);
                    return true;
                },
                cancellationToken);
            return answer.Fault is { } fault ? StateErrors.Transaction(fault) : null;
        }
        catch (ComponentException mistake)
        {
            return StateErrors.Transaction(mistake);
        }
        catch (OutboxException failure)
        {
            return PubSubErrors.OutboxNotPublished(options.AppId, failure.Message);
        }
    }

    /// <summary>
    /// What the store is asked to do; with an outbox its events are on their way then. Throws
    /// <see cref="ComponentException"/> or <see cref="OutboxException"/>.
    /// </summary>
    private async Task<IReadOnlyList<StateOperation>> PrepareAsync(
        FoundStateStore store, StateTransaction transaction, CancellationToken cancellationToken)
    {
        var settings = outbox.Of(store.Name);
        var operations = new List<StateOperation>();
        var upserts = new List<OutboxOperation>();
        foreach (var (operation, request) in transaction.Operations)
        {
            if (operation == "delete")
            {
                operations.Add(StateRequests.ToDelete(request, store.Prefix));
                continue;
            }

            var upsert = ToOutbox(request, transaction.HasJsonValues);
            upserts.Add(upsert);
            if (settings is null || !upsert.IsProjection)
            {
                operations.Add(StateRequests.ToSet(request, store.Prefix, transaction.Metadata));
            }
        }

        if (settings is not null)
        {
            operations.AddRange(await outbox.HandOnAsync(settings, upserts, cancellationToken));
        }

        return operations;
    }

    private static OutboxOperation ToOutbox(StateRequest request, bool isJson) => new(
        request.Key, request.Value, isJson, request.ContentType, request.Metadata ?? new Dictionary<string, string>());

    private async Task<ComponentException?> ApplyAllAsync(
        string operation,
        FoundStateStore store,
        IReadOnlyList<StateRequest> requests,
        Func<StateRequest, StateOperation> toOperation,
        CancellationToken cancellationToken)
    {
        var answers = await Task.WhenAll(requests.Select(request => calls.RunAsync(
            ComponentOperation.State(operation),
            store.Name,
            async token =>
            {
                await store.Instance.ApplyAsync(toOperation(request), token);
                return true;
            },
            cancellationToken)));

        // Of several faults a client can act on an ETag's: it may read again and try once more.
        var faults = answers.Select(answer => answer.Fault).OfType<ComponentException>().ToList();
        return faults.Find(fault => fault.Fault is ComponentFault.EtagMismatch or ComponentFault.EtagInvalid) ?? faults.FirstOrDefault();
    }

    private static ApiError? Illegal(FoundStateStore store, IEnumerable<string> keys) =>
        keys.FirstOrDefault(KeyPrefix.IsIllegal) is { } illegal ? StateErrors.IllegalKey(store.Name, illegal) : null;
}
