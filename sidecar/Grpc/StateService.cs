using System.Text.Json;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Sidecar.Api;
using Sidecar.Grpc.DaprApi;
using Sidecar.Http;
using Sidecar.Http.Errors;
using Stored = Sidecar.Components.State.StateItem;

namespace Sidecar.Grpc;

/// <summary>State over gRPC (dapr-contract.md 4.2). Values are any bytes and are stored as they come.</summary>
internal sealed class StateService(StateApi state) : IGrpcService
{
    public IReadOnlyList<GrpcMethod> Methods =>
    [
        DaprService.Unary("GetState", GetStateRequest.Parser, GetAsync),
        DaprService.Unary("GetBulkState", GetBulkStateRequest.Parser, GetBulkAsync),
        DaprService.Unary("SaveState", SaveStateRequest.Parser, SaveAsync),
        DaprService.Unary("DeleteState", DeleteStateRequest.Parser, DeleteAsync),
        DaprService.Unary("DeleteBulkState", DeleteBulkStateRequest.Parser, DeleteBulkAsync),
        DaprService.Unary("ExecuteStateTransaction", ExecuteStateTransactionRequest.Parser, TransactAsync),
        DaprService.Unary<QueryStateRequest, Empty>("QueryStateAlpha1", QueryStateRequest.Parser, Query),
    ];

    /// <summary>A missing key is an empty answer, not an error.</summary>
    private async Task<GetStateResponse> GetAsync(GetStateRequest request, GrpcCall call)
    {
        var item = DaprService.ValueOf(await state.GetAsync(Find(request.StoreName), request.Key, call.Cancelled));
        if (item is null)
        {
            return new GetStateResponse();
        }

        var response = new GetStateResponse { Data = ByteString.CopyFrom(item.Value.Span), Etag = item.Etag };
        AddExpiry(response.Metadata, item);
        return response;
    }

    /// <summary>One item for each key asked for, in that order; a missing key has nothing but its name.</summary>
    private async Task<GetBulkStateResponse> GetBulkAsync(GetBulkStateRequest request, GrpcCall call)
    {
        var store = Find(request.StoreName);
        var found = DaprService.ValueOf(await state.GetManyAsync(store, request.Keys, call.Cancelled))!;
        var response = new GetBulkStateResponse();
        foreach (var key in request.Keys)
        {
            var item = new BulkStateItem { Key = key };
            if (found.TryGetValue(store.Prefix + key, out var stored))
            {
                (item.Data, item.Etag) = (ByteString.CopyFrom(stored.Value.Span), stored.Etag);
                AddExpiry(item.Metadata, stored);
            }

            response.Items.Add(item);
        }

        return response;
    }

    private async Task<Empty> SaveAsync(SaveStateRequest request, GrpcCall call)
    {
        var store = Find(request.StoreName);
        var requests = request.States.Select(item => ToSave(store.Name, item)).ToList();
        DaprService.ThrowIf(await state.SaveAsync(store, requests, null, call.Cancelled));
        return new Empty();
    }

    private async Task<Empty> DeleteAsync(DeleteStateRequest request, GrpcCall call)
    {
        var (concurrency, consistency) = Texts(request.Options);
        var delete = new StateRequest(request.Key, default, request.Etag?.Value, request.Metadata, concurrency, consistency);
        DaprService.ThrowIf(await state.DeleteAsync(Find(request.StoreName), delete, call.Cancelled));
        return new Empty();
    }

    private async Task<Empty> DeleteBulkAsync(DeleteBulkStateRequest request, GrpcCall call)
    {
        var store = Find(request.StoreName);
        DaprService.ThrowIf(await state.DeleteManyAsync(store, [.. request.States.Select(ToRequest)], call.Cancelled));
        return new Empty();
    }

    private async Task<Empty> TransactAsync(ExecuteStateTransactionRequest request, GrpcCall call)
    {
        var store = Find(request.StoreName);
        DaprService.ThrowIf(StateApi.RefuseTransaction(store));
        var operations = request.Operations.Select(operation =>
            new StateTransactionOperation(operation.OperationType, WithKey(operation.Request ?? new StateItem()))).ToList();
        DaprService.ThrowIf(await state.TransactAsync(store, new StateTransaction(operations, request.Metadata), call.Cancelled));
        return new Empty();
    }

    // No driver here can query.
    private Task<Empty> Query(QueryStateRequest request, GrpcCall call) =>
        throw DaprService.ToException(StateErrors.QueryNotSupported(Find(request.StoreName).Name));

    private FoundStateStore Find(string name) =>
        state.TryFind(name, out var store, out var error) ? store : throw DaprService.ToException(error);

    private static StateRequest ToSave(string store, StateItem item)
    {
        var request = WithKey(item);
        return item.Metadata.TryGetValue("contentType", out var type) && type == "application/json"
            ? request with { Value = Compact(store, item) }
            : request;
    }

    private static StateRequest WithKey(StateItem item) =>
        item.Key.Length > 0 ? ToRequest(item) : throw DaprService.ToException(StateErrors.KeyEmpty);

    internal static StateRequest ToRequest(StateItem item)
    {
        var (concurrency, consistency) = Texts(item.Options);
        return new StateRequest(item.Key, item.Value.Memory, item.Etag?.Value, item.Metadata, concurrency, consistency);
    }

    // Read and written again, as daprd does: what is stored under this content type is JSON without blanks.
    private static ReadOnlyMemory<byte> Compact(string store, StateItem item)
    {
        try
        {
            using var value = JsonDocument.Parse(item.Value.Memory, new JsonDocumentOptions { MaxDepth = JsonObjects.Deep.MaxDepth });
            return StateReplies.Compact(value.RootElement);
        }
        catch (JsonException exception)
        {
            throw DaprService.ToException(StateErrors.ValueNotJson(store, exception.Message));
        }
    }

    // An enum value that nobody defined counts as none, as in daprd.
    private static (string Concurrency, string Consistency) Texts(StateOptions? options) => (
        options?.Concurrency switch
        {
            StateOptions.Types.StateConcurrency.ConcurrencyFirstWrite => "first-write",
            StateOptions.Types.StateConcurrency.ConcurrencyLastWrite => "last-write",
            _ => "",
        },
        options?.Consistency switch
        {
            StateOptions.Types.StateConsistency.ConsistencyEventual => "eventual",
            StateOptions.Types.StateConsistency.ConsistencyStrong => "strong",
            _ => "",
        });

    private static void AddExpiry(IDictionary<string, string> metadata, Stored item)
    {
        if (item.ExpiresAt is { } expiry)
        {
            metadata.Add(StateReplies.ExpireTime, StateReplies.Rfc3339(expiry));
        }
    }
}
