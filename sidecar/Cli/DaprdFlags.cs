using System.Net;
using Sidecar.Host;

namespace Sidecar.Cli;

/// <summary>
/// daprd's command line (dapr-contract.md 1.1, 15.1). The table is the whole truth of what is acted on and what is only
/// accepted; a name that is in neither is an error, as in daprd.
/// </summary>
internal static class DaprdFlags
{
    public const int DefaultMetricsPort = 9090;

    public static readonly FlagSet Table = new(
        new Flag("app-id", FlagKind.Text, "identity of the app; required"),
        new Flag("app-port", FlagKind.Port, "port of the app; without it there is no app channel"),
        new Flag("app-protocol", FlagKind.Text, "how the app is called") { Choices = ["http", "https", "h2c", "grpc", "grpcs"] },
        new Flag("app-channel-address", FlagKind.Text, "where the app is dialled"),
        new Flag("app-max-concurrency", FlagKind.Number, "calls to the app at once; -1 is unlimited"),
        new Flag("dapr-http-port", FlagKind.Port, "port of the HTTP API; 0 picks one"),
        new Flag("dapr-grpc-port", FlagKind.Port, "port of the gRPC API; 0 picks one"),
        new Flag("dapr-internal-grpc-port", FlagKind.Port, "port for sidecars in other processes; 0, the default, picks one"),
        new Flag("dapr-internal-grpc-listen-address", FlagKind.Text, "address that port listens on"),
        new Flag("unix-domain-socket", FlagKind.Text, "directory of sockets that stand in place of both APIs' ports"),
        new Flag("dapr-listen-addresses", FlagKind.List, "addresses both APIs listen on"),
        new Flag("resources-path", FlagKind.List, "directories of resource files"),
        new Flag("components-path", FlagKind.List, "old name of --resources-path"),
        new Flag("config", FlagKind.List, "configuration files, merged in order"),
        new Flag("hot-reload-reconcile-interval", FlagKind.Duration, "how often resource files are read again without being told of a change"),
        new Flag("max-body-size", FlagKind.Size, "largest request body"),
        new Flag("dapr-http-max-request-size", FlagKind.Number, "old form of --max-body-size, in MiB"),
        new Flag("read-buffer-size", FlagKind.Size, "largest request head"),
        new Flag("dapr-http-read-buffer-size", FlagKind.Number, "old form of --read-buffer-size, in KiB"),
        new Flag("dapr-public-port", FlagKind.Port, "a second HTTP port with health and metadata only, without token"),
        new Flag("dapr-public-listen-address", FlagKind.Text, "address of the public port"),
        new Flag("enable-metrics", FlagKind.Switch, "serve metrics; on unless false"),
        new Flag("metrics-port", FlagKind.Port, "port of the metrics; without it 9090, or another when that is taken"),
        new Flag("metrics-listen-address", FlagKind.Text, "address of the metrics"),
        new Flag("dapr-graceful-shutdown-seconds", FlagKind.Number, "time a stop may take"),
        new Flag("enable-app-health-check", FlagKind.Switch, "probe the app"),
        new Flag("app-health-check-path", FlagKind.Text, "path of the probe"),
        new Flag("app-health-probe-interval", FlagKind.Number, "seconds between probes"),
        new Flag("app-health-probe-timeout", FlagKind.Number, "milliseconds a probe may take"),
        new Flag("app-health-threshold", FlagKind.Number, "failed probes until the app counts as unhealthy"),
        new Flag("enable-api-logging", FlagKind.Switch, "log every API call"),
        new Flag("log-level", FlagKind.Text, "debug, info, warn, error or fatal") { Choices = ["debug", "info", "warn", "error", "fatal"] },
        new Flag("log-as-json", FlagKind.Switch, "log lines as JSON"),
        new Flag("app-ssl", FlagKind.Switch, "old form of --app-protocol https or grpcs"),
        new Flag("mode", FlagKind.Text, "standalone is the only one here") { Choices = ["standalone"] },
        new Flag("wait", FlagKind.Switch, "wait until the sidecar of --dapr-http-port can be called, then end"),
        new Flag("version", FlagKind.Switch, "print the version"),
        new Flag("build-info", FlagKind.Switch, "print version and runtime"),
        new Flag("help", FlagKind.Switch, "print this") { Short = "h" },
        Accepted("actors-disseminate-timeout", FlagKind.Duration),
        Accepted("actors-service", FlagKind.Text),
        Accepted("allowed-origins", FlagKind.Text),
        Accepted("app-binding-options-timeout", FlagKind.Duration),
        Accepted("control-plane-address", FlagKind.Text),
        Accepted("control-plane-namespace", FlagKind.Text),
        Accepted("control-plane-trust-domain", FlagKind.Text),
        Accepted("dapr-block-shutdown-duration", FlagKind.Duration),
        Accepted("disable-builtin-k8s-secret-store", FlagKind.Switch),
        Accepted("disable-init-endpoints", FlagKind.List),
        Accepted("enable-mtls", FlagKind.Switch),
        Accepted("enable-profiling", FlagKind.Switch),
        Accepted("kubeconfig", FlagKind.Text),
        Accepted("placement-host-address", FlagKind.Text),
        Accepted("profile-port", FlagKind.Port),
        Accepted("reminders-service", FlagKind.Text),
        Accepted("scheduler-host-address", FlagKind.Text),
        Accepted("scheduler-job-streams", FlagKind.Number),
        Accepted("sentry-address", FlagKind.Text),
        Accepted("sentry-request-jwt-audiences", FlagKind.List),
        Accepted("trust-anchors", FlagKind.Text));

