using Sidecar.Infra;
using Sidecar.Launcher;

namespace Sidecar.Cli;

/// <summary>The first word of the command line decides.</summary>
internal static class Verbs
{
    public static readonly IReadOnlyList<string> Known = ["run", "daprd", "stop", "list", "logs", "trace", "infra", "help", "version"];

    public static async Task<int> RunAsync(IReadOnlyList<string> args)
    {
        string[] rest = [.. args.Skip(1)];
        switch (args.Count == 0 ? "" : args[0])
        {
            case "run":
                return await RunCommand.RunAsync(rest);
            case "daprd":
                return await DaprdCommand.RunAsync(rest);
            case "stop":
                return await StopCommand.RunAsync(rest);
            case "list":
                return await ListCommand.RunAsync(rest);
            case "logs":
                return await LogsCommand.RunAsync(rest);
            case "trace":
                return await TraceCommand.RunAsync(rest);
            case "infra":
                return await InfraCommand.RunAsync(rest);
            case "--help" or "-h" or "-help" or "help":
                await Console.Out.WriteLineAsync(Usage.All());
                return ExitCode.Success;
            case "--version" or "-v" or "version":
                await Console.Out.WriteLineAsync(ProductVersion.Line);
                return ExitCode.Success;
            case "":
                await Console.Error.WriteLineAsync(Usage.All());
                return ExitCode.Mistake;
            case var unknown:
                await Console.Error.WriteLineAsync($"error: unknown command '{unknown}'{Suggestion.For(unknown, Known)}\n\n{Usage.All()}");
                return ExitCode.Mistake;
        }
    }

    /// <summary>Deals with --help and mistakes; null: go on.</summary>
    public static async Task<int?> SettleAsync(ParsedFlags flags, string usage, int argumentsAllowed = 0)
    {
        if (flags.Switch("help") == true)
        {
            await Console.Out.WriteLineAsync(usage);
            return ExitCode.Success;
        }

        string[] mistakes = [.. flags.Errors, .. flags.Arguments.Skip(argumentsAllowed).Select(word => $"unexpected argument: {word}")];
        if (mistakes.Length == 0)
        {
            return null;
        }

        foreach (var mistake in mistakes)
        {
            await Console.Error.WriteLineAsync($"error: {mistake}");
        }

        await Console.Error.WriteLineAsync($"\n{usage}");
        return ExitCode.Mistake;
    }
}
