using System.Net;

namespace Sidecar.Host;

/// <summary>What daprd's flags say about one sidecar (dapr-contract.md 1.1). Defaults are daprd's.</summary>
internal sealed record SidecarOptions
{
    public required string AppId { get; init; }

    /// <summary>Null: no app channel, so no subscriptions and no input bindings.</summary>
    public int? AppPort { get; init; }

    public string AppProtocol { get; init; } = "http";

    public bool AppSpeaksGrpc => AppProtocol is "grpc" or "grpcs";

    public bool AppHasTls => AppProtocol is "https" or "grpcs";

    /// <summary>Where the app is; it has one only together with a port.</summary>
    public string AppAddress => $"{(AppHasTls ? "https" : "http")}://{AppChannelAddress}:{AppPort}";

    /// <summary>The version of HTTP that every call to the app is made in.</summary>
    public Version AppHttpVersion => AppSpeaksGrpc || AppProtocol == "h2c" ? HttpVersion.Version20 : HttpVersion.Version11;

    public string AppChannelAddress { get; init; } = "127.0.0.1";

    /// <summary>-1: unlimited calls to the app at once.</summary>
    public int AppMaxConcurrency { get; init; } = -1;

    public int HttpPort { get; init; } = 3500;

    public int GrpcPort { get; init; } = 50001;

    /// <summary>The directory of the sockets that stand in place of both ports; null: none do.</summary>
    public string? UnixDomainSocket { get; init; }

    /// <summary>For sidecars in other processes; 0: any free one. It is open only when they are looked for.</summary>
    public int InternalPort { get; init; }

    public string InternalListenAddress { get; init; } = "127.0.0.1";

    /// <summary>Where metrics are served; null: nowhere, and nothing is counted.</summary>
    public int? MetricsPort { get; init; }

    /// <summary>Null: of this machine only.</summary>
    public string? MetricsListenAddress { get; init; }

    /// <summary>A second HTTP port with health and metadata only, which asks for no token; null: none.</summary>
    public int? PublicPort { get; init; }

    public string? PublicListenAddress { get; init; }

    public IReadOnlyList<string> ListenAddresses { get; init; } = [];

    public IReadOnlyList<string> ResourcesPaths { get; init; } = [];

    public IReadOnlyList<string> ConfigFiles { get; init; } = [];

    /// <summary>--hot-reload-reconcile-interval: how often the resource files are read again although nobody told of a change.</summary>
    public TimeSpan ReloadInterval { get; init; } = TimeSpan.FromSeconds(60);

    public long MaxBodySizeBytes { get; init; } = 4 << 20;

    /// <summary>--read-buffer-size: how long a request's headers may be.</summary>
    public int ReadBufferSizeBytes { get; init; } = 4 << 10;

    public bool EnableAppHealthCheck { get; init; }

    public string AppHealthCheckPath { get; init; } = "/healthz";

    public TimeSpan AppHealthProbeInterval { get; init; } = TimeSpan.FromSeconds(5);

    public TimeSpan AppHealthProbeTimeout { get; init; } = TimeSpan.FromMilliseconds(500);

    public int AppHealthThreshold { get; init; } = 3;

    public TimeSpan GracefulShutdown { get; init; } = TimeSpan.FromSeconds(5);

    public string LogLevel { get; init; } = "info";

    public bool LogAsJson { get; init; }

    public bool EnableApiLogging { get; init; }

    /// <summary>Where this sidecar's own log lines go; null: standard output. The launcher gives each sidecar its file. Not thread safe by itself.</summary>
    public TextWriter? LogOutput { get; init; }

    public string Namespace { get; init; } = "default";

    /// <summary>Sent by clients as dapr-api-token; null: not asked for.</summary>
    public string? ApiToken { get; init; }

    /// <summary>The launcher's own receiver of traces; null: there is none. The environment or the Configuration may name another collector, which is then used instead.</summary>
    public Uri? TraceReceiver { get; init; }

    /// <summary>Sent to the app as dapr-api-token.</summary>
    public string? AppApiToken { get; init; }

    public string DataDirectory { get; init; } = Environment.CurrentDirectory;

    public IReadOnlyList<string> SecretDirectories { get; init; } = [Environment.CurrentDirectory];
}
