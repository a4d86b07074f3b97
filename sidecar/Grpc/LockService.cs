using Sidecar.Api;
using Sidecar.Grpc.DaprApi;
using Sidecar.Http;

namespace Sidecar.Grpc;

/// <summary>Distributed lock over gRPC (dapr-contract.md 8).</summary>
internal sealed class LockService(LockApi locks) : IGrpcService
{
    public IReadOnlyList<GrpcMethod> Methods =>
    [
        DaprService.Unary("TryLockAlpha1", TryLockRequest.Parser, TryLockAsync),
        DaprService.Unary("UnlockAlpha1", UnlockRequest.Parser, UnlockAsync),
    ];

    private async Task<TryLockResponse> TryLockAsync(TryLockRequest request, GrpcCall call)
    {
        var asked = new LockRequest(request.ResourceId, request.LockOwner, request.ExpiryInSeconds);
        return new TryLockResponse { Success = DaprService.ValueOf(await locks.TryLockAsync(request.StoreName, asked, call.Cancelled)) };
    }

    private async Task<UnlockResponse> UnlockAsync(UnlockRequest request, GrpcCall call)
    {
        var asked = new LockRequest(request.ResourceId, request.LockOwner, 0);
        var status = DaprService.ValueOf(await locks.UnlockAsync(request.StoreName, asked, call.Cancelled));
        return new UnlockResponse { Status = (UnlockResponse.Types.Status)status };
    }
}
