using Google.Protobuf;
using Sidecar.Api;
using Sidecar.Components.Bindings;
using Sidecar.Grpc.DaprApi;

namespace Sidecar.Grpc;

/// <summary>Output bindings over gRPC (dapr-contract.md 9.3).</summary>
internal sealed class BindingService(BindingApi bindings) : IGrpcService
{
    public IReadOnlyList<GrpcMethod> Methods => [DaprService.Unary("InvokeBinding", InvokeBindingRequest.Parser, InvokeAsync)];

    private async Task<InvokeBindingResponse> InvokeAsync(InvokeBindingRequest request, GrpcCall call)
    {
        var invocation = new BindingInvocation(request.Operation, request.Data.Memory, request.Metadata) { Trace = call.Trace };
        var answer = DaprService.ValueOf(await bindings.InvokeAsync(request.Name, invocation, call.Cancelled));
        var reply = new InvokeBindingResponse { Data = ByteString.CopyFrom((answer?.Data ?? default).Span) };
        foreach (var (name, value) in answer?.Metadata ?? new Dictionary<string, string>())
        {
            reply.Metadata.Add(name, value);
        }

        return reply;
    }
}
