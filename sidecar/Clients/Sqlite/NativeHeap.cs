using System.Runtime.InteropServices;

namespace Sidecar.Clients.Sqlite;

/// <summary>The heap of the C library, in which SQLite keeps its pages.</summary>
internal static class NativeHeap
{
    private const int TrimThreshold = -1;
    private const int MapThreshold = -3;
    private const int LargestOnHeap = 4 << 20;
    private const int KeptAtTop = 8 << 20;

    /// <summary>
    /// Keeps freed memory for the next use. A statement with a temporary table frees some hundred kilobytes when it ends, which
    /// glibc by default gives back to the kernel at once: every message then pays for system calls, flushes of address
    /// translations on all cores, and page faults on what comes back.
    /// </summary>
    public static void KeepFreed()
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        try
        {
            // Setting either ends glibc's own adjustment of both.
            _ = NativeTune(MapThreshold, LargestOnHeap);
            _ = NativeTune(TrimThreshold, KeptAtTop);
        }
        catch (EntryPointNotFoundException)
        {
            // Another C library, without this call and with habits of its own.
        }
    }

    [DllImport("libc", EntryPoint = "mallopt")]
    private static extern int NativeTune(int parameter, int value);
}
