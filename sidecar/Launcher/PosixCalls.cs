using System.Runtime.InteropServices;

namespace Sidecar.Launcher;

/// <summary>The system calls that .NET does not offer. Nothing here may be called on Windows.</summary>
internal static class PosixCalls
{
    public const int SignalTerminate = 15;
    public const int SignalKill = 9;
    private const int SignalPipe = 13;
    private const int DeathSignal = 1;

    /// <summary>To one process, or with a negative id to its whole group. False: there is nobody (any more).</summary>
    public static bool Kill(int processId, int signal) => NativeKill(processId, signal) == 0;

    /// <summary>The calling process leads a new group, so that a terminal's Ctrl+C does not reach it behind the launcher's back.</summary>
    public static void LeadOwnGroup() => _ = NativeSetProcessGroup(0, 0);

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
