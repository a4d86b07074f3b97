using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using DaprShop.TestKit;
using Sidecar.Launcher;

namespace DaprShop.Tests.Launcher;

/// <summary>Real processes: the launcher, and shells as apps.</summary>
public sealed class LauncherProcessTests : IDisposable
{
    private const string Sleeper = "exec sleep 600";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Run_ThenSigterm_StartsTheAppsAndLeavesNothing()
    {
        WriteTemplate(("alpha", "echo hello from $APP_ID; exec sleep 600"), ("beta", Sleeper));
        await using var launcher = LauncherProcess.Start(_folder.Path, "run", "--json");

        var ready = await launcher.LineAsync("ready");
        var pids = Pids(ready);
        var lines = await LogAsync(ready, "hello");
        PosixCalls.Kill(launcher.Process.Id, PosixCalls.SignalTerminate);
        var exitCode = await launcher.ExitAsync();

        Assert.Equal(0, exitCode);
        Assert.Equal(2, pids.Count);
        Assert.All(pids, pid => Assert.Null(ProcessIdentity.Of(pid)));
        Assert.Equal(launcher.Process.Id, ready.GetProperty("pid").GetInt32());
        Assert.Equal("hello from alpha", lines.TrimEnd());
        Assert.Empty(RunRecord.AllIn(_folder.Path));
    }

    [Fact]
    public async Task Run_AppIgnoresSigterm_IsKilledAfterItsGrace()
    {
        WriteTemplate(("stubborn", "trap '' TERM; echo armed; while :; do sleep 1; done"));
        await using var launcher = LauncherProcess.Start(_folder.Path, "run", "--json");
        var ready = await launcher.LineAsync("ready");
        var pid = Assert.Single(Pids(ready));
        await LogAsync(ready, "armed");

        var began = Stopwatch.GetTimestamp();
        PosixCalls.Kill(launcher.Process.Id, PosixCalls.SignalTerminate);
        var exitCode = await launcher.ExitAsync();

        Assert.Equal(0, exitCode);
        Assert.Null(ProcessIdentity.Of(pid));
        Assert.InRange(Stopwatch.GetElapsedTime(began), TimeSpan.FromSeconds(3.5), TimeSpan.FromMinutes(2));
    }

