using System.Text.Json;

namespace Sidecar.Launcher;

/// <summary>What a program sees with --json: one object a line on standard output. Without --json nothing is written.</summary>
internal sealed class JsonEvents(TextWriter? writer)
{
    private static readonly JsonSerializerOptions Format = new(JsonSerializerDefaults.Web);

    private readonly Lock _gate = new();

    public void Ready(LaunchPlan plan, IEnumerable<LaunchedApp> apps, TimeSpan elapsed) => Write(new
    {
        ready = true,
        pid = Environment.ProcessId,
        name = plan.Template.Name,
        runFile = plan.Template.File,
        dataDir = plan.DataDirectory,
        resourcesPaths = plan.Stack,
        receiver = plan.Receiver,
        elapsedMs = (long)elapsed.TotalMilliseconds,
        apps = apps.Select(app => new
        {
            appId = app.Plan.AppId,
            pid = app.Process?.Pid,
            url = app.Plan.Url,
            appPort = app.Plan.Sidecar.AppPort,
            daprHttpPort = app.Plan.Sidecar.HttpPort,
            daprGrpcPort = app.Plan.Sidecar.GrpcPort,
            logFile = app.Plan.AppLog.Path,
            daprdLogFile = app.Plan.DaprdLog.Path,
        }),
    });

    public void Failed(IEnumerable<string> reasons, IEnumerable<string> apps) => Write(new { ready = false, failed = apps, reasons });

    // Replicas have one id: their sidecars' ports tell them apart.
    public void AppExited(PlannedApp app, int? pid, int exitCode) =>
        Write(new { @event = "appExited", appId = app.AppId, daprHttpPort = app.Sidecar.HttpPort, pid, exitCode });

    public void AppRestarted(PlannedApp app, int? pid) =>
        Write(new { @event = "appRestarted", appId = app.AppId, daprHttpPort = app.Sidecar.HttpPort, pid });

    public void AppReady(PlannedApp app, int? pid) =>
        Write(new { @event = "appReady", appId = app.AppId, daprHttpPort = app.Sidecar.HttpPort, pid });

    public void Stopped() => Write(new { @event = "stopped" });

    private void Write<T>(T line)
    {
        if (writer is null)
        {
            return;
        }

        lock (_gate)
        {
            writer.WriteLine(JsonSerializer.Serialize(line, Format));
            writer.Flush();
        }
    }
}
