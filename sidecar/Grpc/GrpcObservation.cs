using System.Globalization;
using Microsoft.AspNetCore.Http.Features;
using Sidecar.Configuration;
using Sidecar.Host;
using Sidecar.Logging;
using Sidecar.Metrics;

namespace Sidecar.Grpc;

/// <summary>Counts and logs the calls of the gRPC API, by the status that each ends with (dapr-contract.md 13).</summary>
internal sealed class GrpcObservation
{
    private readonly SidecarMetrics _metrics;
    private readonly TimeProvider _clock;
    private readonly ILogger? _log;

    public GrpcObservation(IServiceProvider services)
    {
        (_metrics, _clock) = (services.GetRequiredService<SidecarMetrics>(), services.GetRequiredService<TimeProvider>());
        var logs = services.GetRequiredService<SidecarResources>().Configuration.LogsApi(services.GetRequiredService<SidecarOptions>());
        _log = logs ? services.GetRequiredService<ILoggerFactory>().CreateLogger(ApiCallLog.GrpcScope) : null;
    }

    public bool IsNeeded => _metrics.IsOn || _log is not null;

    public async Task ServeAsync(GrpcServer server, HttpContext http)
    {
        var (started, method) = (_clock.GetTimestamp(), http.Request.Path.Value ?? "");
        await server.ServeAsync(http);
        var (status, elapsed) = (StatusOf(http), _clock.GetElapsedTime(started));
        if (_metrics.IsOn)
        {
            _metrics.GrpcServed(method, Name(status), elapsed);
        }

        _log?.Log(
            LogLevel.Information, default, new ApiCallLog(method, http.Request.Headers.UserAgent.ToString(), (int)status, elapsed), null,
            static (_, _) => ApiCallLog.GrpcMessage);
    }

    // Before the first byte of an answer the status is a header, after it a trailer; whoever went away got none.
    private static GrpcStatusCode StatusOf(HttpContext http)
    {
        var header = http.Response.Headers["grpc-status"].ToString();
        var text = header.Length > 0 ? header : http.Features.Get<IHttpResponseTrailersFeature>()?.Trailers["grpc-status"].ToString();
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var code) ? (GrpcStatusCode)code : GrpcStatusCode.Cancelled;
    }

    private static string Name(GrpcStatusCode status) => status switch
    {
        GrpcStatusCode.Ok => "OK",
        GrpcStatusCode.Cancelled => "Canceled",
        _ => status.ToString(),
    };
}
