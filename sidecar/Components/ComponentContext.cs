using Sidecar.Configuration;

namespace Sidecar.Components;

/// <summary>What a driver may know about the sidecar that hosts it.</summary>
/// <param name="DataDirectory">Relative database paths start here.</param>
/// <param name="SecretDirectories">Relative secret files are looked for in these folders, in order.</param>
internal sealed record ComponentContext(
    string AppId,
    string DataDirectory,
    IReadOnlyList<string> SecretDirectories,
    TimeProvider Clock,
    ILoggerFactory Loggers,
    SharedClients Shared)
{
    /// <summary>Told of what a person should see and the sidecar's log alone would hide.</summary>
    public Action<ConfigurationError> Warn { get; init; } = _ => { };
}
