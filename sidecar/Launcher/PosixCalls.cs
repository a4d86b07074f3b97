using System.Globalization;
using System.Runtime.InteropServices;

namespace Sidecar.Launcher;

/// <summary>The system calls that .NET does not offer. Nothing here may be called on Windows.</summary>
internal static class PosixCalls
{
    public const int SignalTerminate = 15;
    public const int SignalKill = 9;

    /// <summary>Linux's number.</summary>
    public const int SignalContinue = 18;
    private const int SignalPipe = 13;
    private const int DeathSignal = 1;
    private const int SetDescriptorFlags = 2;
    private const int CloseOnExecute = 1;

    /// <summary>To one process, or with a negative id to its whole group. False: there is nobody (any more).</summary>
    public static bool Kill(int processId, int signal) => NativeKill(processId, signal) == 0;

    /// <summary>The calling process leads a new group, so that a terminal's Ctrl+C does not reach it behind the launcher's back.</summary>
    public static void LeadOwnGroup() => _ = NativeSetProcessGroup(0, 0);

    /// <summary>The calling process leads a session without a terminal: neither its Ctrl+C nor its end reaches it.</summary>
    public static void LeadOwnSession() => _ = NativeSetSession();

    /// <summary>Makes a descriptor mean the same file as another; it stays open across exec.</summary>
    public static void Redirect(int from, int to) => _ = NativeDuplicate(from, to);

    /// <summary>Linux only: no descriptor but standard input, output and error survives exec.</summary>
    public static void KeepOnlyStandardStreams()
    {
        foreach (var entry in Directory.EnumerateFileSystemEntries("/proc/self/fd"))
        {
            if (int.TryParse(Path.GetFileName(entry), CultureInfo.InvariantCulture, out var descriptor) && descriptor > 2)
            {
                _ = NativeControl(descriptor, SetDescriptorFlags, CloseOnExecute);
            }
        }
    }

    /// <summary>Linux only: the kernel kills the calling process when the thread that started it ends.</summary>
    public static void DieWithParent() => _ = NativeProcessControl(DeathSignal, SignalKill, 0, 0, 0);

    public static int ParentProcessId() => NativeParentProcessId();

    /// <summary>Becomes the command; returns only when that failed, with the reason.</summary>
    public static string Become(IReadOnlyList<string> command)
    {
        // .NET ignores SIGPIPE and an ignored signal stays ignored across exec; the app shall start with the default.
        _ = NativeSignal(SignalPipe, 0);
        _ = NativeExecute(command[0], [.. command, null]);
        return Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError());
    }

    [DllImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static extern int NativeKill(int processId, int signal);

    [DllImport("libc", EntryPoint = "setpgid", SetLastError = true)]
    private static extern int NativeSetProcessGroup(int processId, int group);

    [DllImport("libc", EntryPoint = "setsid", SetLastError = true)]
    private static extern int NativeSetSession();

    [DllImport("libc", EntryPoint = "dup2", SetLastError = true)]
    private static extern int NativeDuplicate(int from, int to);

    [DllImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    private static extern int NativeControl(int descriptor, int command, nint argument);

    [DllImport("libc", EntryPoint = "prctl", SetLastError = true)]
    private static extern int NativeProcessControl(int option, nuint argument2, nuint argument3, nuint argument4, nuint argument5);

    [DllImport("libc", EntryPoint = "getppid")]
    private static extern int NativeParentProcessId();

    [DllImport("libc", EntryPoint = "signal")]
    private static extern nint NativeSignal(int signal, nint handler);

    // LPStr is UTF-8 on Unix; an array of LPUTF8Str cannot be marshalled.
    [DllImport("libc", EntryPoint = "execvp", SetLastError = true)]
    private static extern int NativeExecute(
        [MarshalAs(UnmanagedType.LPStr)] string file,
        [MarshalAs(UnmanagedType.LPArray, ArraySubType = UnmanagedType.LPStr)] string?[] arguments);
}
