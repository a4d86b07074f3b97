using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text;
using DaprShop.Benchmarks.Load;

namespace DaprShop.Benchmarks.Sale;

/// <summary>A server that takes orders: the shop by one of its doors, a peer, or the limit.</summary>
internal interface IOrderTaker : IAsyncDisposable
{
    string Name { get; }

    int Port { get; }

    /// <summary>Where its buyers come in, each at the next one.</summary>
    IReadOnlyList<int> Entries => [Port];

    /// <summary>The processes that work for it, by name.</summary>
    IReadOnlyDictionary<string, int> Processes { get; }

    /// <summary>A new order of a new buyer.</summary>
    /// <param name="run">Names this run, so that no order of another one is met.</param>
    byte[] Request(string run, long number);

    /// <summary>Waits until what was accepted is worked off, and judges it.</summary>
    /// <param name="sample">Some of the accepted answers' bodies.</param>
    Task<Aftermath> SettleAsync(long accepted, IReadOnlyCollection<string> sample, TimeSpan patience);
}

/// <param name="Left">Accepted orders that were not worked off in time; null where nobody can tell.</param>
/// <param name="Oversold">Units promised beyond those there were; null where nobody can tell.</param>
/// <param name="Undersold">Units gone from the stock with no order; null where nobody can tell.</param>
/// <param name="Lost">Of the sample: accepted and not to be found.</param>
internal sealed record Aftermath(TimeSpan Drain, long? Left, long? Oversold, long? Undersold, int? Lost);

/// <param name="Refused">Answers other than 202, by status, those included that were followed by a repeat.</param>
/// <param name="Milliseconds">Of accepted orders, repeats included: p50, p90, p99, p99.9.</param>
/// <param name="CpuMicroseconds">Per accepted order, by process.</param>
/// <param name="Sustained">Accepted per second of run and drain together; null when the drain did not end.</param>
internal sealed record OrderRun(
    string Name,
    int Connections,
    double AcceptedPerSecond,
    double AnsweredPerSecond,
    IReadOnlyDictionary<int, long> Refused,
    IReadOnlyList<double> Milliseconds,
    IReadOnlyDictionary<string, double> CpuMicroseconds,
    double? Sustained,
    Aftermath Aftermath)
{
    public double TotalCpu => CpuMicroseconds.Values.Sum();
}

/// <summary>Buyers in a closed loop: each sends its next order when the last one is answered.</summary>
internal static class OrderLoad
{
    /// <summary>Of the accepted orders, one in so many is looked for afterwards.</summary>
    internal const int SampleEvery = 97;

    public static async Task<OrderRun> RunAsync(IOrderTaker taker, int connections, TimeSpan duration, TimeSpan drain)
    {
        var run = Guid.NewGuid().ToString("N")[..12];
        return await ConnectedAsync(taker, connections, open => RunAsync(taker, run, open, duration, drain));
    }

    /// <summary>Gives the buyers a connection each for as long as <paramref name="buy"/> runs.</summary>
    internal static async Task<T> ConnectedAsync<T>(IOrderTaker taker, int connections, Func<List<HttpConnection>, Task<T>> buy)
    {
        var open = new List<HttpConnection>(connections);
        try
        {
            for (var n = 0; n < connections; n++)
            {
                open.Add(await HttpConnection.OpenAsync(taker.Entries[n % taker.Entries.Count]));
            }

            return await buy(open);
        }
        finally
        {
            open.ForEach(connection => connection.Dispose());
        }
    }

    /// <param name="sorted">Ticks of the stopwatch, in order.</param>
    /// <returns>p50, p90, p99, p99.9.</returns>
    internal static IReadOnlyList<double> Milliseconds(long[] sorted) => [.. new[] { 0.5, 0.9, 0.99, 0.999 }.Select(part => At(sorted, part))];

    private static async Task<OrderRun> RunAsync(
        IOrderTaker taker, string run, List<HttpConnection> open, TimeSpan duration, TimeSpan drain)
    {
        long number = 0;
        var refused = new ConcurrentDictionary<int, long>();
        var ticks = new List<long>[open.Count];
        var sample = new ConcurrentQueue<string>();
        var cpuBefore = ProcessCpu.Read(taker.Processes);
        var started = Stopwatch.GetTimestamp();
        var end = started + (long)(duration.TotalSeconds * Stopwatch.Frequency);
        await Task.WhenAll(Enumerable.Range(0, open.Count).Select(worker => Task.Run(async () =>
        {
            var mine = ticks[worker] = [];
            for (var now = Stopwatch.GetTimestamp(); now < end;)
            {
                var mineNow = Interlocked.Increment(ref number);
                var answer = await Buyer.OrderAsync(
                    open[worker], taker.Request(run, mineNow), (status, _) => refused.AddOrUpdate(status, 1, (_, count) => count + 1));
                var then = Stopwatch.GetTimestamp();
                if (answer.Status == 202)
                {
                    mine.Add(then - now);
                    if (mineNow % SampleEvery == 0)
                    {
                        sample.Enqueue(Encoding.UTF8.GetString(answer.Body.Span));
                    }
                }

                now = then;
            }
        })));
        var elapsed = Stopwatch.GetElapsedTime(started);
        var cpu = ProcessCpu.Since(cpuBefore, taker.Processes);

        var sorted = ticks.SelectMany(mine => mine).Order().ToArray();
        var aftermath = await taker.SettleAsync(sorted.Length, sample, drain);
        return new OrderRun(
            taker.Name,
            open.Count,
            sorted.Length / elapsed.TotalSeconds,
            number / elapsed.TotalSeconds,
            refused,
            Milliseconds(sorted),
            cpu.ToDictionary(entry => entry.Key, entry => entry.Value.TotalMicroseconds / Math.Max(1, sorted.Length)),
            aftermath.Left is > 0 ? null : sorted.Length / (elapsed + aftermath.Drain).TotalSeconds,
            aftermath);
    }

    private static double At(long[] sorted, double part) => sorted.Length == 0
        ? double.NaN
        : sorted[Math.Min(sorted.Length - 1, (int)(sorted.Length * part))] * 1000.0 / Stopwatch.Frequency;
}
