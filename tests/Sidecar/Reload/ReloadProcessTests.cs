using System.Globalization;
using DaprShop.TestKit;
using DaprShop.Tests.Launcher;
using DaprShop.Tests.Wire;
using Sidecar.Launcher;

namespace DaprShop.Tests.Reload;

/// <summary>Real processes whose resource files change.</summary>
public sealed class ReloadProcessTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Daprd_FilesChange_ServesTheNewComponentAndEndsOverOneThatCannotBeUsed()
    {
        _folder.Folder("resources");
        Write(Yaml.Component("a", "state.in-memory"));
        var (httpPort, grpcPort) = FreePorts.Two();
        await using var daprd = LauncherProcess.Start(
            _folder.Path,
            "daprd", "--app-id", "app", "--dapr-http-port", Text(httpPort), "--dapr-grpc-port", Text(grpcPort), "--enable-metrics=false",
            "--resources-path", "resources", "--hot-reload-reconcile-interval", "1s");
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = new Uri($"http://127.0.0.1:{httpPort}") };
        await Eventually.Get(() => SaveAsync(http, "a"), answer => answer == "204");

        Write(Yaml.Component("b", "state.in-memory"));
        await Eventually.Get(() => SaveAsync(http, "b"), answer => answer == "204");
        Assert.StartsWith("400 ", await SaveAsync(http, "a"), StringComparison.Ordinal);

        Write(Yaml.Component("b", "state.sqlite", ("connectionString", "b.db"), ("cleanupInterval", "soon")));
        var exitCode = await daprd.ExitAsync();

        Assert.Equal(1, exitCode);
        Assert.Contains("error: a component changed and cannot be used (1 mistake); the sidecar has stopped", daprd.Errors, StringComparison.Ordinal);
        Assert.Contains("spec.metadata.cleanupInterval: 'soon' is not a duration", daprd.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_AChangedComponentCannotBeUsed_ItsSidecarStopsAndTheRunEndsWithAnError()
    {
        _folder.Folder("resources");
        _folder.Folder("alpha");
        Write(Yaml.Component("a", "state.in-memory"));
        _folder.File("dapr.yaml", """
            version: 1
            apps:
              - appID: alpha
                appDirPath: ./alpha
                resourcesPaths: [../resources]
                command: [sh, -c, exec sleep 600]
            """);
        await using var launcher = LauncherProcess.Start(_folder.Path, "run", "--json");
        Assert.True((await launcher.LineAsync("ready")).GetProperty("ready").GetBoolean());

        Write(Yaml.Component("a", "state.nothing"));
        await Eventually.True(() => launcher.Errors.Contains("the sidecar of alpha stops: a component changed and cannot be used", StringComparison.Ordinal), TimeSpan.FromSeconds(120));
        PosixCalls.Kill(launcher.Process.Id, PosixCalls.SignalTerminate);

        Assert.Equal(1, await launcher.ExitAsync());
        Assert.Contains("spec.type: 'state.nothing' is not a known component type", launcher.Errors, StringComparison.Ordinal);
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static async Task<string> SaveAsync(HttpClient http, string store)
    {
        try
        {
            return await http.SendTextAsync("POST", $"/v1.0/state/{store}", """[{"key":"k","value":1}]""");
        }
        catch (HttpRequestException notYet)
        {
            return notYet.Message;
        }
    }

    private void Write(string text)
    {
        // In one step, so that no half of it is read.
        var draft = _folder.File("draft", text);
        File.Move(draft, Path.Combine(_folder.Path, "resources", "all.yaml"), overwrite: true);
    }
}