    /// <summary>Null when there were errors.</summary>
    public static SidecarOptions? Read(
        ParsedFlags flags, Func<string, string?> environment, string currentDirectory, ICollection<string> errors)
    {
        var before = errors.Count;
        foreach (var error in flags.Errors.Concat(flags.Arguments.Select(word => $"unexpected argument: {word}")))
        {
            errors.Add(error);
        }

        var appId = flags.Text("app-id") ?? "";
        var defaults = new SidecarOptions { AppId = appId };
        var options = defaults with
        {
            AppPort = flags.Number("app-port") is { } port and > 0 ? port : null,
            AppProtocol = Protocol(flags),
            AppChannelAddress = flags.Text("app-channel-address") ?? defaults.AppChannelAddress,
            AppMaxConcurrency = flags.Number("app-max-concurrency") ?? defaults.AppMaxConcurrency,
            HttpPort = flags.Number("dapr-http-port") ?? defaults.HttpPort,
            GrpcPort = flags.Number("dapr-grpc-port") ?? defaults.GrpcPort,
            InternalPort = flags.Number("dapr-internal-grpc-port") ?? defaults.InternalPort,
            InternalListenAddress = flags.Text("dapr-internal-grpc-listen-address") ?? defaults.InternalListenAddress,
            UnixDomainSocket = NullWhenEmpty(flags.Text("unix-domain-socket")) is { } sockets ? Path.GetFullPath(sockets, currentDirectory) : null,
            PublicPort = flags.Number("dapr-public-port") is { } publicPort and > 0 ? publicPort : null,
            PublicListenAddress = flags.Text("dapr-public-listen-address"),
            MetricsPort = flags.Switch("enable-metrics") == false ? null : flags.Number("metrics-port") ?? DefaultMetricsPort,
            MetricsListenAddress = flags.Text("metrics-listen-address"),
            ReadBufferSizeBytes = (int?)flags.Size("read-buffer-size")
                ?? (flags.Number("dapr-http-read-buffer-size") is { } kibibytes and > 0 ? kibibytes << 10 : defaults.ReadBufferSizeBytes),
            ListenAddresses = flags.List("dapr-listen-addresses"),
            ResourcesPaths = Absolute(flags.List("resources-path").Concat(flags.List("components-path")), currentDirectory),
            ConfigFiles = Absolute(flags.List("config"), currentDirectory),
            ReloadInterval = flags.Duration("hot-reload-reconcile-interval") is { } interval && interval > TimeSpan.Zero ? interval : defaults.ReloadInterval,
            MaxBodySizeBytes = flags.Size("max-body-size")
                ?? (flags.Number("dapr-http-max-request-size") is { } mebibytes and > 0 ? (long)mebibytes << 20 : defaults.MaxBodySizeBytes),
            EnableAppHealthCheck = flags.Switch("enable-app-health-check") ?? false,
            AppHealthCheckPath = flags.Text("app-health-check-path") ?? defaults.AppHealthCheckPath,
            AppHealthProbeInterval = flags.Number("app-health-probe-interval") is { } seconds ? TimeSpan.FromSeconds(seconds) : defaults.AppHealthProbeInterval,
            AppHealthProbeTimeout = flags.Number("app-health-probe-timeout") is { } milliseconds ? TimeSpan.FromMilliseconds(milliseconds) : defaults.AppHealthProbeTimeout,
            AppHealthThreshold = flags.Number("app-health-threshold") ?? defaults.AppHealthThreshold,
            GracefulShutdown = flags.Number("dapr-graceful-shutdown-seconds") is { } grace ? TimeSpan.FromSeconds(grace) : defaults.GracefulShutdown,
            LogLevel = flags.Text("log-level") ?? defaults.LogLevel,
            LogAsJson = flags.Switch("log-as-json") ?? false,
            EnableApiLogging = flags.Switch("enable-api-logging") ?? false,
            ApiToken = NullWhenEmpty(environment("DAPR_API_TOKEN")),
            AppApiToken = NullWhenEmpty(environment("APP_API_TOKEN")),
            Namespace = NullWhenEmpty(environment("NAMESPACE")) ?? defaults.Namespace,
            DataDirectory = currentDirectory,
            SecretDirectories = [currentDirectory],
        };
        Check(options, errors);
        return errors.Count == before ? options : null;
    }

