using Sidecar.Cli;

namespace Sidecar.Launcher;

/// <summary><c>logs &lt;app&gt;</c>: the newest log file of an app.</summary>
internal static class LogsCommand
{
    private static readonly TimeSpan FollowPoll = TimeSpan.FromMilliseconds(200);

    private static readonly FlagSet Table = new(
        new Flag("run-file", FlagKind.Text, "the dapr.yaml of the app (default ./dapr.yaml)") { Short = "f" },
        new Flag("follow", FlagKind.Switch, "keep printing what is added, until Ctrl+C"),
        new Flag("help", FlagKind.Switch, "print this") { Short = "h" });

    public static async Task<int> RunAsync(IReadOnlyList<string> args)
    {
        var flags = Table.Parse(args);
        var usage = Usage.Of("sidecar logs <app> [-f dapr.yaml] [--follow]", Table);
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

        var (file, problem) = await FindAsync(flags.Text("run-file"), appId, signals.Stopping);
        if (file is null)
        {
            await Console.Error.WriteLineAsync($"error: {problem}");
            return ExitCode.Mistake;
        }

        await PrintAsync(file, flags.Switch("follow") == true, signals.Stopping);
        return ExitCode.Success;
    }

    /// <summary>The newest by name: the name holds the time the run began.</summary>
    internal static string? Newest(string appDirectory, string appId)
    {
        var folder = Path.Combine(appDirectory, ".dapr", "logs");
        return Directory.Exists(folder) ? Directory.EnumerateFiles(folder, $"{appId}_app_*.log").Max(StringComparer.Ordinal) : null;
    }

    private static async Task<(string? File, string Problem)> FindAsync(string? named, string appId, CancellationToken cancellationToken)
    {
        if (RunFile.Find(named, out var problem) is not { } runFile)
        {
            return (null, problem);
        }

        var loaded = RunTemplateLoader.Load(
            await runFile.ReadAsync(cancellationToken), runFile.Path, runFile.Directory, Environment.GetFolderPath(Environment.SpecialFolder.UserProfile));
        var apps = loaded.Template?.Apps ?? [];
        if (apps.FirstOrDefault(app => app.AppId == appId) is not { } found)
        {
            var ids = apps.Select(app => app.AppId).ToList();
            return (null, $"{ReadyBlock.Short(runFile.Path ?? "stdin")} has no app '{appId}'{Suggestion.For(appId, ids)} (it has {string.Join(", ", ids)})");
        }

        return Newest(found.Directory, appId) is { } file ? (file, "") : (null, $"{appId} has no log yet in {ReadyBlock.Short(found.Directory)}/.dapr/logs");
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
