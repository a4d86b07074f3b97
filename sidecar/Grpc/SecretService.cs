using Sidecar.Api;
using Sidecar.Grpc.DaprApi;

namespace Sidecar.Grpc;

/// <summary>Secrets over gRPC (dapr-contract.md 9.1).</summary>
internal sealed class SecretService(SecretApi secrets) : IGrpcService
{
    public IReadOnlyList<GrpcMethod> Methods =>
    [
        DaprService.Unary("GetSecret", GetSecretRequest.Parser, GetAsync),
        DaprService.Unary("GetBulkSecret", GetBulkSecretRequest.Parser, GetAllAsync),
    ];

    private async Task<GetSecretResponse> GetAsync(GetSecretRequest request, GrpcCall call)
    {
        var secret = DaprService.ValueOf(await secrets.GetAsync(request.StoreName, request.Key, call.Cancelled));
        var response = new GetSecretResponse();
        foreach (var (name, value) in secret ?? new Dictionary<string, string>())
        {
            response.Data.Add(name, value);
        }

        return response;
    }

    private async Task<GetBulkSecretResponse> GetAllAsync(GetBulkSecretRequest request, GrpcCall call)
    {
        var all = DaprService.ValueOf(await secrets.GetAllAsync(request.StoreName, call.Cancelled));
        var response = new GetBulkSecretResponse();
        foreach (var (name, values) in all ?? new Dictionary<string, IReadOnlyDictionary<string, string>>())
        {
            response.Data.Add(name, new SecretResponse { Secrets = { values.ToDictionary() } });
        }

        return response;
    }
}
