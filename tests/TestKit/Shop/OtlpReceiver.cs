using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace DaprShop.TestKit.Shop;

/// <summary>A span as it was exported; ids are lower-case hex, and a root has an empty <paramref name="ParentId"/>.</summary>
/// <param name="Service">Of the resource: <c>service.name</c>.</param>
/// <param name="Source">The instrumentation scope.</param>
public sealed record Span(string Service, string Source, string Name, string TraceId, string Id, string ParentId);

/// <summary>A collector for traces over OTLP/HTTP that keeps what it is sent.</summary>
public sealed class OtlpReceiver : IAsyncDisposable
{
    private readonly ConcurrentQueue<Span> _spans = new();
    private readonly WebApplication _server;

    private OtlpReceiver(string endpoint)
    {
        Endpoint = endpoint;
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls(endpoint);
        _server = builder.Build();
        _server.MapPost("/v1/traces", async (HttpContext context) =>
        {
            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body, context.RequestAborted);
            foreach (var span in OtlpSpans.Read(body.ToArray()))
            {
                _spans.Enqueue(span);
            }
        });
        _server.MapPost("/v1/metrics", () => { });
    }

    public string Endpoint { get; }

    /// <summary>What the launcher, and with it everything it starts, needs to send its traces here soon.</summary>
    public IReadOnlyDictionary<string, string> Environment => new Dictionary<string, string>
    {
        ["OTEL_EXPORTER_OTLP_ENDPOINT"] = Endpoint,
        ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf",
        ["OTEL_BSP_SCHEDULE_DELAY"] = "200",
    };

    public IReadOnlyList<Span> Trace(string traceId) => [.. _spans.Where(span => span.TraceId == traceId)];

    public static async Task<OtlpReceiver> StartAsync()
    {
        var receiver = new OtlpReceiver($"http://127.0.0.1:{FreePorts.Take(1)[0]}");
        await receiver._server.StartAsync();
        return receiver;
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();
}
