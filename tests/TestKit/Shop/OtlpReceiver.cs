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

/// <param name="TraceId">Empty: it belongs to no trace.</param>
public sealed record LogRecord(string Service, string Body, string TraceId);

/// <summary>One export request as it was sent: whatever its fields are called, every text of it is in these bytes.</summary>
/// <param name="Signal"><c>traces</c>, <c>logs</c> or <c>metrics</c>.</param>
public sealed record OtlpExport(string Signal, ReadOnlyMemory<byte> Body)
{
    /// <summary>Whose metrics these are; a service sends its own only.</summary>
    public bool HasMetricsOf(string service) => Signal == "metrics" && OtlpSpans.ReadMetrics(Body).Any(metric => metric.Service == service);
}

/// <summary>A collector over OTLP/HTTP that keeps the spans, the log records and the names of the metrics that it is sent.</summary>
public sealed class OtlpReceiver : IAsyncDisposable
{
    private readonly ConcurrentQueue<Span> _spans = new();
    private readonly ConcurrentQueue<LogRecord> _logs = new();
    private readonly ConcurrentDictionary<(string Service, string Name), bool> _metrics = new();
    private readonly ConcurrentQueue<OtlpExport> _exports = new();
    private readonly WebApplication _server;

    private OtlpReceiver(string endpoint)
    {
        Endpoint = endpoint;
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls(endpoint);
        _server = builder.Build();
        Map("traces", body => OtlpSpans.Read(body).ToList().ForEach(_spans.Enqueue));
        Map("logs", body => OtlpSpans.ReadLogs(body).ToList().ForEach(_logs.Enqueue));
        Map("metrics", body => OtlpSpans.ReadMetrics(body).ToList().ForEach(metric => _metrics.TryAdd(metric, true)));
    }

    public string Endpoint { get; }

    /// <summary>What the launcher, and with it everything it starts, needs to send what it has here soon.</summary>
    public IReadOnlyDictionary<string, string> Environment => new Dictionary<string, string>
    {
        ["OTEL_EXPORTER_OTLP_ENDPOINT"] = Endpoint,
        ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf",
        ["OTEL_BSP_SCHEDULE_DELAY"] = "200",
        ["OTEL_BLRP_SCHEDULE_DELAY"] = "200",
        ["OTEL_METRIC_EXPORT_INTERVAL"] = "1000",
    };

    /// <summary>All of it, in the order of its arrival.</summary>
    public IReadOnlyList<OtlpExport> Exports => [.. _exports];

    public IReadOnlyList<Span> Trace(string traceId) => [.. _spans.Where(span => span.TraceId == traceId)];

    public IReadOnlyList<LogRecord> Logs(string traceId) => [.. _logs.Where(record => record.TraceId == traceId)];

    /// <summary>Such as <c>order shop.orders.accepted</c>.</summary>
    public IReadOnlyList<string> Metrics => [.. _metrics.Keys.Select(metric => $"{metric.Service} {metric.Name}").Order(StringComparer.Ordinal)];

    public static async Task<OtlpReceiver> StartAsync()
    {
        var receiver = new OtlpReceiver($"http://127.0.0.1:{FreePorts.Take(1)[0]}");
        await receiver._server.StartAsync();
        return receiver;
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private void Map(string signal, Action<byte[]> take) => _server.MapPost($"/v1/{signal}", async (HttpContext context) =>
    {
        using var buffer = new MemoryStream();
        await context.Request.Body.CopyToAsync(buffer, context.RequestAborted);
        var body = buffer.ToArray();
        _exports.Enqueue(new OtlpExport(signal, body));
        take(body);
    });
}
