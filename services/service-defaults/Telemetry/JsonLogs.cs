using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OpenTelemetry.Logs;
using OpenTelemetry.Resources;
using Serilog;
using Serilog.Events;
using Serilog.Formatting.Json;

namespace DaprShop.ServiceDefaults.Telemetry;

/// <summary>
/// Serilog JSON lines on standard output, with the trace and span id of the current activity; the same records by OTLP when
/// <c>OTEL_EXPORTER_OTLP_ENDPOINT</c> is set.
/// </summary>
internal static class JsonLogs
{
    private static readonly IReadOnlyDictionary<string, LogEventLevel> Quieter = new Dictionary<string, LogEventLevel>
    {
        // Both write several lines per request, which the request log already covers in one.
        ["Microsoft.AspNetCore"] = LogEventLevel.Warning,
        ["System.Net.Http.HttpClient"] = LogEventLevel.Warning,
        // A readiness probe that fails is the answer of /health, not an error of the service.
        ["Microsoft.Extensions.Diagnostics.HealthChecks"] = LogEventLevel.Fatal,
    };

    public static void AddJsonLogs(this WebApplicationBuilder builder)
    {
        var level = builder.Configuration.GetValue("Logging:Level", LogEventLevel.Information);
        var configuration = new LoggerConfiguration()
            .MinimumLevel.Is(level)
            .Enrich.WithProperty("App", TelemetrySetup.ServiceName(builder))
            .Enrich.With(new WithoutPath())
            .WriteTo.Console(new JsonFormatter(renderMessage: true, closingDelimiter: "\n"));
        foreach (var (source, lowest) in Quieter)
        {
            configuration.MinimumLevel.Override(source, lowest);
        }

        builder.Logging.ClearProviders();
        builder.Logging.AddSerilog(configuration.CreateLogger(), dispose: true);
        builder.Services.AddSingleton<ILoggerProvider, ErrorLogCounter>();
        builder.Logging.AddFilter<ErrorLogCounter>("Microsoft.Extensions.Diagnostics.HealthChecks", LogLevel.Critical);
        if (TelemetrySetup.Exports(builder.Configuration))
        {
            AddOtlp(builder, level);
        }
    }

    /// <summary>The same lines by OTLP, with the same lowest levels; the numbers of both scales are the same.</summary>
    private static void AddOtlp(WebApplicationBuilder builder, LogEventLevel level)
    {
        builder.Logging.AddFilter<OpenTelemetryLoggerProvider>(category: null, (LogLevel)level);
        foreach (var (source, lowest) in Quieter)
        {
            builder.Logging.AddFilter<OpenTelemetryLoggerProvider>(source, (LogLevel)lowest);
        }

        builder.Logging.AddOpenTelemetry(logs =>
        {
            logs.IncludeFormattedMessage = true;
            logs.SetResourceBuilder(ResourceBuilder.CreateDefault().AddService(TelemetrySetup.ServiceName(builder)));
            logs.AddOtlpExporter(exporter => TelemetrySetup.ChooseProtocol(exporter, builder.Configuration));
        });
    }
}
