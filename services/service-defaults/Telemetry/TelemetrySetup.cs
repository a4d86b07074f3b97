using System.Diagnostics;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace DaprShop.ServiceDefaults.Telemetry;

/// <summary>
/// Traces and metrics, exported by OTLP when <c>OTEL_EXPORTER_OTLP_ENDPOINT</c> is set. The providers are built by hand from the
/// runtime's own sources: the hosting and instrumentation packages add nothing that is needed here.
/// </summary>
internal static class TelemetrySetup
{
    private static readonly string[] OwnSources = ["Dapr.Workflow", ShopActivity.SourceName];

    private static readonly string[] Sources = ["Microsoft.AspNetCore", "System.Net.Http", .. OwnSources];

    private static readonly string[] Meters =
        ["Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel", "System.Net.Http", "System.Runtime", ShopActivity.SourceName];

    public static string ServiceName(WebApplicationBuilder builder) =>
        builder.Configuration["APP_ID"] ?? builder.Environment.ApplicationName;

    public static bool Exports(IConfiguration configuration) => !string.IsNullOrEmpty(configuration["OTEL_EXPORTER_OTLP_ENDPOINT"]);

    public static void AddTelemetry(this WebApplicationBuilder builder)
    {
        Activity.DefaultIdFormat = ActivityIdFormat.W3C;
        if (!Exports(builder.Configuration))
        {
            // Nobody exports, but logs and timelines still carry the trace id: a source without a listener starts no span at all.
            ActivitySource.AddActivityListener(new ActivityListener
            {
                ShouldListenTo = source => OwnSources.Contains(source.Name),
                Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.PropagationData,
            });
            return;
        }

        // ASP.NET Core names method, path and server on its span only when told that somebody reads them.
        AppContext.SetSwitch("Microsoft.AspNetCore.Hosting.SuppressActivityOpenTelemetryData", false);
        var name = ServiceName(builder);
        builder.Services.AddSingleton(_ => Traces(name, builder.Configuration));
        builder.Services.AddSingleton(services =>
        {
            // Nobody asks for instruments that are only read: they are made with what reads them.
            _ = services.GetServices<IObservedMetrics>().ToList();
            return Metrics(name, builder.Configuration);
        });
        builder.Services.AddHostedService<TelemetryStart>();
    }

    private static TracerProvider Traces(string name, IConfiguration configuration) =>
        Sdk.CreateTracerProviderBuilder()
            .ConfigureResource(resource => resource.AddService(name))
            .AddSource(Sources)
            .AddProcessor(new PrivateSpans())
            .AddOtlpExporter(exporter => ChooseProtocol(exporter, configuration))
            .Build();

    private static MeterProvider Metrics(string name, IConfiguration configuration) =>
        Sdk.CreateMeterProviderBuilder()
            .ConfigureResource(resource => resource.AddService(name))
            .AddMeter(Meters)
            .AddOtlpExporter(exporter => ChooseProtocol(exporter, configuration))
            .Build();

    // The exporter reads the endpoint from the environment and appends /v1/traces, /v1/metrics or /v1/logs itself.
    public static void ChooseProtocol(OtlpExporterOptions exporter, IConfiguration configuration)
    {
        if (string.IsNullOrEmpty(configuration["OTEL_EXPORTER_OTLP_PROTOCOL"]))
        {
            exporter.Protocol = OtlpExportProtocol.HttpProtobuf;
        }
    }
}

/// <summary>Resolves the providers once, so that they listen from the start; the container disposes them, which flushes.</summary>
internal sealed class TelemetryStart(TracerProvider traces, MeterProvider metrics) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken)
    {
        traces.ForceFlush(timeoutMilliseconds: 2000);
        metrics.ForceFlush(timeoutMilliseconds: 2000);
        return Task.CompletedTask;
    }
}
