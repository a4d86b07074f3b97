using System.Diagnostics;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;
using Sidecar.Configuration;
using Sidecar.Host;

namespace Sidecar.Tracing;

/// <summary>
/// The tracer of one sidecar. Each has a source and a provider of its own: the sidecars of one process differ in
/// service name and may differ in configuration.
/// </summary>
internal sealed class SidecarTracing : IDisposable
{
    private readonly TracerProvider? _provider;

    public SidecarTracing(SidecarOptions options, TracingSpec? spec, Func<string, string?> environment)
    {
        Source = new ActivitySource($"dapr/{options.AppId}/{options.HttpPort}");
        var fromEnvironment = environment("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT") is { Length: > 0 }
            || environment("OTEL_EXPORTER_OTLP_ENDPOINT") is { Length: > 0 };
        var fromSpec = spec?.Otel is { EndpointAddress.Length: > 0 } otel ? otel : null;
        if (Sampling.Rate(spec?.SamplingRate, fromEnvironment || fromSpec is not null, fromEnvironment) is not { } rate)
        {
            return;
        }

        // Without an exporter the provider still makes valid ids, which events and logs then carry.
        var builder = Sdk.CreateTracerProviderBuilder()
            .AddSource(Source.Name)
            .SetResourceBuilder(ResourceBuilder.CreateEmpty().AddService(environment("OTEL_SERVICE_NAME") is { Length: > 0 } name ? name : options.AppId))
            .AddProcessor(new WithoutTraceState())
            .SetSampler(new ParentBasedSampler(new TraceIdRatioBasedSampler(rate)));
        if (fromEnvironment)
        {
            // The exporter reads address, headers and timeout from the environment itself; its default protocol is not Dapr's.
            builder.AddOtlpExporter(exporter => exporter.Protocol =
                environment("OTEL_EXPORTER_OTLP_PROTOCOL") == "grpc" ? OtlpExportProtocol.Grpc : OtlpExportProtocol.HttpProtobuf);
        }
        else if (fromSpec is not null)
        {
            builder.AddOtlpExporter(exporter => Apply(fromSpec, exporter));
        }

        _provider = builder.Build();
    }

    public ActivitySource Source { get; }

    public void Dispose()
    {
        _provider?.Dispose();
        Source.Dispose();
    }

    internal static void Apply(OtelSpec otel, OtlpExporterOptions exporter)
    {
        var isHttp = otel.Protocol == "http";
        var address = $"{(otel.IsSecure ? "https" : "http")}://{otel.EndpointAddress}";
        exporter.Protocol = isHttp ? OtlpExportProtocol.HttpProtobuf : OtlpExportProtocol.Grpc;
        exporter.Endpoint = new Uri(isHttp ? $"{address.TrimEnd('/')}/v1/traces" : address);
        if (otel.Headers.Count > 0)
        {
            exporter.Headers = string.Join(',', otel.Headers.Select(pair => $"{pair.Key}={pair.Value}"));
        }

        if (otel.Timeout is { } timeout)
        {
            exporter.TimeoutMilliseconds = (int)timeout.TotalMilliseconds;
        }
    }
}
