using Sidecar.Configuration;

namespace Sidecar.Launcher;

/// <summary>Reads the members that <c>common</c> and an app have alike.</summary>
internal static class SharedMembers
{
    public static readonly IReadOnlyList<string> Names =
    [
        "configFilePath", "resourcesPath", "resourcesPaths", "appProtocol", "apiListenAddresses", "enableProfiling", "logLevel",
        "appMaxConcurrency", "placementHostAddress", "schedulerHostAddress", "appSSL", "maxBodySize", "readBufferSize",
        "enableAppHealthCheck", "appHealthCheckPath", "appHealthProbeInterval", "appHealthProbeTimeout", "appHealthThreshold",
        "enableApiLogging", "runtimePath", "env", "daprdLogDestination", "appLogDestination",
    ];

    public static SharedSettings Read(YamlMember members, TemplatePaths paths, string baseDirectory)
    {
        // Known to the official CLI; nothing here acts on them, but their types are checked all the same.
        _ = members["enableProfiling"].Flag();
        _ = members["placementHostAddress"].Text();
        _ = members["schedulerHostAddress"].Text();
        _ = members["runtimePath"].Text();
        _ = members["readBufferSize"].Size();

        var resources = paths.ExistingDirectories(members["resourcesPaths"], baseDirectory);
        var single = paths.ExistingDirectory(members["resourcesPath"], baseDirectory);
        return new SharedSettings
        {
            Protocol = members["appProtocol"].Choice("http", "https", "h2c", "grpc", "grpcs"),
            Ssl = members["appSSL"].Flag() ?? false,
            ListenAddresses = members["apiListenAddresses"].TextOrNull(),
            LogLevel = members["logLevel"].Choice("debug", "info", "warn", "error", "fatal"),
            MaxConcurrency = members["appMaxConcurrency"].Integer() ?? 0,
            MaxBodySize = members["maxBodySize"].Size(),
            HealthCheck = members["enableAppHealthCheck"].Flag() ?? false,
            HealthCheckPath = members["appHealthCheckPath"].TextOrNull(),
            HealthProbeInterval = members["appHealthProbeInterval"].Integer(minimum: 0) ?? 0,
            HealthProbeTimeout = members["appHealthProbeTimeout"].Integer(minimum: 0) ?? 0,
            HealthThreshold = members["appHealthThreshold"].Integer(minimum: 0) ?? 0,
            ApiLogging = members["enableApiLogging"].Flag() ?? false,
            DaprdLog = Destination(members["daprdLogDestination"]),
            AppLog = Destination(members["appLogDestination"]),
            Environment = members["env"].PlainMap(),
            ResourcesPaths = single is null ? resources : [single, .. resources],
            ConfigFile = paths.ExistingFile(members["configFilePath"], baseDirectory),
        };
    }

    private static LogDestination? Destination(YamlMember member) => member.Choice("file", "console", "fileAndConsole") switch
    {
        "file" => LogDestination.File,
        "console" => LogDestination.Console,
        "fileAndConsole" => LogDestination.FileAndConsole,
        _ => null,
    };
}
