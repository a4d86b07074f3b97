using System.Globalization;
using DaprShop.TestKit;
using DaprShop.Tests.Launcher;
using DaprShop.Tests.Wire;

namespace DaprShop.Tests.Servers;

/// <summary>A sidecar in a process of its own, as daprd runs, so that it can die with messages in hand.</summary>
internal sealed class ChildSidecar : IAsyncDisposable
{
    private readonly LauncherProcess _process;
    private readonly string _resources;

    private ChildSidecar(LauncherProcess process, string resources, int httpPort, int grpcPort)
    {
        (_process, _resources) = (process, resources);
        Grpc = new Uri(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{grpcPort}"));
        Http = new HttpClient(new SocketsHttpHandler { UseProxy = false })
        {
            BaseAddress = new Uri(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{httpPort}")),
        };
    }

    public HttpClient Http { get; }

    /// <summary>Of its gRPC API.</summary>
    public Uri Grpc { get; }

    /// <param name="directory">Where it runs; relative paths of its components start here.</param>
    public static async Task<ChildSidecar> StartAsync(string directory, string appId, FakeApp app, params string[] resources)
    {
        var folder = Directory.CreateTempSubdirectory("child-sidecar-").FullName;
        for (var n = 0; n < resources.Length; n++)
        {
            await File.WriteAllTextAsync(Path.Combine(folder, $"{n:00}.yaml"), resources[n]);
        }

        var (httpPort, grpcPort) = FreePorts.Two();
        var process = LauncherProcess.Start(
            directory, "daprd", "--app-id", appId, "--app-port", Text(app.Port), "--resources-path", folder,
            "--dapr-http-port", Text(httpPort), "--dapr-grpc-port", Text(grpcPort), "--metrics-port", "0");
        var sidecar = new ChildSidecar(process, folder, httpPort, grpcPort);
        await Eventually.Get(sidecar.HealthAsync, health => health == "204");
        return sidecar;
    }

    /// <summary>Without a word to anybody, as kill -9.</summary>
    public async Task KillAsync()
    {
        _process.Process.Kill();
        await _process.ExitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _process.DisposeAsync();
        Directory.Delete(_resources, recursive: true);
    }

    private async Task<string> HealthAsync()
    {
        try
        {
            return await Http.SendTextAsync("GET", "/v1.0/healthz");
        }
        catch (HttpRequestException)
        {
            return _process.Process.HasExited ? throw new InvalidOperationException($"The sidecar ended: {_process.Output}{_process.Errors}") : "no answer";
        }
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
