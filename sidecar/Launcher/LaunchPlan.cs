using System.Globalization;
using System.Security.Cryptography;
using Sidecar.Configuration;
using Sidecar.Host;

namespace Sidecar.Launcher;

/// <summary>Everything about a run that can be decided before anything is touched.</summary>
internal sealed record LaunchPlan(RunTemplate Template, RunFlags Flags, string DataDirectory, IReadOnlyList<PlannedApp> Apps)
{
    private const string StampFormat = "yyyyMMddHHmmss";

    /// <summary>Of the time in the names of log files.</summary>
    public static int StampLength => StampFormat.Length;

    /// <summary>Where the apps and the sidecars send their traces and logs; null: nothing of this run takes them in.</summary>
    public Uri? Receiver { get; init; }

    /// <summary>The resource folders in use, as the ready block names them.</summary>
    public IEnumerable<string> Stack => Apps.SelectMany(app => app.Sidecar.ResourcesPaths).Distinct(StringComparer.Ordinal);

    public static LaunchPlan Make(RunTemplate template, RunFlags flags, Func<string, string?> environment, LaunchConsole console, TimeProvider clock, Uri? receiver = null)
    {
        var dataDirectory = flags.DataDirectory ?? Path.Combine(template.Directory, ".dapr", "data");
        var stamp = clock.GetLocalNow().ToString(StampFormat, CultureInfo.InvariantCulture);
        var ports = new PortChoice();
        foreach (var app in template.Apps)
        {
            ports.Reserve(app.AppPort);
            ports.Reserve(app.HttpPort);
            ports.Reserve(app.GrpcPort);
            ports.Reserve(app.MetricsPort);
        }

        // A token in the environment wins, so that a test can call a service the way its sidecar does.
        var appToken = NullWhenEmpty(environment("APP_API_TOKEN")) ?? Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));
        var apps = template.Apps.Select(app => Plan(app, template, flags, ports, console, stamp) is var planned
            ? planned with
            {
                Sidecar = planned.Sidecar with
                {
                    DataDirectory = dataDirectory,
                    AppApiToken = appToken,
                    ApiToken = NullWhenEmpty(environment("DAPR_API_TOKEN")),
                    Namespace = NullWhenEmpty(environment("NAMESPACE")) ?? "default",
                    TraceReceiver = receiver,
                },
                Environment = new Dictionary<string, string>(OwnTelemetry.WithReceiver(planned.Environment, receiver, environment)) { ["APP_API_TOKEN"] = appToken },
            }
            : planned);
        return new LaunchPlan(template, flags, dataDirectory, [.. apps]) { Receiver = receiver };
    }

    /// <summary>Ports that the run needs and somebody else has, each with the holder where the system tells.</summary>
    public IEnumerable<ConfigurationError> PortsInUse()
    {
        foreach (var app in Apps)
        {
            var needed = new[]
            {
                ("appPort", app.HasCommand ? app.Template.AppPort : 0),
                ("daprHTTPPort", app.Template.HttpPort),
                ("daprGRPCPort", app.Template.GrpcPort),
                ("metricsPort", app.Template.MetricsPort),
            };
            foreach (var (member, port) in needed.Where(need => need.Item2 > 0 && !PortChoice.IsFree(need.Item2)))
            {
                var holder = PortHolder.Find(port) is { } found ? $"in use by {found}" : "in use by another process";
                yield return new ConfigurationError(
                    app.Template.Members.File, app.Template.Members[member].FileLine, $"{member} of {app.AppId}", $"port {port} is {holder}");
            }
        }
    }

    private static PlannedApp Plan(AppTemplate app, RunTemplate template, RunFlags flags, PortChoice ports, LaunchConsole console, string stamp)
    {
        var shared = app.Shared;
        var protocol = (shared.Ssl, shared.Protocol ?? "http") switch
        {
            (true, "http") => "https",
            (true, "grpc") => "grpcs",
            var (_, named) => named,
        };
        var httpPort = app.HttpPort > 0 ? app.HttpPort : ports.Next();
        var grpcPort = app.GrpcPort > 0 ? app.GrpcPort : ports.Next();
        var metricsPort = app.MetricsPort > 0 ? app.MetricsPort : ports.Next();
        var logs = Path.Combine(app.Directory, ".dapr", "logs");
        var logName = app.Replica == 1 ? stamp : $"{stamp}_{Text(app.Replica)}";
        var appLog = new AppLog(
            Path.Combine(logs, $"{app.AppId}_app_{logName}.log"),
            shared.AppLog ?? LogDestination.FileAndConsole,
            line => console.AppLine(app.AppId, line, shared.AppLog));
        var daprdLog = new AppLog(
            Path.Combine(logs, $"{app.AppId}_daprd_{logName}.log"), shared.DaprdLog ?? LogDestination.File, line => console.DaprdLine(app.AppId, line));
        var defaults = new SidecarOptions { AppId = app.AppId };
        var sidecar = defaults with
        {
            AppPort = app.AppPort > 0 ? app.AppPort : null,
            AppProtocol = protocol,
            AppChannelAddress = app.ChannelAddress,
            AppMaxConcurrency = shared.MaxConcurrency == 0 ? defaults.AppMaxConcurrency : shared.MaxConcurrency,
            HttpPort = httpPort,
            GrpcPort = grpcPort,
            MetricsPort = metricsPort,

            // daprd listens on every address unless told otherwise. These sidecars ask for no token, so the network stays out unless invited.
            ListenAddresses = shared.ListenAddresses?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) ?? ["127.0.0.1"],
            ResourcesPaths = flags.ResourcesPaths.Count > 0 ? flags.ResourcesPaths
                : template.Embedded.ResourcesPaths.Count > 0 ? template.Embedded.ResourcesPaths
                : shared.ResourcesPaths,
            ConfigFiles = shared.ConfigFile is { } file ? [file] : [],
            MaxBodySizeBytes = shared.MaxBodySize == 0 ? defaults.MaxBodySizeBytes : shared.MaxBodySize,
            EnableAppHealthCheck = shared.HealthCheck,
            AppHealthCheckPath = shared.HealthCheckPath ?? defaults.AppHealthCheckPath,
            AppHealthProbeInterval = shared.HealthProbeInterval == 0 ? defaults.AppHealthProbeInterval : TimeSpan.FromSeconds(shared.HealthProbeInterval),
            AppHealthProbeTimeout = shared.HealthProbeTimeout == 0 ? defaults.AppHealthProbeTimeout : TimeSpan.FromMilliseconds(shared.HealthProbeTimeout),
            AppHealthThreshold = shared.HealthThreshold == 0 ? defaults.AppHealthThreshold : shared.HealthThreshold,
            LogLevel = flags.LogLevel ?? shared.LogLevel ?? defaults.LogLevel,
            EnableApiLogging = shared.ApiLogging,
            LogOutput = daprdLog,
            SecretDirectories = [template.Directory, app.Directory],
        };
        return new PlannedApp(app, sidecar, AppEnvironment(app, sidecar, metricsPort), appLog, daprdLog);
    }

    /// <summary>What `dapr run` gives an app (dapr-contract.md 1.3); the file's own names come last and win.</summary>
    private static Dictionary<string, string> AppEnvironment(AppTemplate app, SidecarOptions sidecar, int metricsPort)
    {
        var environment = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["APP_ID"] = app.AppId,
            ["APP_PROTOCOL"] = sidecar.AppProtocol,
            ["APP_CHANNEL_ADDRESS"] = sidecar.AppChannelAddress,
            ["DAPR_HTTP_PORT"] = Text(sidecar.HttpPort),
            ["DAPR_GRPC_PORT"] = Text(sidecar.GrpcPort),
            ["DAPR_METRICS_PORT"] = Text(metricsPort),
        };
        if (sidecar.AppPort is { } port)
        {
            environment["APP_PORT"] = Text(port);
        }

        foreach (var (name, value) in app.Shared.Environment)
        {
            environment[name] = value;
        }

        return environment;
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static string? NullWhenEmpty(string? text) => string.IsNullOrEmpty(text) ? null : text;
}
