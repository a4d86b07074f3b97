using System.Globalization;

namespace Sidecar.Launcher;

/// <summary>
/// The trampoline an app is started through on Unix: it leads its own process group, asks the kernel to be killed with
/// the launcher, and then becomes the app. <c>System.Diagnostics.Process</c> can do neither, and tools that can
/// (setpriv, setsid) are missing on macOS and on small images.
/// </summary>
internal static class ExecApp
{
    public const string Verb = "exec-app";

    public const int CannotExecute = 126;
    private const int ParentIsGone = 125;

    /// <param name="args">The launcher's process id, then the command.</param>
    public static int Run(IReadOnlyList<string> args)
    {
        if (args.Count < 2 || !int.TryParse(args[0], CultureInfo.InvariantCulture, out var launcher) || OperatingSystem.IsWindows())
        {
            return Cli.ExitCode.Mistake;
        }

        PosixCalls.LeadOwnGroup();
        if (OperatingSystem.IsLinux())
        {
            PosixCalls.DieWithParent();
        }

        // The launcher may have died before the death signal was asked for.
        if (PosixCalls.ParentProcessId() != launcher)
        {
            return ParentIsGone;
        }

        string[] command = [.. args.Skip(1)];
        Console.Error.WriteLine($"cannot run '{command[0]}': {PosixCalls.Become(command)}");
        return CannotExecute;
    }
}
