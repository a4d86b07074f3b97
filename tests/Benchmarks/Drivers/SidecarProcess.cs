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

    private SidecarProcess(Process process, string folder, int httpPort) => (_process, _folder, HttpPort) = (process, folder, httpPort);

    public int HttpPort { get; }

    /// <summary>Used so far, over all cores.</summary>
    public TimeSpan CpuTime
    {
        get
        {
            _process.Refresh();
            return _process.TotalProcessorTime;
        }
    }

    public static async Task<SidecarProcess> StartAsync(int? appPort, params string[] resources)
    {
        var folder = Directory.CreateTempSubdirectory("bench-").FullName;
        for (var n = 0; n < resources.Length; n++)
        {
            await File.WriteAllTextAsync(Path.Combine(folder, $"{n}.yaml"), resources[n]);
        }

        var ports = FreePorts.Take(3);
        var start = new ProcessStartInfo("dotnet", [
            Checkout.Launcher, "daprd", "--app-id", "bench", "--resources-path", folder, "--log-level", "error",
            "--dapr-http-port", Text(ports[0]), "--dapr-grpc-port", Text(ports[1]), "--metrics-port", Text(ports[2]),
            .. appPort is { } port ? (string[])["--app-port", Text(port)] : []])
        {
            WorkingDirectory = folder,
        };
        var sidecar = new SidecarProcess(Process.Start(start)!, folder, ports[0]);
        using var http = new HttpClient();
        await Eventually.Get(
            async () =>
            {
                try
                {
                    using var answer = await http.GetAsync(new Uri($"http://127.0.0.1:{ports[0]}/v1.0/healthz"));
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
