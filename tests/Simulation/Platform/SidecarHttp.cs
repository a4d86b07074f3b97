using System.Text.Json;
using DaprShop.Tests.Simulation.Engine;

namespace DaprShop.Tests.Simulation.Platform;

/// <summary>The two routes of a sidecar's HTTP API that the services call themselves: bulk publish and bulk read.</summary>
internal sealed class SidecarHttp(Calls calls, Store store, Broker broker, Faults faults)
{
    private const string Publish = "/v1.0/publish/bulk/pubsub/";
    private const string BulkRead = "/v1.0/state/statestore/bulk";

    private static readonly JsonSerializerOptions Web = new(JsonSerializerDefaults.Web);

    public HttpClient Client(ProcessClock clock, TimeSpan limit) => new NetworkHandler(SendAsync, clock, limit).Client("sidecar");

    private Task<Response?> SendAsync(Request request, CancellationToken cancellationToken)
    {
        if (request.Path.StartsWith(Publish, StringComparison.Ordinal))
        {
            return calls.MakeAsync(Dependency.Broker, () => PublishAll(request), Broken, cancellationToken);
        }

        return request.Path == BulkRead
            ? calls.MakeAsync(Dependency.Store, () => ReadAll(request), Broken, cancellationToken)
            : throw new NotSupportedException($"The simulated sidecar has no {request.Path}.");
    }

    private static HttpRequestException Broken() => new("The sidecar does not answer.");

    private Response? PublishAll(Request request)
    {
        using var entries = JsonDocument.Parse(request.Body);
        var failed = new List<object>();
        foreach (var entry in entries.RootElement.EnumerateArray())
        {
            if (faults.In(0.02))
            {
                failed.Add(new { entryId = entry.GetProperty("entryId").GetString(), error = "The broker refused it." });
                continue;
            }

            var metadata = entry.GetProperty("metadata");
            broker.Publish(
                request.Path[Publish.Length..],
                metadata.GetProperty("cloudevent.type").GetString()!,
                metadata.GetProperty("cloudevent.id").GetString()!,
                System.Text.Encoding.UTF8.GetBytes(entry.GetProperty("event").GetRawText()));
        }

        return failed.Count == 0 ? Response.Empty(204) : Response.Of(new { failedEntries = failed }, 500);
    }

    private Response? ReadAll(Request request)
    {
        var keys = JsonSerializer.Deserialize<Query>(request.Body.Span, Web)!.Keys;
        using var body = new MemoryStream();
        using (var writer = new Utf8JsonWriter(body))
        {
            writer.WriteStartArray();
            foreach (var key in keys)
            {
                writer.WriteStartObject();
                writer.WriteString("key", key);
                if (faults.In(0.005))
                {
                    writer.WriteString("error", "The store did not answer for this key.");
                }
                else if (store.Read(key) is { Value: { } value } found)
                {
                    writer.WritePropertyName("data");
                    writer.WriteRawValue(value);
                    writer.WriteString("etag", found.Etag);
                }

                writer.WriteEndObject();
            }

            writer.WriteEndArray();
        }

        return new Response(200, body.ToArray());
    }

    private sealed record Query(IReadOnlyList<string> Keys);
}
