namespace Sidecar.Launcher;

/// <summary>What an exit code means, in words.</summary>
internal static class ExitDescription
{
    private const int SignalBase = 128;

    public static string Of(int exitCode, string command) => exitCode switch
    {
        ExecApp.CannotExecute => $"'{command}' could not be run",
        > SignalBase and < SignalBase + 32 => $"was ended by {Signal(exitCode - SignalBase)}",
        _ => $"ended with exit code {exitCode}",
    };

    private static string Signal(int number) => number switch
    {
        2 => "SIGINT",
        3 => "SIGQUIT",
        6 => "SIGABRT (an unhandled exception)",
        9 => "SIGKILL",
        11 => "SIGSEGV",
        15 => "SIGTERM",
        _ => $"signal {number}",
    };
}
