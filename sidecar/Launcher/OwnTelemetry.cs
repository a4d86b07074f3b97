using Sidecar.Telemetry;

namespace Sidecar.Launcher;

/// <summary>Traces and logs of a run without a collector: the launcher is the collector, unless somebody chose another or none.</summary>
internal static class OwnTelemetry
{
    private const string Endpoint = "OTEL_EXPORTER_OTLP_ENDPOINT";
    private const string Disabled = "OTEL_SDK_DISABLED";

    // The exporters' own five seconds are long for somebody who looks for what he has just done.
    private const string SendAfterMs = "1000";

    private static readonly string[] Delays = ["OTEL_BSP_SCHEDULE_DELAY", "OTEL_BLRP_SCHEDULE_DELAY"];

    private static readonly string[] Endpoints =
        [Endpoint, "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT", "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT"];

    public static bool IsWanted(RunFlags flags, Func<string, string?> environment) =>
        !flags.NoReceiver && !bool.TrueString.Equals(environment(Disabled), StringComparison.OrdinalIgnoreCase)
        && !Endpoints.Any(name => environment(name) is { Length: > 0 });

    /// <summary>Null when none is wanted.</summary>
    public static async Task<TelemetryReceiver?> StartReceiverAsync(
        RunTemplate template, RunFlags flags, Func<string, string?> environment, CancellationToken cancellationToken)
    {
        if (!IsWanted(flags, environment))
        {
            return null;
        }

        // An app that is itself a collector keeps its port.
        var isTaken = template.Apps.Any(app => TelemetryReceiver.UsualPort is var usual && (app.AppPort == usual || app.HttpPort == usual || app.GrpcPort == usual || app.MetricsPort == usual));
        return await TelemetryReceiver.StartAsync(new TraceStore(), isTaken ? 0 : TelemetryReceiver.UsualPort, cancellationToken);
    }

    /// <summary>An app's environment with the receiver in it, unless its own says where to send, or to send nothing.</summary>
    public static IReadOnlyDictionary<string, string> WithReceiver(
        IReadOnlyDictionary<string, string> app, Uri? receiver, Func<string, string?> environment)
    {
        if (receiver is null || app.ContainsKey(Endpoint) || app.ContainsKey(Disabled))
        {
            return app;
        }

        var all = new Dictionary<string, string>(app)
        {
            [Endpoint] = receiver.GetLeftPart(UriPartial.Authority),
            ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf",
        };
        foreach (var delay in Delays.Where(name => string.IsNullOrEmpty(environment(name))))
        {
            all.TryAdd(delay, SendAfterMs);
        }

        return all;
    }
}
