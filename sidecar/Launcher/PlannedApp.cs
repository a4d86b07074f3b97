using Sidecar.Host;

namespace Sidecar.Launcher;

/// <summary>One app of the run with everything decided: its ports, its sidecar's options, its environment, its log files.</summary>
internal sealed record PlannedApp(
    AppTemplate Template, SidecarOptions Sidecar, IReadOnlyDictionary<string, string> Environment, AppLog AppLog, AppLog DaprdLog)
{
    public string AppId => Template.AppId;

    public bool HasCommand => Template.Command.Count > 0;

    public string? Url => Sidecar.AppPort is { } port && Sidecar.AppProtocol is "http" or "https"
        ? $"{Sidecar.AppProtocol}://{Sidecar.AppChannelAddress}:{Sidecar.AppPort}"
        : null;
}
