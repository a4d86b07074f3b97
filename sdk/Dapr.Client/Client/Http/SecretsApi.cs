using System.Text.Json;

namespace Dapr.Client.Http;

/// <summary><c>GET /v1.0/secrets/{store}/{key}</c> and <c>/bulk</c>.</summary>
internal sealed class SecretsApi(SidecarApi api)
{
    public async Task<Dictionary<string, string>> GetAsync(
        string storeName, string key, IReadOnlyDictionary<string, string>? metadata, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(key);
        return await AskAsync<Dictionary<string, string>>(storeName, key, metadata, cancellationToken) ?? [];
    }

    public async Task<Dictionary<string, Dictionary<string, string>>> GetBulkAsync(
        string storeName, IReadOnlyDictionary<string, string>? metadata, CancellationToken cancellationToken) =>
        await AskAsync<Dictionary<string, Dictionary<string, string>>>(storeName, "bulk", metadata, cancellationToken) ?? [];

    private Task<T?> AskAsync<T>(string storeName, string name, IReadOnlyDictionary<string, string>? metadata, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(storeName);
        var path = SidecarPath.To("/v1.0/secrets").Segment(storeName).Segment(name).Metadata(metadata);
        return api.AskJsonAsync<T>(new("Reading from secret store", storeName), api.Request(HttpMethod.Get, path), JsonSerializerOptions.Default, cancellationToken);
    }
}
