using System.Text;
using System.Text.Json;

namespace Dapr.Client.Http;

/// <summary>Health, metadata and shutdown of the sidecar itself.</summary>
internal sealed class ControlApi(SidecarApi api, TimeProvider clock)
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(500);

    public Task<bool> IsHealthyAsync(CancellationToken cancellationToken) => IsSuccessAsync("/v1.0/healthz", cancellationToken);

    public Task<bool> IsOutboundHealthyAsync(CancellationToken cancellationToken) => IsSuccessAsync("/v1.0/healthz/outbound", cancellationToken);

    public async Task WaitAsync(CancellationToken cancellationToken)
    {
        while (!await IsOutboundHealthyAsync(cancellationToken))
        {
            await Task.Delay(PollInterval, clock, cancellationToken);
        }
    }

    public Task ShutdownAsync(CancellationToken cancellationToken) =>
        api.SendAsync(new("Shutting down", "sidecar"), api.Request(HttpMethod.Post, "/v1.0/shutdown"), cancellationToken);

    public async Task<DaprMetadata> GetMetadataAsync(CancellationToken cancellationToken)
    {
        var request = api.Request(HttpMethod.Get, "/v1.0/metadata");
        var answer = await api.AskJsonAsync<Description>(new("Reading metadata of", "sidecar"), request, JsonSerializerOptions.Web, cancellationToken);
        return new DaprMetadata(
            answer?.Id ?? string.Empty,
            [.. (answer?.Actors ?? []).Select(actor => new DaprActorMetadata(actor.Type, actor.Count))],
            answer?.Extended ?? [],
            [.. (answer?.Components ?? []).Select(component => new DaprComponentsMetadata(component.Name, component.Type, component.Version, component.Capabilities ?? []))]);
    }

    public Task SetMetadataAsync(string name, string value, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        var path = SidecarPath.To("/v1.0/metadata").Segment(name);
        var body = new StringContent(value ?? string.Empty, Encoding.UTF8, "text/plain");
        return api.SendAsync(new("Setting metadata", name), api.Request(HttpMethod.Put, path, body), cancellationToken);
    }

    private async Task<bool> IsSuccessAsync(string path, CancellationToken cancellationToken)
    {
        try
        {
            using var request = api.Request(HttpMethod.Get, path);
            using var response = await api.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
            return response.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    private sealed record Description(string? Id, Actor[]? Actors, Dictionary<string, string>? Extended, Component[]? Components);

    private sealed record Actor(string Type, int Count);

    private sealed record Component(string Name, string Type, string Version, string[]? Capabilities);
}
