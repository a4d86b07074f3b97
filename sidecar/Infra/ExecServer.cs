using System.Globalization;
using Microsoft.Win32.SafeHandles;
using Sidecar.Cli;
using Sidecar.Launcher;

namespace Sidecar.Infra;

/// <summary>
/// The trampoline a server is started through: it leads a session of its own, so that the server outlives the command, its
/// terminal and whoever waits for the end of the command's output, writes into a file, and then becomes the server.
/// </summary>
internal static class ExecServer
{
    public const string Verb = "exec-server";

    /// <param name="args">The log file, then the command.</param>
    public static int Run(IReadOnlyList<string> args)
    {
        if (args.Count < 2 || !OperatingSystem.IsLinux())
        {
            return ExitCode.Mistake;
        }

        PosixCalls.LeadOwnSession();
        using var nothing = File.OpenHandle("/dev/null");
        using var log = File.OpenHandle(args[0], FileMode.Create, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete);
        PosixCalls.Redirect(DescriptorOf(nothing), 0);
        PosixCalls.Redirect(DescriptorOf(log), 1);
        PosixCalls.Redirect(DescriptorOf(log), 2);
        PosixCalls.KeepOnlyStandardStreams();
        string[] command = [.. args.Skip(1)];
        Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"cannot run '{command[0]}': {PosixCalls.Become(command)}"));
        return ExecApp.CannotExecute;
    }

    private static int DescriptorOf(SafeFileHandle handle) => (int)handle.DangerousGetHandle();
}
