using System.Collections.Frozen;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Sidecar.Actors;
using Sidecar.Components.State;
using Sidecar.Grpc.DaprApi;
using Sidecar.Http;
using Sidecar.Http.Errors;
using Sidecar.Invocation;
using Sidecar.Resiliency;
using Sidecar.Tracing;

namespace Sidecar.Grpc;

/// <summary>Actor methods and state over gRPC (dapr-contract.md 10.3).</summary>
internal sealed class ActorService(ActorRouter router, ActorState state) : IGrpcService
{
    public IReadOnlyList<GrpcMethod> Methods =>
    [
        DaprService.Unary("InvokeActor", InvokeActorRequest.Parser, InvokeAsync),
        DaprService.Unary("GetActorState", GetActorStateRequest.Parser, GetStateAsync),
        DaprService.Unary("ExecuteActorStateTransaction", ExecuteActorStateTransactionRequest.Parser, TransactAsync),
    ];

    // The answer has no place for headers: an application exception of the SDK's remoting is its body alone, as in daprd.
    private Task<InvokeActorResponse> InvokeAsync(InvokeActorRequest request, GrpcCall call)
    {
        var actor = ActorCalls.Actor(request.ActorType, request.ActorId);
        foreach (var (parameter, name) in ((string, string)[])[("actorType", actor.Type), ("actorId", actor.Id)])
        {
            if (ActorNames.Problem(name) is { } problem)
            {
                throw new GrpcException(GrpcStatusCode.InvalidArgument, $"invalid {parameter}: {problem}");
            }
        }

        var method = TargetPath.Normalize(request.Method, out var invalid)
            ?? throw new GrpcException(GrpcStatusCode.InvalidArgument, $"invalid actor method: {invalid}");
        return ActorCalls.RunAsync(ActorErrors.Invoke, async () =>
        {
            try
            {
                var answer = await router.InvokeAsync(new ActorCall(actor, method, request.Data.Memory, "", HeadersOf(request, call.Trace)), call.Cancelled);
                return new InvokeActorResponse { Data = UnsafeByteOperations.UnsafeWrap(answer.Body) };
            }
            catch (Exception policy) when (policy is TimeoutException or CircuitBreakerOpenException)
            {
                throw DaprService.ToException(ActorErrors.Invoke(policy.Message));
            }
        });
    }

    /// <summary>A missing key is an empty answer, not an error.</summary>
    private Task<GetActorStateResponse> GetStateAsync(GetActorStateRequest request, GrpcCall call)
    {
        var actor = ActorCalls.Actor(request.ActorType, request.ActorId);
        return ActorCalls.RunAsync(ActorErrors.StateGet, async () =>
        {
            var response = new GetActorStateResponse();
            if (await state.GetAsync(actor, request.Key, call.Cancelled) is { } item)
            {
                response.Data = UnsafeByteOperations.UnsafeWrap(item.Value);
                if (item.ExpiresAt is { } expiry)
                {
                    response.Metadata.Add(StateReplies.ExpireTime, StateReplies.Rfc3339(expiry));
                }
            }

            return response;
        });
    }

    private Task<Empty> TransactAsync(ExecuteActorStateTransactionRequest request, GrpcCall call)
    {
        var actor = ActorCalls.Actor(request.ActorType, request.ActorId);
        if (request.Operations.FirstOrDefault(operation => operation.OperationType is not ("upsert" or "delete")) is { } other)
        {
            throw new GrpcException(GrpcStatusCode.Unimplemented, $"operation type {other.OperationType} not supported");
        }

        return ActorCalls.RunAsync(ActorErrors.StateTransaction, async () =>
        {
            await state.TransactAsync(actor, [.. request.Operations.Select(ToOperation)], call.Cancelled);
            return new Empty();
        });
    }

    private static StateTransactionOperation ToOperation(TransactionalActorStateOperation operation) => new(
        operation.OperationType,
        new StateRequest(
            operation.Key, operation.Value?.Value.Memory ?? default, null, operation.Metadata.Count > 0 ? operation.Metadata : null, "", ""));

    private static List<KeyValuePair<string, string[]>> HeadersOf(InvokeActorRequest request, TraceContext trace)
    {
        var headers = request.Metadata
            .Where(entry => HeaderRules.GoesToApp(entry.Key, FrozenSet<string>.Empty))
            .Select(entry => new KeyValuePair<string, string[]>(entry.Key, [entry.Value]));
        return [.. headers, .. trace.Headers];
    }
}
