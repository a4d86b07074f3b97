using DaprShop.TestKit;
using Sidecar.Launcher;

namespace DaprShop.Tests.Launcher;

public sealed class LaunchPlanTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly LaunchConsole _console = new(TextWriter.Null, terminal: false, colour: false, appLines: true, TimeProvider.System);

    public void Dispose()
    {
        _console.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void Make_AppEnvironment_IsWhatDaprRunGivesAndTheFileWins()
    {
        var app = Assert.Single(Make("""
            version: 1
            apps:
              - { appDirPath: order, appPort: 8082, daprHTTPPort: 3502, daprGRPCPort: 50103, metricsPort: 9193, env: { APP_PROTOCOL: own, X: "1" } }
            """).Apps);

        Assert.Equal(
            [
                "APP_API_TOKEN=given", "APP_CHANNEL_ADDRESS=127.0.0.1", "APP_ID=order", "APP_PORT=8082", "APP_PROTOCOL=own",
                "DAPR_GRPC_PORT=50103", "DAPR_HTTP_PORT=3502", "DAPR_METRICS_PORT=9193", "X=1",
            ],
            app.Environment.Select(pair => $"{pair.Key}={pair.Value}").Order(StringComparer.Ordinal));
        Assert.Equal(9193, app.Sidecar.MetricsPort);
        Assert.Equal("http://127.0.0.1:8082", app.Url);
    }

    [Fact]
    public void Make_WithoutATokenInTheEnvironment_MakesOneForAllApps()
    {
        var plan = Make("version: 1\napps: [{ appDirPath: order }, { appDirPath: stock }]", token: null);

        var tokens = plan.Apps.SelectMany(app => new[] { app.Sidecar.AppApiToken, app.Environment["APP_API_TOKEN"] }).Distinct().ToList();
        Assert.Equal(64, Assert.Single(tokens)?.Length);
        Assert.Null(plan.Apps[0].Sidecar.ApiToken);
        Assert.DoesNotContain("APP_PORT", plan.Apps[0].Environment.Keys);
    }

    [Fact]
    public void Make_PortsLeftOut_AreChosenAndDiffer()
    {
        var plan = Make("version: 1\napps: [{ appDirPath: order }, { appDirPath: stock, daprHTTPPort: -1 }]");

        var ports = plan.Apps.SelectMany(app => new[] { app.Sidecar.HttpPort, app.Sidecar.GrpcPort, app.Sidecar.MetricsPort ?? 0 }).ToList();
        Assert.Equal(6, ports.Distinct().Count());
        Assert.All(ports, port => Assert.InRange(port, 1, 65535));
    }

    [Theory]
    [InlineData(true, "flag")]
    [InlineData(false, "embedded")]
    public void Make_Resources_FlagWinsOverEmbeddedOverTheApp(bool flag, string expected)
    {
        _folder.Folder("order/own");
        _folder.Folder("embedded");
        var flags = new RunFlags { ResourcesPaths = flag ? [_folder.Folder("flag")] : [] };

        var plan = Make("version: 1\nx-embedded: { resourcesPaths: [embedded] }\napps: [{ appDirPath: order, resourcesPaths: [own] }]", flags);

        Assert.Equal([Path.Combine(_folder.Path, expected)], plan.Apps[0].Sidecar.ResourcesPaths);
    }

    [Fact]
    public void Make_Replicas_WriteLogsOfTheirOwn()
    {
        var plan = Make("version: 1\napps: [{ appDirPath: order }, { appDirPath: order }]");

        Assert.Matches(@"order/\.dapr/logs/order_app_\d{14}\.log$", plan.Apps[0].AppLog.Path);
        Assert.Matches(@"order/\.dapr/logs/order_app_\d{14}_2\.log$", plan.Apps[1].AppLog.Path);
        Assert.Matches(@"order/\.dapr/logs/order_daprd_\d{14}_2\.log$", plan.Apps[1].DaprdLog.Path);
    }

    [Fact]
    public void Make_Folders_FollowTheFile()
    {
        var plan = Make("version: 1\napps: [{ appDirPath: order }]");

        var app = Assert.Single(plan.Apps);
        Assert.Equal(Path.Combine(_folder.Path, ".dapr", "data"), app.Sidecar.DataDirectory);
        Assert.Equal([_folder.Path, Path.Combine(_folder.Path, "order")], app.Sidecar.SecretDirectories);
        Assert.Matches(@"order/\.dapr/logs/order_app_\d{14}\.log$", app.AppLog.Path);
        Assert.Matches(@"order/\.dapr/logs/order_daprd_\d{14}\.log$", app.DaprdLog.Path);
    }

    [Fact]
    public void PortsInUse_PortOfAnotherProcess_IsNamedWithLineAndHolder()
    {
        using var listener = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        listener.Start();
        var port = ((System.Net.IPEndPoint)listener.LocalEndpoint).Port;

        var errors = Make($"version: 1\napps:\n  - appDirPath: order\n    daprHTTPPort: {port}").PortsInUse();

        var error = Assert.Single(errors);
        Assert.Equal((4, "daprHTTPPort of order"), (error.Line, error.Member));
        Assert.Contains(OperatingSystem.IsLinux() ? $"port {port} is in use by pid {Environment.ProcessId} (" : $"port {port} is in use", error.Message, StringComparison.Ordinal);
    }

    private LaunchPlan Make(string text, RunFlags? flags = null, string? token = "given")
    {
        _folder.Folder("order");
        _folder.Folder("stock");
        var loaded = RunTemplateLoader.Load(text, Path.Combine(_folder.Path, "dapr.yaml"), _folder.Path, _folder.Path);
        Assert.Empty(loaded.Errors);
        return LaunchPlan.Make(loaded.Template!, flags ?? new RunFlags(), name => name == "APP_API_TOKEN" ? token : null, _console, new ManualClock());
    }
}
