using System.Globalization;
using Sidecar.Cli;

namespace Sidecar.Launcher;

/// <summary><c>logs &lt;app&gt;</c>: the newest log file of an app.</summary>
internal static class LogsCommand
{
    private static readonly TimeSpan FollowPoll = TimeSpan.FromMilliseconds(200);

    private static readonly FlagSet Table = new(
        new Flag("run-file", FlagKind.Text, "the dapr.yaml of the app (default ./dapr.yaml)") { Short = "f" },
        new Flag("replica", FlagKind.Number, "which one of several entries of this app id, from 1 on in the order of the file (default 1)"),
        new Flag("follow", FlagKind.Switch, "keep printing what is added, until Ctrl+C"),
        new Flag("help", FlagKind.Switch, "print this") { Short = "h" });

    public static async Task<int> RunAsync(IReadOnlyList<string> args)
    {
        var flags = Table.Parse(args);
        var usage = Usage.Of("sidecar logs <app> [-f dapr.yaml] [--replica N] [--follow]", Table);
        if (await Verbs.SettleAsync(flags, usage, argumentsAllowed: 1) is { } settled)
        {
            return settled;
        }

        using var signals = new StopSignals();
        if (flags.Arguments is not [var appId])
        {
            await Console.Error.WriteLineAsync($"error: name an app\n\n{usage}");
            return ExitCode.Mistake;
        }

        var (file, problem) = await FindAsync(flags.Text("run-file"), appId, flags.Number("replica") ?? 1, signals.Stopping);
        if (file is null)
        {
            await Console.Error.WriteLineAsync($"error: {problem}");
            return ExitCode.Mistake;
        }

        await PrintAsync(file, flags.Switch("follow") == true, signals.Stopping);
        return ExitCode.Success;
    }

    /// <summary>The newest by name: the name holds the time the run began.</summary>
    internal static string? Newest(string appDirectory, string appId, int replica = 1)
    {
        var folder = Path.Combine(appDirectory, ".dapr", "logs");
        var time = new string('?', LaunchPlan.StampLength);
        var suffix = replica == 1 ? "" : string.Create(CultureInfo.InvariantCulture, $"_{replica}");
        return Directory.Exists(folder) ? Directory.EnumerateFiles(folder, $"{appId}_app_{time}{suffix}.log").Max(StringComparer.Ordinal) : null;
    }

    private static async Task<(string? File, string Problem)> FindAsync(string? named, string appId, int replica, CancellationToken cancellationToken)
    {
        if (RunFile.Find(named, out var problem) is not { } runFile)
        {
            return (null, problem);
        }

        var loaded = RunTemplateLoader.Load(
            await runFile.ReadAsync(cancellationToken), runFile.Path, runFile.Directory, Environment.GetFolderPath(Environment.SpecialFolder.UserProfile));
        var apps = loaded.Template?.Apps ?? [];
        var replicas = apps.Where(app => app.AppId == appId).ToList();
        if (replicas.Count > 0 && (replica < 1 || replica > replicas.Count))
        {
            return (null, string.Create(CultureInfo.InvariantCulture, $"--replica {replica}: {appId} has {replicas.Count}, from 1 on"));
        }

        if (replicas.Count == 0)
        {
            var ids = apps.Select(app => app.AppId).ToList();
            return (null, $"{ReadyBlock.Short(runFile.Path ?? "stdin")} has no app '{appId}'{Suggestion.For(appId, ids)} (it has {string.Join(", ", ids)})");
        }

        var found = replicas[replica - 1];
        return Newest(found.Directory, appId, replica) is { } file ? (file, "") : (null, $"{appId} has no log yet in {ReadyBlock.Short(found.Directory)}/.dapr/logs");
    }

    private static async Task PrintAsync(string file, bool follow, CancellationToken stopping)
    {
        await using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        await using var output = Console.OpenStandardOutput();
        try
        {
            await stream.CopyToAsync(output, stopping);
            while (follow)
            {
                await Task.Delay(FollowPoll, TimeProvider.System, stopping);
                await stream.CopyToAsync(output, stopping);
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            await output.FlushAsync(CancellationToken.None);
        }
    }
}
