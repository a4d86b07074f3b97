using Sidecar.Cli;
using Sidecar.Launcher;

namespace Sidecar.Infra;

/// <summary><c>infra up|down|status|install</c>: the servers behind the component sets, for development and tests.</summary>
internal static class InfraCommand
{
    private const string LockName = "infra.lock";

    private const string NeedsLinux =
        "infra starts servers as Debian and npm package them and needs Linux (on Windows: WSL); elsewhere start servers of your own and name their addresses in the component files";

    public static async Task<int> RunAsync(IReadOnlyList<string> args)
    {
        var parsed = InfraFlags.Table.Parse(args);
        if (parsed.Switch("help") == true)
        {
            await Console.Out.WriteLineAsync(Usage.Infra());
            return ExitCode.Success;
        }

        using var signals = new StopSignals();
        using var console = LaunchConsole.For(parsed.Switch("json") == true, TimeProvider.System);
        var mistakes = new List<string>();
        if (InfraFlags.Read(parsed, Environment.CurrentDirectory, mistakes) is not { } flags)
        {
            foreach (var mistake in mistakes)
            {
                await Console.Error.WriteLineAsync($"error: {mistake}");
            }

            await Console.Error.WriteLineAsync($"\n{Usage.Infra()}");
            return ExitCode.Mistake;
        }

        var output = new InfraOutput(console, flags.Json ? Console.Out : null);
        if (!OperatingSystem.IsLinux())
        {
            return output.Refuse(ExitCode.NotReady, [Problem(flags, NeedsLinux)]);
        }

        try
        {
            return await RunAsync(flags, output, signals.Stopping);
        }
        catch (OperationCanceledException) when (signals.Stopping.IsCancellationRequested)
        {
            console.Info("interrupted; what this command had started was stopped again");
            return ExitCode.Success;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return output.Refuse(ExitCode.NotReady, [Problem(flags, exception.Message)]);
        }
    }

    private static async Task<int> RunAsync(InfraFlags flags, InfraOutput output, CancellationToken stopping)
    {
        var folder = Path.Combine(flags.DataDirectory, "infra");
        ServerLife[] lives = [.. flags.Servers.Select(server => new ServerLife(server, folder, TimeProvider.System))];
        switch (flags.Action)
        {
            case "status":
                return await InfraStatus.RunAsync(lives, output, stopping);
            case "install":
                return await new InfraUp(lives, flags, output).InstallAsync(stopping);
            case "down":
                return await DownAsync(lives, folder, flags, output);
            default:
                var code = await InTurnAsync(folder, flags, output, () => new InfraUp(lives, flags, output).RunAsync(stopping), stopping);
                if (code != ExitCode.Success || !flags.Attached)
                {
                    return code;
                }

                await UntilReleasedAsync(stopping);
                return await DownAsync(lives, folder, flags, output);
        }
    }

    private static Task<int> DownAsync(ServerLife[] lives, string folder, InfraFlags flags, InfraOutput output) =>
        !Directory.Exists(folder)
            ? InfraDown.RunAsync(lives, folder, flags.Purge, output)
            : InTurnAsync(
                folder,
                flags,
                output,
                async () =>
                {
                    var code = await InfraDown.RunAsync(lives, folder, flags.Purge, output);
                    if (flags.Purge)
                    {
                        InfraDown.RemoveEmpty(folder, Path.Combine(folder, LockName));
                    }

                    return code;
                },
                CancellationToken.None);

    /// <summary>Two commands at once would start one server twice on the same data.</summary>
    private static async Task<int> InTurnAsync(
        string folder, InfraFlags flags, InfraOutput output, Func<Task<int>> work, CancellationToken stopping)
    {
        using var turn = await FileTurn.TakeAsync(Path.Combine(folder, LockName), TimeProvider.System, stopping);
        return turn is not null
            ? await work()
            : output.Refuse(ExitCode.NotReady, [Problem(flags, $"another infra command has been at work in {folder} for {FileTurn.Patience.TotalMinutes:0} minutes")]);
    }

    private static InfraProblem Problem(InfraFlags flags, string reason) => new(flags.Servers.Count > 0 ? flags.Servers[^1].Name : flags.Tools[^1].Name, reason);

    /// <summary>Whoever holds the other end of standard input may die without a word; the system then closes it.</summary>
    private static async Task UntilReleasedAsync(CancellationToken stopping)
    {
        await using var input = Console.OpenStandardInput();
        var buffer = new byte[256];
        var ended = Task.Run(async () =>
        {
            while (await input.ReadAsync(buffer, CancellationToken.None) > 0)
            {
            }
        }, CancellationToken.None);
        await Task.WhenAny(ended, Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, stopping));
    }
}