    [Fact]
    public async Task Run_AppFailsToStart_IsNamedWithItsLastLinesAndEverythingStops()
    {
        WriteTemplate(("good", Sleeper), ("bad", "echo no database; exit 7"));
        File.AppendAllText(Path.Combine(_folder.Path, "dapr.yaml"), "    appPort: 1\n");
        await using var launcher = LauncherProcess.Start(_folder.Path, "run", "--json");

        var exitCode = await launcher.ExitAsync();
        var failed = await launcher.LineAsync("ready");

        Assert.Equal(3, exitCode);
        Assert.False(failed.GetProperty("ready").GetBoolean());
        Assert.Equal("bad ended with exit code 7", failed.GetProperty("reasons")[0].GetString());
        Assert.Contains("no database", launcher.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_AppKilledWithRestart_RunsAgainUnderANewPid()
    {
        WriteTemplate(("alpha", Sleeper));
        await using var launcher = LauncherProcess.Start(_folder.Path, "run", "--json", "--restart");
        var pid = Assert.Single(Pids(await launcher.LineAsync("ready")));

        PosixCalls.Kill(pid, PosixCalls.SignalKill);
        var exited = await launcher.LineAsync("appExited");
        var restarted = await launcher.LineAsync("appRestarted");
        var readyAgain = await launcher.LineAsync("appReady");

        Assert.Equal((pid, 137), (exited.GetProperty("pid").GetInt32(), exited.GetProperty("exitCode").GetInt32()));
        var again = restarted.GetProperty("pid").GetInt32();
        Assert.NotEqual(pid, again);
        Assert.Equal(("alpha", again), (readyAgain.GetProperty("appId").GetString(), readyAgain.GetProperty("pid").GetInt32()));
        Assert.NotNull(ProcessIdentity.Of(again));
        Assert.Equal(0, await RunVerbAsync("stop"));
    }

    [Fact]
    public async Task Run_AfterKillOfTheLauncher_EndsTheLeftoversAndStarts()
    {
        WriteTemplate(("alpha", "sleep 600 & wait"));
        await using var first = LauncherProcess.Start(_folder.Path, "run", "--json");
        var leader = Assert.Single(Pids(await first.LineAsync("ready")));
        var child = await Eventually.Get(() => ChildOf(leader), pid => pid is not null || !OperatingSystem.IsLinux());
        PosixCalls.Kill(first.Process.Id, PosixCalls.SignalKill);
        await first.ExitAsync();

        await using var second = LauncherProcess.Start(_folder.Path, "run", "--json");
        var ready = await second.LineAsync("ready");

        Assert.True(ready.GetProperty("ready").GetBoolean());
        Assert.Null(ProcessIdentity.Of(leader));
        Assert.Null(child is { } pid ? ProcessIdentity.Of(pid) : null);
        Assert.Equal(0, await RunVerbAsync("stop"));
        Assert.Equal(0, await second.ExitAsync());
    }

    [Fact]
    public async Task Run_WhileItRuns_IsRefusedAndNamesThePid()
    {
        WriteTemplate(("alpha", Sleeper));
        await using var first = LauncherProcess.Start(_folder.Path, "run", "--json");
        await first.LineAsync("ready");

        await using var second = LauncherProcess.Start(_folder.Path, "run");
        var exitCode = await second.ExitAsync();

        Assert.Equal(2, exitCode);
        Assert.Contains($"already runs (pid {first.Process.Id})", second.Output, StringComparison.Ordinal);
        Assert.Equal(0, await RunVerbAsync("stop"));
        Assert.Equal(0, await first.ExitAsync());
    }

    [Fact]
    public async Task Run_MistakesInTheFile_AreAllNamedAndNothingStarts()
    {
        _folder.File("dapr.yaml", "version: 1\napps:\n  - appDirPath: nowhere\n    appPort: x\n");
        await using var launcher = LauncherProcess.Start(_folder.Path, "run");

        var exitCode = await launcher.ExitAsync();

        Assert.Equal(1, exitCode);
        Assert.Contains("dapr.yaml:3: apps[0].appDirPath: ", launcher.Output, StringComparison.Ordinal);
        Assert.Contains("dapr.yaml:4: apps[0].appPort: ", launcher.Output, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.Combine(_folder.Path, ".dapr")));
    }

    [Fact]
    public async Task Run_ResourcesWithAMisspeltMember_WarnsOnceForAllSidecars()
    {
        WriteTemplate(("alpha", Sleeper), ("beta", Sleeper));
        _folder.File("resources/store.yaml", """
            apiVersion: dapr.io/v1alpha1
            kind: Component
            metadata: { name: store }
            spec:
              type: state.in-memory
              version: v1
              metadata: [{ name: actorStateStor, value: "true" }]
            """);
        await using var launcher = LauncherProcess.Start(_folder.Path, "run", "--json", "--resources-path", "resources");
        await launcher.LineAsync("ready");

        Assert.Equal(0, await RunVerbAsync("stop"));
        await launcher.ExitAsync();

        var warning = Assert.Single(launcher.Errors.Split('\n'), line => line.Contains("actorStateStor", StringComparison.Ordinal));
        Assert.EndsWith("store.yaml: spec.metadata.actorStateStor: is not known to state.in-memory and has no effect", warning, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("rum", 1, "unknown command 'rum'; did you mean 'run'?")]
    [InlineData("run --jsn", 1, "unknown flag: --jsn; did you mean 'json'?")]
    [InlineData("daprd --app-ids x", 1, "unknown flag: --app-ids; did you mean 'app-id'?")]
    [InlineData("--help", 0, "usage: sidecar")]
    [InlineData("daprd --version", 0, ".")]
    public async Task CommandLine_OfEveryKind_AnswersWithItsExitCode(string line, int exitCode, string expected)
    {
        await using var launcher = LauncherProcess.Start(_folder.Path, line.Split(' '));

        Assert.Equal(exitCode, await launcher.ExitAsync());
        Assert.Contains(expected, $"{launcher.Output}\n{launcher.Errors}", StringComparison.Ordinal);
    }

    [Fact]
    public async Task Daprd_Interrupted_EndsWithZero()
    {
        var ports = new PortChoice();
        var port = ports.Next();
        await using var daprd = LauncherProcess.Start(
            _folder.Path, "daprd", "--app-id", "solo", "--dapr-http-port", Text(port), "--dapr-grpc-port", "0", "--dapr-listen-addresses=127.0.0.1");
        await Eventually.True(() => !PortChoice.IsFree(port) || daprd.Process.HasExited);

        PosixCalls.Kill(daprd.Process.Id, 2);

        Assert.Equal(0, await daprd.ExitAsync());
    }

    [Fact]
    public async Task Run_TwoEntriesOfOneId_AreReplicasToldApartByPortAndLog()
    {
        WriteTemplate(("alpha", "echo I am first; exec sleep 600"), ("alpha", "echo I am second; exec sleep 600"));
        await using var launcher = LauncherProcess.Start(_folder.Path, "run", "--json", "--restart");
        var apps = (await launcher.LineAsync("ready")).GetProperty("apps");

        PosixCalls.Kill(apps[1].GetProperty("pid").GetInt32(), PosixCalls.SignalKill);
        var restarted = await launcher.LineAsync("appRestarted");

        Assert.Equal(apps[1].GetProperty("daprHttpPort").GetInt32(), restarted.GetProperty("daprHttpPort").GetInt32());
        Assert.Equal((0, "I am first"), await PrintLogAsync());
        var (exitCode, text) = await PrintLogAsync("--replica", "2");
        Assert.Equal(0, exitCode);
        Assert.Equal(["I am second"], text.Split('\n').Distinct());
        Assert.Equal((1, "error: --replica 3: alpha has 2, from 1 on"), await PrintLogAsync("--replica", "3"));
        Assert.Equal(0, await RunVerbAsync("stop"));
    }

    private static List<int> Pids(JsonElement ready) =>
        [.. ready.GetProperty("apps").EnumerateArray().Select(app => app.GetProperty("pid").GetInt32())];

    /// <summary>An app without a port counts as ready once it is started, which may be before its first line.</summary>
    private static Task<string> LogAsync(JsonElement ready, string awaited)
    {
        var file = ready.GetProperty("apps")[0].GetProperty("logFile").GetString()!;
        return Eventually.Get(() => File.Exists(file) ? File.ReadAllText(file) : "", text => text.Contains(awaited, StringComparison.Ordinal));
    }

    private static int? ChildOf(int pid) =>
        OperatingSystem.IsLinux() && File.ReadAllText($"/proc/{pid}/task/{pid}/children").Split(' ') is [{ Length: > 0 } child, ..]
            ? int.Parse(child, CultureInfo.InvariantCulture)
            : null;

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private async Task<int> RunVerbAsync(string verb)
    {
        await using var process = LauncherProcess.Start(_folder.Path, verb);
        return await process.ExitAsync();
    }

    /// <summary>Once there is something in it.</summary>
    private Task<(int ExitCode, string Text)> PrintLogAsync(params string[] flags) => Eventually.Get(
        async () =>
        {
            await using var process = LauncherProcess.Start(_folder.Path, ["logs", "alpha", .. flags]);
            return (await process.ExitAsync(), $"{process.Output}{process.Errors}".Trim());
        },
        printed => printed.Item2.Length > 0);

    private void WriteTemplate(params (string AppId, string Script)[] apps)
    {
        foreach (var (appId, _) in apps)
        {
            _folder.Folder(appId);
        }

        var entries = apps.Select(app => $"""
              - appID: {app.AppId}
                appDirPath: ./{app.AppId}
                command: [sh, -c, {JsonSerializer.Serialize(app.Script)}]
            """);
        _folder.File("dapr.yaml", $"version: 1\napps:\n{string.Join('\n', entries)}\n");
    }
}
