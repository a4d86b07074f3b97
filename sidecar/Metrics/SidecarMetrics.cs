using System.Globalization;
using Sidecar.Components;
using Sidecar.Configuration;
using Sidecar.Host;

namespace Sidecar.Metrics;

/// <summary>The metrics of one sidecar, under daprd's names (dapr-contract.md 13). Only what really happens here is counted.</summary>
internal sealed class SidecarMetrics
{
    // Those of components; others have none in daprd.
    private static readonly string[] Kinds = ["state", "secret", "configuration", "output_binding"];

    private static readonly string[] Verbs = ["GET", "PUT", "POST", "PATCH", "DELETE", "HEAD", "OPTIONS", "CONNECT", "TRACE"];

    private static readonly double[] Sizes =
    [
        1 << 10, 2 << 10, 4 << 10, 16 << 10, 64 << 10, 256 << 10, 1 << 20, 4 << 20, 16 << 20, 64 << 20, 256 << 20, 1 << 30, 4L << 30,
    ];

    private readonly MetricsSpec _spec;
    private readonly PathLabel _paths;
    private readonly FamilySet _families;
    private readonly Dictionary<string, (Family Count, Family Latency)> _components;
    private readonly Family _httpRequests;
    private readonly Family _httpResponses;
    private readonly Family _httpLatency;
    private readonly Family _httpBytes;
    private readonly Family _httpAnswerBytes;
    private readonly Family _rpcs;
    private readonly Family _rpcLatency;
    private readonly Family _loaded;
    private readonly Family _initialised;

    public SidecarMetrics(SidecarOptions options, MetricsSpec spec)
    {
        (_spec, _paths) = (spec, new PathLabel(spec));
        var families = _families = new FamilySet(options, spec);
        _httpRequests = families.Counter("http_server_request_count", "HTTP requests served.", false, "method", "path", "status");
        _httpResponses = families.Counter("http_server_response_count", "HTTP responses sent.", false, "method", "path", "status");
        _httpLatency = families.Latency("http_server_latency", "Milliseconds from an HTTP request to its answer.", false, "method", "path", "status");
        _httpBytes = families.Histogram("http_server_request_bytes", "Bytes of request bodies whose length was said.", false, Sizes);
        _httpAnswerBytes = families.Histogram("http_server_response_bytes", "Bytes of answers whose length was said.", false, Sizes);
        _rpcs = families.Counter("grpc_io_server_completed_rpcs", "gRPC calls served.", false, "grpc_server_method", "grpc_server_status");
        _rpcLatency = families.Latency("grpc_io_server_server_latency", "Milliseconds from a gRPC call to its end.", false, "grpc_server_method", "grpc_server_status");
        _components = Kinds.ToDictionary(
            kind => kind,
            kind => (
                families.Counter($"component_{kind}_count", "Operations of these components.", true, "component", "operation", "success"),
                families.Latency($"component_{kind}_latencies", "Milliseconds until these components answered.", true, "component", "operation", "success")),
            StringComparer.Ordinal);
        _loaded = families.Counter("runtime_component_loaded", "Components loaded.", false);
        _initialised = families.Counter("runtime_component_init_total", "Components initialised.", false, "component");
        PubSub = new PubSubMetrics(families);
        AppCalls = new AppCallMetrics(families);
        Invocations = new InvocationMetrics(families);
        Resiliency = new ResiliencyMetrics(families);
        Actors = new ActorMetrics(families);
        Errors = new ErrorCodeMetrics(families, spec);
    }

    /// <summary>False: nothing is recorded, since nobody can ask.</summary>
    public bool IsOn => _families.IsOn;

    public PubSubMetrics PubSub { get; }

    public AppCallMetrics AppCalls { get; }

    public InvocationMetrics Invocations { get; }

    public ResiliencyMetrics Resiliency { get; }

    public ActorMetrics Actors { get; }

    public ErrorCodeMetrics Errors { get; }

    public void HttpServed(string method, string path, int status, long? bytes, long? answerBytes, TimeSpan elapsed)
    {
        var labels = new LabelValues(
            _spec.ExcludeVerbs ? "" : Verbs.Contains(method, StringComparer.Ordinal) ? method : "UNKNOWN",
            _paths.Of(path),
            status.ToString(CultureInfo.InvariantCulture));
        _httpRequests.Count(labels);
        _httpLatency.Observe(labels, Math.Floor(elapsed.TotalMilliseconds));
        _httpBytes.Observe(default, bytes ?? 0);
        _httpAnswerBytes.Observe(default, answerBytes ?? 0);
        if (_spec.IncreasedCardinality)
        {
            _httpResponses.Count(labels);
        }
    }

    public void GrpcServed(string method, string status, TimeSpan elapsed)
    {
        var labels = new LabelValues(method, status);
        _rpcs.Count(labels);
        _rpcLatency.Observe(labels, Math.Floor(elapsed.TotalMilliseconds));
    }

    public void ComponentAnswered(ComponentOperation operation, string component, bool success, TimeSpan elapsed)
    {
        if (IsOn && _components.TryGetValue(operation.Kind, out var families))
        {
            var labels = new LabelValues(component, operation.Name, success ? "true" : "false");
            families.Count.Count(labels);
            families.Latency.Observe(labels, elapsed.TotalMilliseconds);
        }
    }

    public void Loaded(LoadedComponent component)
    {
        _loaded.Count(default);
        _initialised.Count(new LabelValues(component.Spec.Type));
    }

    /// <summary>Everything so far, in Prometheus' text format.</summary>
    public string Write() => _families.Write();
}

/// <param name="Kind">Of component, as the metrics name it.</param>
/// <param name="Name">As daprd names it.</param>
internal readonly record struct ComponentOperation(string Kind, string Name)
{
    public static ComponentOperation State(string name) => new("state", name);

    public static ComponentOperation Secret(string name) => new("secret", name);

    public static ComponentOperation Configuration(string name) => new("configuration", name);

    public static ComponentOperation OutputBinding(string name) => new("output_binding", name);

    /// <summary>daprd does not count locks.</summary>
    public static ComponentOperation Lock(string name) => new("lock", name);
}
