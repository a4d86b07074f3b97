using Sidecar.Cli;
using Sidecar.Host;

namespace DaprShop.Tests.Cli;

public sealed class DaprdFlagsTests
{
    private const string Directory = "/somewhere";

    /// <summary>What the integration suite of dapr/dapr gives daprd (dapr-contract.md 15.1).</summary>
    private static readonly string[] SuiteFlags =
    [
        "--log-level=debug", "--app-id=a1b2", "--app-protocol=http", "--dapr-grpc-port=50123", "--dapr-http-port=3555",
        "--dapr-internal-grpc-port=50124", "--dapr-internal-grpc-listen-address=127.0.0.1", "--dapr-listen-addresses=127.0.0.1",
        "--dapr-public-port=3556", "--dapr-public-listen-address=127.0.0.1", "--metrics-port=9555", "--metrics-listen-address=127.0.0.1",
        "--profile-port=7555", "--enable-app-health-check=true", "--app-health-probe-interval=1", "--app-health-threshold=1",
        "--mode=standalone", "--enable-mtls=false", "--enable-api-logging=true", "--enable-profiling", "--app-port=8555",
        "--app-max-concurrency=3", "--app-health-check-path=/up", "--placement-host-address=localhost:50005",
        "--scheduler-host-address=localhost:50006", "--sentry-address=localhost:50003", "--sentry-request-jwt-audiences=one,two",
        "--control-plane-address=localhost:6500", "--control-plane-trust-domain=localhost", "--disable-builtin-k8s-secret-store=true",
        "--dapr-graceful-shutdown-seconds=2", "--dapr-block-shutdown-duration=1h30m", "--actors-disseminate-timeout=30s",
        "--hot-reload-reconcile-interval=60s", "--app-binding-options-timeout=3s", "--max-body-size=2Mi", "--allowed-origins=*",
        "--disable-init-endpoints=config,subscribe",
    ];

    [Fact]
    public void Read_FlagsOfTheRealSuite_AllAreAcceptedAndActedOn()
    {
        var (options, errors) = Read(SuiteFlags);

        Assert.Empty(errors);
        Assert.NotNull(options);
        Assert.Equal("a1b2", options.AppId);
        Assert.Equal((8555, 3555, 50123), (options.AppPort, options.HttpPort, options.GrpcPort));
        Assert.Equal(["127.0.0.1"], options.ListenAddresses);
        Assert.Equal(3, options.AppMaxConcurrency);
        Assert.Equal(2L << 20, options.MaxBodySizeBytes);
        Assert.Equal((true, "/up", 1), (options.EnableAppHealthCheck, options.AppHealthCheckPath, options.AppHealthThreshold));
        Assert.Equal(TimeSpan.FromSeconds(1), options.AppHealthProbeInterval);
        Assert.Equal(TimeSpan.FromSeconds(2), options.GracefulShutdown);
        Assert.Equal((3556, "127.0.0.1"), (options.PublicPort, options.PublicListenAddress));
        Assert.Equal((9555, "127.0.0.1"), (options.MetricsPort, options.MetricsListenAddress));
        Assert.Equal("debug", options.LogLevel);
        Assert.True(options.EnableApiLogging);
    }

    [Fact]
    public void Read_OnlyAnAppId_GivesDaprdsDefaults()
    {
        var (options, errors) = Read("--app-id", "order");

        Assert.Empty(errors);
        Assert.NotNull(options);
        Assert.Null(options.AppPort);
        Assert.Equal((3500, 50001), (options.HttpPort, options.GrpcPort));
        Assert.Equal((4L << 20, -1, "http"), (options.MaxBodySizeBytes, options.AppMaxConcurrency, options.AppProtocol));
        Assert.Equal((false, "/healthz", 3), (options.EnableAppHealthCheck, options.AppHealthCheckPath, options.AppHealthThreshold));
        Assert.Equal((TimeSpan.FromSeconds(5), TimeSpan.FromMilliseconds(500)), (options.AppHealthProbeInterval, options.AppHealthProbeTimeout));
        Assert.Equal((9090, null, 4 << 10), (options.MetricsPort, options.PublicPort, options.ReadBufferSizeBytes));
        Assert.Equal((Directory, "default"), (options.DataDirectory, options.Namespace));
    }

    [Fact]
    public void Read_Environment_GivesTokensAndNamespace()
    {
        var errors = new List<string>();

        var options = DaprdFlags.Read(DaprdFlags.Table.Parse(["--app-id=order"]), name => $"of {name}", Directory, errors);

        Assert.NotNull(options);
        Assert.Equal(("of DAPR_API_TOKEN", "of APP_API_TOKEN", "of NAMESPACE"), (options.ApiToken, options.AppApiToken, options.Namespace));
    }

    [Theory]
    [InlineData("--dapr-http-max-request-size=8", 8L << 20)]
    [InlineData("--max-body-size=1Ki", 1024L)]
    public void Read_BodySize_TakesTheNewAndTheOldFlag(string flag, long expected)
    {
        Assert.Equal(expected, Read("--app-id=order", flag).Options?.MaxBodySizeBytes);
    }

    [Theory]
    [InlineData("--dapr-http-read-buffer-size=8", 8 << 10)]
    [InlineData("--read-buffer-size=1Ki", 1024)]
    public void Read_HeadSize_TakesTheNewAndTheOldFlag(string flag, int expected)
    {
        Assert.Equal(expected, Read("--app-id=order", flag).Options?.ReadBufferSizeBytes);
    }

    [Fact]
    public void Read_MetricsSwitchedOff_LeavesNoPort() =>
        Assert.Null(Read("--app-id=order", "--enable-metrics=false", "--metrics-port=9555").Options!.MetricsPort);

    [Fact]
    public void Read_PortsAndAddressesThatCannotBe_AreAllReported()
    {
        var (_, errors) = Read(
            "--app-id=order", "--dapr-http-port=4000", "--dapr-public-port=4000", "--metrics-port=50001",
            "--dapr-listen-addresses=127.0.0.1,nowhere", "--metrics-listen-address=here");

        Assert.Equal(
            [
                "--dapr-http-port and --dapr-public-port are both 4000",
                "--dapr-grpc-port and --metrics-port are both 50001",
                "--dapr-listen-addresses: 'nowhere' is not an IP address",
                "--metrics-listen-address: 'here' is not an IP address",
            ],
            errors);
    }

    [Theory]
    [InlineData("http", "https")]
    [InlineData("grpc", "grpcs")]
    [InlineData("h2c", "h2c")]
    public void Read_AppSsl_IsTheOldFormOfTheProtocol(string protocol, string expected)
    {
        Assert.Equal(expected, Read("--app-id=order", "--app-ssl", "--app-protocol", protocol).Options?.AppProtocol);
    }

    [Fact]
    public void Read_SeveralMistakes_ReportsAllTogether()
    {
        var (options, errors) = Read("--ap-id=order", "--app-health-probe-interval=0", "--resources-path=/not/there", "stray");

        Assert.Null(options);
        Assert.Equal(
            [
                "unknown flag: --ap-id; did you mean 'app-id'?",
                "unexpected argument: stray",
                "--app-id is required",
                "--app-health-probe-interval must be at least 1 (second)",
                "--app-health-probe-timeout must not be longer than --app-health-probe-interval",
                "--resources-path: no such directory: /not/there",
            ],
            errors);
    }

    private static (SidecarOptions? Options, List<string> Errors) Read(params string[] args)
    {
        var errors = new List<string>();
        return (DaprdFlags.Read(DaprdFlags.Table.Parse(args), _ => null, Directory, errors), errors);
    }
}
