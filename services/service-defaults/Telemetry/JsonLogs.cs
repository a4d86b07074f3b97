using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using Serilog;
using Serilog.Events;
using Serilog.Formatting.Json;

namespace DaprShop.ServiceDefaults.Telemetry;

/// <summary>Serilog JSON lines on standard output, with the trace and span id of the current activity.</summary>
internal static class JsonLogs
{
    public static void AddJsonLogs(this WebApplicationBuilder builder)
    {
        var level = builder.Configuration.GetValue("Logging:Level", LogEventLevel.Information);
        var logger = new LoggerConfiguration()
            .MinimumLevel.Is(level)
            // Both write several lines per request, which the request log already covers in one.
            .MinimumLevel.Override("Microsoft.AspNetCore", LogEventLevel.Warning)
            .MinimumLevel.Override("System.Net.Http.HttpClient", LogEventLevel.Warning)
            // A readiness probe that fails is the answer of /health, not an error of the service.
            .MinimumLevel.Override("Microsoft.Extensions.Diagnostics.HealthChecks", LogEventLevel.Fatal)
            .Enrich.WithProperty("App", TelemetrySetup.ServiceName(builder))
            .WriteTo.Console(new JsonFormatter(renderMessage: true, closingDelimiter: "\n"))
            .CreateLogger();
        builder.Logging.ClearProviders();
        builder.Logging.AddSerilog(logger, dispose: true);
    }
}
