using System.Diagnostics;
using System.Globalization;
using DaprShop.TestKit;
using DaprShop.TestKit.Shop;

namespace DaprShop.Benchmarks.Drivers;

/// <summary>A sidecar of its own process, as daprd runs, so that its CPU time is its own.</summary>
internal sealed class SidecarProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly string _folder;

    private SidecarProcess(Process process, string folder, int httpPort, int grpcPort) =>
        (_process, _folder, HttpPort, GrpcPort) = (process, folder, httpPort, grpcPort);

    public int HttpPort { get; }

    public int GrpcPort { get; }

    /// <summary>Resident memory, in bytes.</summary>
    public long ResidentBytes
    {
        get
        {
            _process.Refresh();
            return _process.WorkingSet64;
        }
    }

    /// <summary>Used so far, over all cores.</summary>
    public TimeSpan CpuTime
    {
        get
        {
            _process.Refresh();
            return _process.TotalProcessorTime;
        }
    }

    public static Task<SidecarProcess> StartAsync(int? appPort, params string[] resources) => StartAsync("bench", appPort, resources);

    public static async Task<SidecarProcess> StartAsync(string appId, int? appPort, params string[] resources)
    {
        var folder = await FolderOfAsync(resources);
        var ports = FreePorts.Take(3);
        return await StartAsync(folder, ports[0], ports[1], [
            "daprd", "--app-id", appId, "--resources-path", folder, "--log-level", "error",
            "--dapr-http-port", Text(ports[0]), "--dapr-grpc-port", Text(ports[1]), "--metrics-port", Text(ports[2]),
            .. appPort is { } port ? (string[])["--app-port", Text(port)] : []]);
    }

    /// <summary>Two sidecars in one launcher, as the shop runs, and an app of its own process: this one's app calls the other's, "callee".</summary>
    /// <param name="command">Starts the callee on <paramref name="calleePort"/>.</param>
    public static async Task<SidecarProcess> StartLauncherAsync(string appId, int calleePort, params string[] command)
    {
        var folder = await FolderOfAsync();
        var ports = FreePorts.Take(4);
        await File.WriteAllTextAsync(Path.Combine(folder, "dapr.yaml"), $"""
            version: 1
            apps:
              - {"{"} appID: {appId}, appDirPath: ., command: [sleep, infinity], daprHTTPPort: {ports[0]}, daprGRPCPort: {ports[1]} {"}"}
              - {"{"} appID: callee, appDirPath: ., command: [{string.Join(", ", command)}], appPort: {calleePort}, daprHTTPPort: {ports[2]}, daprGRPCPort: {ports[3]} {"}"}
            """);
        // What is measured is the sidecar, not the receiver of its traces.
        return await StartAsync(folder, ports[0], ports[1], ["run", "-f", "dapr.yaml", "--json", "--no-receiver"]);
    }

    private static async Task<string> FolderOfAsync(params string[] resources)
    {
        var folder = Directory.CreateTempSubdirectory("bench-").FullName;
        for (var n = 0; n < resources.Length; n++)
        {
            await File.WriteAllTextAsync(Path.Combine(folder, $"{n}.yaml"), resources[n]);
        }

        return folder;
    }

    private static async Task<SidecarProcess> StartAsync(string folder, int httpPort, int grpcPort, string[] args)
    {
        var start = new ProcessStartInfo("dotnet", [Checkout.Launcher, .. args]) { WorkingDirectory = folder, RedirectStandardOutput = true };
        var sidecar = new SidecarProcess(Process.Start(start)!, folder, httpPort, grpcPort);
        sidecar._process.BeginOutputReadLine();
        using var http = new HttpClient();
        await Eventually.Get(
            async () =>
            {
                try
                {
                    using var answer = await http.GetAsync(new Uri($"http://127.0.0.1:{httpPort}/v1.0/healthz"));
                    return answer.IsSuccessStatusCode;
                }
                catch (HttpRequestException)
                {
                    return sidecar._process.HasExited ? throw new InvalidOperationException("the sidecar ended; its reasons stand above") : false;
                }
            },
            healthy => healthy,
            TimeSpan.FromSeconds(60));
        return sidecar;
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
