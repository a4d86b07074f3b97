using Google.Protobuf.WellKnownTypes;

namespace Sidecar.Grpc;

/// <summary>Shutdown by a client over gRPC (dapr-contract.md 1.9): the answer first, then the sidecar stops.</summary>
internal sealed class ShutdownService(Host.ShutdownRequest shutdown) : IGrpcService
{
    public IReadOnlyList<GrpcMethod> Methods =>
    [
        DaprService.Unary("Shutdown", DaprApi.ShutdownRequest.Parser, (_, call) =>
        {
            var force = string.Equals(call.Metadata("dapr-force-shutdown"), "true", StringComparison.OrdinalIgnoreCase);
            call.OnAnswered(() => shutdown.Ask(force));
            return Task.FromResult(new Empty());
        }),
    ];
}
