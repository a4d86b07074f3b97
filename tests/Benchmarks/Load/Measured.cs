using System.Diagnostics;

namespace DaprShop.Benchmarks.Load;

/// <param name="Operations">Completed.</param>
/// <param name="PerSecond">Of these.</param>
/// <param name="P50">Milliseconds.</param>
/// <param name="P99">Milliseconds.</param>
/// <param name="CpuMicroseconds">Of the process under test, per operation; null where it is this one.</param>
internal sealed record Measured(double Operations, double PerSecond, double P50, double P99, double? CpuMicroseconds = null)
{
    public static Measured Of(TimeSpan elapsed, IEnumerable<long> ticks)
    {
        var sorted = ticks.ToArray();
        Array.Sort(sorted);
        return new Measured(sorted.Length, sorted.Length / elapsed.TotalSeconds, At(0.50), At(0.99));

        double At(double part) => sorted.Length == 0
            ? double.NaN
            : sorted[Math.Min(sorted.Length - 1, (int)(sorted.Length * part))] * 1000.0 / Stopwatch.Frequency;
    }

    /// <summary>Each figure's own median.</summary>
    public static Measured MedianOf(IReadOnlyList<Measured> runs) => new(
        Median(runs.Select(run => run.Operations)),
        Median(runs.Select(run => run.PerSecond)),
        Median(runs.Select(run => run.P50)),
        Median(runs.Select(run => run.P99)),
        runs[0].CpuMicroseconds is null ? null : Median(runs.Select(run => run.CpuMicroseconds!.Value)));

    private static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }
}
