using System.Text.RegularExpressions;

namespace Sidecar.Configuration;

/// <summary>Reads kind Configuration, which only --config files may hold (dapr-contract.md 3.5).</summary>
internal static partial class ConfigurationReader
{
    // Parts of the real schema that this sidecar does not act on yet are known, so they raise no warning about a typing mistake.
    private static readonly string[] SpecMembers =
    [
        "httpPipeline", "appHttpPipeline", "tracing", "metrics", "metric", "mtls", "secrets", "accessControl", "nameResolution",
        "features", "api", "components", "logging", "workflow", "wasm",
    ];

    /// <summary>$VAR and ${VAR} come from the environment before the file is parsed; an unset one is empty, as in daprd.</summary>
    public static string Expand(string text, Func<string, string?> environment) =>
        Variable().Replace(text, match => environment(match.Groups["name"].Value) ?? "");

    public static ConfigurationSpec Read(YamlMember document, ConfigurationSpec earlier)
    {
        document.KnownMembers("apiVersion", "kind", "metadata", "spec");
        var spec = document["spec"];
        spec.KnownMembers(SpecMembers);
        var features = new Dictionary<string, bool>(earlier.Features, StringComparer.Ordinal);
        foreach (var feature in spec["features"].Items())
        {
            feature.KnownMembers("name", "enabled");
            features[feature["name"].RequiredText()] = feature["enabled"].Flag() ?? false;
        }

        var apiLogging = spec["logging"]["apiLogging"];
        apiLogging.KnownMembers("enabled", "obfuscateURLs", "omitHealthChecks");
        return new ConfigurationSpec
        {
            Tracing = Tracing(spec["tracing"], earlier.Tracing),
            NameResolution = NameResolutionReader.Read(spec["nameResolution"]) ?? earlier.NameResolution,
            AccessControl = AccessControlReader.Read(spec["accessControl"]) ?? earlier.AccessControl,
            Features = features,
            ApiLogging = apiLogging["enabled"].Flag() ?? earlier.ApiLogging,
            OmitHealthChecksFromApiLog = apiLogging["omitHealthChecks"].Flag() ?? earlier.OmitHealthChecksFromApiLog,
            MaxConcurrentWorkflows = spec["workflow"]["maxConcurrentWorkflowInvocations"].Integer(1) ?? earlier.MaxConcurrentWorkflows,
            MaxConcurrentActivities = spec["workflow"]["maxConcurrentActivityInvocations"].Integer(1) ?? earlier.MaxConcurrentActivities,
            WorkflowRetention = Workflows.RetentionPolicy.Read(spec["workflow"]["stateRetentionPolicy"], earlier.WorkflowRetention),
            HttpPipeline = PipelineHandler.Read(spec["httpPipeline"], earlier.HttpPipeline),
            AppHttpPipeline = PipelineHandler.Read(spec["appHttpPipeline"], earlier.AppHttpPipeline),
            Metrics = MetricsSpec.Read(spec["metrics"], MetricsSpec.Read(spec["metric"], earlier.Metrics)),
            Api = ApiAccessSpec.Read(spec["api"], earlier.Api),
            SecretScopes = SecretScope.Read(spec["secrets"], earlier.SecretScopes),
        };
    }

    private static TracingSpec? Tracing(YamlMember tracing, TracingSpec? earlier)
    {
        if (!tracing.IsPresent)
        {
            return earlier;
        }

        tracing.KnownMembers("samplingRate", "stdout", "zipkin", "otel");
        return new TracingSpec(
            tracing["samplingRate"].Text() ?? earlier?.SamplingRate,
            tracing["stdout"].Flag() ?? earlier?.Stdout ?? false,
            Otel(tracing["otel"], earlier?.Otel));
    }

    private static OtelSpec? Otel(YamlMember otel, OtelSpec? earlier)
    {
        if (!otel.IsPresent)
        {
            return earlier;
        }

        otel.KnownMembers("protocol", "endpointAddress", "isSecure", "headers", "timeout");
        var protocol = otel["protocol"].Text() ?? earlier?.Protocol ?? "http";
        if (protocol is not ("http" or "grpc"))
        {
            otel["protocol"].Error($"must be http or grpc, not '{protocol}'");
        }

        return new OtelSpec(
            protocol,
            otel["endpointAddress"].Text() ?? earlier?.EndpointAddress ?? "",
            otel["isSecure"].Flag() ?? earlier?.IsSecure ?? true,
            otel["headers"].IsPresent ? Headers(otel["headers"]) : earlier?.Headers ?? new Dictionary<string, string>(),
            otel["timeout"].Duration() ?? earlier?.Timeout);
    }

    // The schema's form is one text, "a=b,c=d"; a mapping is what people write.
    private static IReadOnlyDictionary<string, string> Headers(YamlMember headers)
    {
        if (headers.IsMapping)
        {
            return headers.TextMap();
        }

        var pairs = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var pair in (headers.Text() ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            var at = pair.IndexOf('=', StringComparison.Ordinal);
            if (at <= 0)
            {
                headers.Error($"'{pair}' is not name=value");
                continue;
            }

            pairs[pair[..at]] = pair[(at + 1)..];
        }

        return pairs;
    }

    [GeneratedRegex(@"\$(?:\{(?<name>\w+)\}|(?<name>\w+))")]
    private static partial Regex Variable();
}
