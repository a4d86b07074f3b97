using Sidecar.Configuration;

namespace Sidecar.Launcher;

/// <summary>What dapr.yaml says, with its defaults and path rules applied (dapr-contract.md 2.1, 2.2). All paths are absolute.</summary>
internal sealed record RunTemplate
{
    /// <summary>The file; null when it came from standard input.</summary>
    public required string? File { get; init; }

    public required string Directory { get; init; }

    public required string Name { get; init; }

    public IReadOnlyList<AppTemplate> Apps { get; init; } = [];

    public EmbeddedSettings Embedded { get; init; } = new();

    /// <summary>How messages name the file.</summary>
    public string Label => File ?? "standard input";
}

/// <summary>The <c>x-embedded</c> member, which the official CLI ignores.</summary>
internal sealed record EmbeddedSettings
{
    /// <summary>Take the place of every app's resources, unless the command line names others.</summary>
    public IReadOnlyList<string> ResourcesPaths { get; init; } = [];

    /// <summary>The solution, filter or project with everything the apps need.</summary>
    public string? Build { get; init; }

    /// <summary>Lines for the ready block.</summary>
    public IReadOnlyList<string> Ready { get; init; } = [];
}

/// <summary>One app, with the common settings merged in.</summary>
internal sealed record AppTemplate
{
    public required string AppId { get; init; }

    public required string Directory { get; init; }

    /// <summary>Where the app stands in the file: for mistakes found later, such as a port in use.</summary>
    public required YamlMember Members { get; init; }

    /// <summary>Its number among the entries of its id, from 1 on in the order of the file: entries of one id are replicas.</summary>
    public int Replica { get; init; } = 1;

    /// <summary>Empty: only a sidecar is wanted; the app is started by somebody else, or there is none.</summary>
    public IReadOnlyList<string> Command { get; init; } = [];

    /// <summary>0 or less: one is chosen. For the app itself 0 means that it listens on no port.</summary>
    public int AppPort { get; init; }

    public int HttpPort { get; init; }

    public int GrpcPort { get; init; }

    public int MetricsPort { get; init; }

    public string ChannelAddress { get; init; } = "127.0.0.1";

    public required SharedSettings Shared { get; init; }
}

internal enum LogDestination
{
    File,
    Console,
    FileAndConsole,
}

/// <summary>
/// The members that <c>common</c> and an app both may have; null means not said. As in the official CLI a common value
/// fills an app's member only where the app's is the zero value, so an app cannot turn a common <c>true</c> off.
/// </summary>
internal sealed record SharedSettings
{
    public string? Protocol { get; init; }

    public bool Ssl { get; init; }

    public string? ListenAddresses { get; init; }

    public string? LogLevel { get; init; }

    public int MaxConcurrency { get; init; }

    public long MaxBodySize { get; init; }

    public bool HealthCheck { get; init; }

    public string? HealthCheckPath { get; init; }

    public int HealthProbeInterval { get; init; }

    public int HealthProbeTimeout { get; init; }

    public int HealthThreshold { get; init; }

    public bool ApiLogging { get; init; }

    public LogDestination? DaprdLog { get; init; }

    public LogDestination? AppLog { get; init; }

    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    public IReadOnlyList<string> ResourcesPaths { get; init; } = [];

    public string? ConfigFile { get; init; }

    /// <summary>Resources and configuration follow a precedence of their own and are left to the caller.</summary>
    public SharedSettings FilledFrom(SharedSettings common) => this with
    {
        Protocol = Protocol ?? common.Protocol,
        Ssl = Ssl || common.Ssl,
        ListenAddresses = ListenAddresses ?? common.ListenAddresses,
        LogLevel = LogLevel ?? common.LogLevel,
        MaxConcurrency = NonZero(MaxConcurrency, common.MaxConcurrency),
        MaxBodySize = MaxBodySize == 0 ? common.MaxBodySize : MaxBodySize,
        HealthCheck = HealthCheck || common.HealthCheck,
        HealthCheckPath = HealthCheckPath ?? common.HealthCheckPath,
        HealthProbeInterval = NonZero(HealthProbeInterval, common.HealthProbeInterval),
        HealthProbeTimeout = NonZero(HealthProbeTimeout, common.HealthProbeTimeout),
        HealthThreshold = NonZero(HealthThreshold, common.HealthThreshold),
        ApiLogging = ApiLogging || common.ApiLogging,
        DaprdLog = DaprdLog ?? common.DaprdLog,
        AppLog = AppLog ?? common.AppLog,
        Environment = common.Environment.Concat(Environment)
            .GroupBy(pair => pair.Key, StringComparer.Ordinal)
            .ToDictionary(group => group.Key, group => group.Last().Value, StringComparer.Ordinal),
    };

    private static int NonZero(int own, int common) => own == 0 ? common : own;
}
