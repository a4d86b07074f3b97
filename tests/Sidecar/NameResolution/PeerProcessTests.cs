using System.Globalization;
using DaprShop.TestKit;
using DaprShop.Tests.Launcher;
using DaprShop.Tests.Wire;

namespace DaprShop.Tests.NameResolution;

/// <summary>Real <c>daprd</c> processes that nobody configured to know each other.</summary>
public sealed class PeerProcessTests : IAsyncLifetime
{
    private const int CallCount = 30;

    private readonly TemporaryFolder _folder = new();
    private readonly List<LauncherProcess> _processes = [];
    private FakeApp _first = null!;
    private FakeApp _second = null!;

    public async Task InitializeAsync()
    {
        _first = await FakeApp.StartAsync(request => Named(request, "first"));
        _second = await FakeApp.StartAsync(request => Named(request, "second"));
    }

    public async Task DisposeAsync()
    {
        foreach (var process in _processes)
        {
            await process.DisposeAsync();
        }

        await _first.DisposeAsync();
        await _second.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task Replica_KilledWithoutAWord_CostsNoCall()
    {
        var doomed = await StartAsync("callee", _first.Port);
        await StartAsync("callee", _second.Port);
        var caller = await StartAsync("caller", null);
        await Eventually.Get(() => InvokeAsync(caller, "up"), answer => answer == "200 first up");
        await Eventually.Get(() => InvokeAsync(caller, "up"), answer => answer == "200 second up");
        List<string> before = [];
        for (var call = 0; call < CallCount; call++)
        {
            before.Add(await InvokeAsync(caller, "n"));
        }

        doomed.Process.Process.Kill();
        await doomed.Process.Process.WaitForExitAsync();
        List<string> after = [];
        for (var call = 0; call < CallCount; call++)
        {
            after.Add(await InvokeAsync(caller, "n"));
        }

        // How evenly they share depends on what the machine lets each of them say in time.
        Assert.All(before, answer => Assert.Contains(answer, (string[])["200 first n", "200 second n"]));
        Assert.All(after, answer => Assert.Equal("200 second n", answer));
    }

    private static AppAnswer Named(AppRequest request, string name) =>
        request.Method == "POST" ? new AppAnswer(200, $"{name} {request.Text}") : new AppAnswer(404);

    private static async Task<string> InvokeAsync(Daprd caller, string body) =>
        await caller.Http.SendTextAsync("POST", "/v1.0/invoke/callee/method/m", body);

    private async Task<Daprd> StartAsync(string appId, int? appPort)
    {
        var (httpPort, grpcPort) = FreePorts.Two();
        var process = LauncherProcess.Start(
            _folder.Path,
            new Dictionary<string, string> { ["XDG_STATE_HOME"] = _folder.Path },
            [
                "daprd", "--app-id", appId, "--dapr-http-port", Text(httpPort), "--dapr-grpc-port", Text(grpcPort),
                .. appPort is { } port ? ["--app-port", Text(port)] : Array.Empty<string>(),
            ]);
        _processes.Add(process);
        var http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = new Uri($"http://127.0.0.1:{httpPort}") };
        await Eventually.Get(
            async () =>
            {
                try
                {
                    return await http.SendTextAsync("GET", "/v1.0/healthz");
                }
                catch (HttpRequestException notYet)
                {
                    return $"{notYet.Message}\n{process.Output}\n{process.Errors}";
                }
            },
            answer => answer == "204");
        return new Daprd(process, http);
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private sealed record Daprd(LauncherProcess Process, HttpClient Http);
}
