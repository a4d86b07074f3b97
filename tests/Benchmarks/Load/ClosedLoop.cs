using System.Diagnostics;

namespace DaprShop.Benchmarks.Load;

/// <summary>Workers that each do one operation after the other, as fast as they are answered.</summary>
internal static class ClosedLoop
{
    /// <param name="operation">Given the number of its worker, which holds a connection or key space of its own.</param>
    public static async Task<Measured> RunAsync(int workers, TimeSpan duration, Func<int, Task> operation)
    {
        var ticks = new List<long>[workers];
        var started = Stopwatch.GetTimestamp();
        var end = started + (long)(duration.TotalSeconds * Stopwatch.Frequency);
        await Task.WhenAll(Enumerable.Range(0, workers).Select(worker => Task.Run(async () =>
        {
            var mine = ticks[worker] = new List<long>(1 << 16);
            for (var now = Stopwatch.GetTimestamp(); now < end;)
            {
                await operation(worker);
                var then = Stopwatch.GetTimestamp();
                mine.Add(then - now);
                now = then;
            }
        })));
        return Measured.Of(Stopwatch.GetElapsedTime(started), ticks.SelectMany(mine => mine));
    }
}
