using System.Globalization;
using System.Text;
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
    private readonly List<Family> _families = [];
    private readonly Dictionary<string, (Family Count, Family Latency)> _components;
    private readonly Family _httpRequests;
    private readonly Family _httpResponses;
    private readonly Family _httpLatency;
    private readonly Family _httpBytes;
    private readonly Family _rpcs;
    private readonly Family _rpcLatency;
    private readonly Family _published;
    private readonly Family _publishLatency;
    private readonly Family _loaded;
    private readonly Family _initialised;

    public SidecarMetrics(SidecarOptions options, MetricsSpec spec)
    {
        (_spec, _paths) = (spec, new PathLabel(spec));
        IsOn = options.MetricsPort is not null && spec.Enabled;
        KeyValuePair<string, string>[] app = [new("app_id", options.AppId)];
        KeyValuePair<string, string>[] placed = [.. app, new("namespace", options.Namespace)];

        Family Add(string name, string help, KeyValuePair<string, string>[] common, IReadOnlyList<double> bounds, params string[] labels)
        {
            var family = new Family($"dapr_{name}", help, common, labels, bounds);
            _families.Add(family);
            return family;
        }

        _httpRequests = Add("http_server_request_count", "HTTP requests served.", app, [], "method", "path", "status");
        _httpResponses = Add("http_server_response_count", "HTTP responses sent.", app, [], "method", "path", "status");
        _httpLatency = Add("http_server_latency", "Milliseconds from an HTTP request to its answer.", app, spec.Buckets, "method", "path", "status");
        _httpBytes = Add("http_server_request_bytes", "Bytes of request bodies whose length was said.", app, Sizes);
        _rpcs = Add("grpc_io_server_completed_rpcs", "gRPC calls served.", app, [], "grpc_server_method", "grpc_server_status");
        _rpcLatency = Add("grpc_io_server_server_latency", "Milliseconds from a gRPC call to its end.", app, spec.Buckets, "grpc_server_method", "grpc_server_status");
        _published = Add("component_pubsub_egress_count", "Messages published.", placed, [], "component", "success", "topic");
        _publishLatency = Add("component_pubsub_egress_latencies", "Milliseconds until a broker took a message.", placed, spec.Buckets, "component", "success", "topic");
        _components = Kinds.ToDictionary(
            kind => kind,
            kind => (
                Add($"component_{kind}_count", "Operations of these components.", placed, [], "component", "operation", "success"),
                Add($"component_{kind}_latencies", "Milliseconds until these components answered.", placed, spec.Buckets, "component", "operation", "success")),
            StringComparer.Ordinal);
        _loaded = Add("runtime_component_loaded", "Components loaded.", app, []);
        _initialised = Add("runtime_component_init_total", "Components initialised.", app, [], "component");
    }

    /// <summary>False: nothing is recorded, since nobody can ask.</summary>
    public bool IsOn { get; }

    public void HttpServed(string method, string path, int status, long? bytes, TimeSpan elapsed)
    {
        var labels = new LabelValues(
            _spec.ExcludeVerbs ? "" : Verbs.Contains(method, StringComparer.Ordinal) ? method : "UNKNOWN",
            _paths.Of(path),
            status.ToString(CultureInfo.InvariantCulture));
        _httpRequests.Count(labels);
        _httpLatency.Observe(labels, Math.Floor(elapsed.TotalMilliseconds));
        _httpBytes.Observe(default, bytes ?? 0);
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

    public void Published(string component, string topic, bool success, TimeSpan elapsed)
    {
        if (IsOn)
        {
            Record(_published, _publishLatency, new LabelValues(component, success ? "true" : "false", topic), elapsed);
        }
    }

    public void ComponentAnswered(ComponentOperation operation, string component, bool success, TimeSpan elapsed)
    {
        if (IsOn && _components.TryGetValue(operation.Kind, out var families))
        {
            Record(families.Count, families.Latency, new LabelValues(component, operation.Name, success ? "true" : "false"), elapsed);
        }
    }

    public void Loaded(LoadedComponent component)
    {
        _loaded.Count(default);
        _initialised.Count(new LabelValues(component.Spec.Type));
    }

    /// <summary>Everything so far, in Prometheus' text format.</summary>
    public string Write()
    {
        var text = new StringBuilder();
        foreach (var family in _families)
        {
            family.Write(text);
        }

        return text.ToString();
    }

    private static void Record(Family count, Family latency, LabelValues labels, TimeSpan elapsed)
    {
        count.Count(labels);
        latency.Observe(labels, elapsed.TotalMilliseconds);
    }
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
