using System.Diagnostics;

namespace DaprShop.Benchmarks.Sale;

/// <summary>CPU time of processes, over all their threads.</summary>
internal static class ProcessCpu
{
    public static IReadOnlyDictionary<string, TimeSpan> Read(IReadOnlyDictionary<string, int> processes) =>
        processes.ToDictionary(entry => entry.Key, entry => Of(entry.Value));

    public static IReadOnlyDictionary<string, TimeSpan> Since(IReadOnlyDictionary<string, TimeSpan> before, IReadOnlyDictionary<string, int> processes) =>
        processes.ToDictionary(entry => entry.Key, entry => Of(entry.Value) - before[entry.Key]);

    private static TimeSpan Of(int pid)
    {
        using var process = Process.GetProcessById(pid);
        return process.TotalProcessorTime;
    }
}
