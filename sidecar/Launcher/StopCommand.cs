using Sidecar.Cli;

namespace Sidecar.Launcher;

/// <summary><c>stop -f dapr.yaml</c>: asks the launcher of that file to stop, and ends what a crash left behind.</summary>
internal static class StopCommand
{
    // The launcher stops everything within five seconds; after that it is not going to.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(8);

    private static readonly FlagSet Table = new(
        new Flag("run-file", FlagKind.Text, "the dapr.yaml that was started (default ./dapr.yaml)") { Short = "f" },
        new Flag("help", FlagKind.Switch, "print this") { Short = "h" });

    public static async Task<int> RunAsync(IReadOnlyList<string> args)
    {
        var flags = Table.Parse(args);
        if (await Verbs.SettleAsync(flags, Usage.Of("sidecar stop -f dapr.yaml", Table)) is { } settled)
        {
            return settled;
        }

        if (RunFile.Find(flags.Text("run-file"), out var problem) is not { } runFile)
        {
            await Console.Error.WriteLineAsync($"error: {problem}");
            return ExitCode.Mistake;
        }

        var file = RunRecord.FileOf(runFile);
        if (RunRecord.Read(file) is not { } record)
        {
            await Console.Out.WriteLineAsync("nothing of this file runs");
            return ExitCode.Success;
        }

        return await StopAsync(record, file, TimeProvider.System);
    }

    private static async Task<int> StopAsync(RunRecord record, string file, TimeProvider clock)
    {
        var launcher = record.Launcher;
        if (launcher.IsAlive)
        {
            SignalOne(launcher, PosixCalls.SignalTerminate);
            if (!await launcher.WaitUntilGoneAsync(Patience, clock))
            {
                await Console.Error.WriteLineAsync($"warning: the launcher (pid {launcher.Pid}) did not stop in {Patience.TotalSeconds:0} s and was killed");
                SignalOne(launcher, PosixCalls.SignalKill);
                await launcher.WaitUntilGoneAsync(Patience, clock);
            }
            else
            {
                await Console.Out.WriteLineAsync($"stopped {record.Name} (pid {launcher.Pid})");
            }
        }

        // The record is read again: an app may have been restarted since.
        var ended = await (RunRecord.Read(file) ?? record).EndAppsAsync(clock);
        if (ended.Count > 0)
        {
            await Console.Out.WriteLineAsync($"ended what was left behind: {string.Join(", ", ended.Select(app => $"{app.AppId} (pid {app.Process!.Pid})"))}");
        }

        File.Delete(file);
        return ExitCode.Success;
    }

    /// <summary>The launcher leads no group of its own: it may share one with the shell's pipeline it runs in.</summary>
    private static void SignalOne(ProcessIdentity process, int signal)
    {
        if (OperatingSystem.IsWindows())
        {
            process.SignalGroup(signal);
        }
        else if (process.IsAlive)
        {
            PosixCalls.Kill(process.Pid, signal);
        }
    }
}