    private static void Check(SidecarOptions options, ICollection<string> errors)
    {
        void Require(bool holds, string message)
        {
            if (!holds)
            {
                errors.Add(message);
            }
        }

        Require(options.AppId.Length > 0, "--app-id is required");
        Require(options.AppHealthProbeInterval > TimeSpan.Zero, "--app-health-probe-interval must be at least 1 (second)");
        Require(options.AppHealthProbeTimeout > TimeSpan.Zero, "--app-health-probe-timeout must be at least 1 (millisecond)");
        Require(
            options.AppHealthProbeTimeout <= options.AppHealthProbeInterval,
            "--app-health-probe-timeout must not be longer than --app-health-probe-interval");
        Require(options.AppHealthThreshold > 0, "--app-health-threshold must be at least 1");
        Require(options.GracefulShutdown >= TimeSpan.Zero, "--dapr-graceful-shutdown-seconds must not be negative");
        Require(options.ReadBufferSizeBytes > 0, "--read-buffer-size must be at least 1 byte and less than 2Gi");
        var ports = new (string Flag, int? Port)[]
        {
            ("--dapr-http-port", options.HttpPort), ("--dapr-grpc-port", options.GrpcPort), ("--dapr-public-port", options.PublicPort), ("--metrics-port", options.MetricsPort), ("--dapr-internal-grpc-port", options.InternalPort),
        };
        foreach (var clash in ports.Where(port => port.Port is > 0).GroupBy(port => port.Port).Where(group => group.Count() > 1))
        {
            errors.Add($"{string.Join(" and ", clash.Select(port => port.Flag))} are both {clash.Key}");
        }

        foreach (var (flag, address) in options.ListenAddresses.Select(address => ("--dapr-listen-addresses", address))
            .Append(("--dapr-public-listen-address", options.PublicListenAddress ?? "")).Append(("--metrics-listen-address", options.MetricsListenAddress ?? ""))
            .Append(("--dapr-internal-grpc-listen-address", options.InternalListenAddress)))
        {
            Require(address.Length == 0 || IPAddress.TryParse(address, out _), $"{flag}: '{address}' is not an IP address");
        }

        if (ApiSockets.Of(options)?.Check() is { } problem)
        {
            errors.Add($"--unix-domain-socket: {problem}");
        }

        foreach (var path in options.ResourcesPaths)
        {
            Require(Directory.Exists(path), $"--resources-path: no such directory: {path}");
        }

        foreach (var file in options.ConfigFiles)
        {
            Require(File.Exists(file), $"--config: no such file: {file}");
        }
    }

    private static string Protocol(ParsedFlags flags)
    {
        var protocol = flags.Text("app-protocol") ?? "http";
        return (flags.Switch("app-ssl") ?? false, protocol) switch
        {
            (true, "http") => "https",
            (true, "grpc") => "grpcs",
            _ => protocol,
        };
    }

    private static Flag Accepted(string name, FlagKind kind) => new(name, kind, ActedOn: false);

    private static string[] Absolute(IEnumerable<string> paths, string currentDirectory) =>
        [.. paths.Select(path => Path.GetFullPath(path, currentDirectory))];

    private static string? NullWhenEmpty(string? text) => string.IsNullOrEmpty(text) ? null : text;
}
