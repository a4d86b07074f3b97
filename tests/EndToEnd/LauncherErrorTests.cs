using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using DaprShop.TestKit;
using DaprShop.TestKit.Shop;

namespace DaprShop.Tests.EndToEnd;

/// <summary>What somebody sees who has made mistakes: all of them at once, by file, line and member, and nothing started.</summary>
public sealed class LauncherErrorTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("launcher-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Mistakes_InDaprYamlAndComponents_AreAllNamedAndNothingStarts()
    {
        Write("app/app.sh", "touch started.txt; exec sleep 600\n");
        Write("resources/state.yaml", """
            apiVersion: dapr.io/v1alpha1
            kind: Component
            metadata:
              name: statestore
            spec:
              type: state.nonsense
              version: v1
            ---
            apiVersion: dapr.io/v1alpha1
            kind: Component
            metadata:
              name: pubsub
            spec:
              version: v1
              metadata: 5
            """);
        Write("resources/broken.yaml", "kind: Component\n  name: [\n");
        Write("dapr.yaml", """
            version: 1
            common:
              resourcesPaths: [./resources]
              configFilePath: ./nowhere.yaml
              enableAppHealthChek: true
            apps:
              - appID: good
                appDirPath: ./app
                command: [sh, app.sh]
              - appID: bad
                appDirPath: ./app
                appPort: high
                daprHTTPPort: 70000
                command: sh
            """);

        var (exitCode, output) = await LauncherRun.ToEndAsync(_folder, "run", "-f", "dapr.yaml");

        Assert.Equal(1, exitCode);
        string[] expected =
        [
            "dapr.yaml:4: common.configFilePath: ", "dapr.yaml:5: common.enableAppHealthChek: ", "'enableAppHealthCheck'",
            "dapr.yaml:12: apps[1].appPort: ", "dapr.yaml:13: apps[1].daprHTTPPort: ", "dapr.yaml:14: apps[1].command: ",
            "resources/state.yaml:6: spec.type: ", "resources/state.yaml:14: spec.type: ", "resources/state.yaml:15: spec.metadata: ", "resources/broken.yaml:2: ",
        ];
        Assert.All(expected, line => Assert.Contains(line, output, StringComparison.Ordinal));
        Assert.Equal(
            ["dapr.yaml:4", "dapr.yaml:12", "dapr.yaml:13", "dapr.yaml:14"],
            output.Split('\n').Where(line => line.StartsWith("  dapr.yaml:", StringComparison.Ordinal)).Select(line => string.Join(':', line.Trim().Split(':')[..2])));
        Assert.DoesNotContain("   at ", output, StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(_folder, "app", "started.txt")), "an app was started");
        Assert.False(Directory.Exists(Path.Combine(_folder, ".dapr")), "a data directory was made");
    }

    [Fact]
    public async Task Member_ThatIsUnknown_IsAWarningAndTheRunGoesOn()
    {
        Write("app/a.txt", "");
        Write("dapr.yaml", """
            version: 1
            apps:
              - appID: good
                appDirPath: ./app
                appProt: 5
                x-note: silent
                command: [sh, -c, "exec sleep 600"]
            """);
        await using var run = LauncherRun.Start(_folder, "run", "--json");
        await Eventually.True(() => run.Output.Contains("\"ready\":true", StringComparison.Ordinal) || run.HasExited);

        var exitCode = await run.InterruptAsync();

        Assert.Equal(0, exitCode);
        Assert.Contains("dapr.yaml:5: apps[0].appProt: ", run.Output, StringComparison.Ordinal);
        Assert.Contains("'appPort'", run.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("x-note", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Port_InUse_IsNamedWithItsHolderAndNothingStarts()
    {
        using var holder = new TcpListener(IPAddress.Loopback, 0);
        holder.Start();
        var port = ((IPEndPoint)holder.LocalEndpoint).Port;
        Write("app/a.txt", "");
        Write("dapr.yaml", $"""
            version: 1
            apps:
              - appID: first
                appDirPath: ./app
                command: [sh, -c, "touch started.txt; exec sleep 600"]
              - appID: second
                appDirPath: ./app
                appPort: {port}
                command: [sh, -c, "exec sleep 600"]
            """);

        var (exitCode, output) = await LauncherRun.ToEndAsync(_folder, "run");

        Assert.Equal(2, exitCode);
        Assert.Contains($"dapr.yaml:8: appPort of second: port {port} is in use by pid {Environment.ProcessId} (", output, StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(_folder, "app", "started.txt")), "an app was started");
    }

    [Fact]
    public async Task App_ThatDiesAtItsStart_IsNamedWithItsLastLinesAndNothingIsLeft()
    {
        var port = FreePorts.Take(1)[0];
        Write("app/a.txt", "");
        Write("dapr.yaml", $$"""
            version: 1
            apps:
              - appID: good
                appDirPath: ./app
                command: [sh, -c, "echo $$ > good.pid; exec sleep 600"]
              - appID: bad
                appDirPath: ./app
                appPort: {{port}}
                command: [sh, -c, "while [ ! -s good.pid ]; do sleep 0.05; done; echo the last words; exit 9"]
            """);

        var (exitCode, output) = await LauncherRun.ToEndAsync(_folder, "run");

        Assert.Equal(3, exitCode);
        Assert.Contains("bad ended with exit code 9", output, StringComparison.Ordinal);
        Assert.Contains("the last words", output, StringComparison.Ordinal);
        var good = int.Parse(await File.ReadAllTextAsync(Path.Combine(_folder, "app", "good.pid")), CultureInfo.InvariantCulture);
        Assert.Throws<ArgumentException>(() => System.Diagnostics.Process.GetProcessById(good));
    }

    [Fact]
    public async Task ListLogsAndStop_FromAnotherShell_SpeakOfTheRunningShop()
    {
        await using var shop = await RunningShop.StartAsync();

        var list = await LauncherRun.ToEndAsync(_folder, "list", "-f", shop.TopologyFile, "--json");
        var logs = await LauncherRun.ToEndAsync(_folder, "logs", "order", "-f", shop.TopologyFile);
        var unknown = await LauncherRun.ToEndAsync(_folder, "logs", "odrer", "-f", shop.TopologyFile);
        var stop = await LauncherRun.ToEndAsync(_folder, "stop", "-f", shop.TopologyFile);
        var after = await LauncherRun.ToEndAsync(_folder, "list", "-f", shop.TopologyFile, "--json");

        using var rows = JsonDocument.Parse(list.Output);
        Assert.Equal(
            shop.Pids.OrderBy(app => app.Key, StringComparer.Ordinal).Select(app => (app.Key, app.Value, shop.LauncherPid)),
            rows.RootElement.EnumerateArray()
                .Select(row => (row.GetProperty("appId").GetString()!, row.GetProperty("appPid").GetInt32(), row.GetProperty("launcherPid").GetInt32()))
                .OrderBy(row => row.Item1, StringComparer.Ordinal));
        Assert.Contains("\"App\":\"order\"", logs.Output, StringComparison.Ordinal);
        Assert.Equal(1, unknown.ExitCode);
        Assert.Contains("did you mean 'order'?", unknown.Output, StringComparison.Ordinal);
        Assert.Equal((0, $"stopped daprshop (pid {shop.LauncherPid})"), (stop.ExitCode, stop.Output));
        Assert.All(shop.Pids.Values, pid => Assert.Throws<ArgumentException>(() => System.Diagnostics.Process.GetProcessById(pid)));
        Assert.Equal((0, "[]"), (after.ExitCode, after.Output));
    }

    private void Write(string name, string text)
    {
        var path = Path.Combine(_folder, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
    }
}
