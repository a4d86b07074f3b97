using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace DaprShop.Benchmarks.Sale;

/// <param name="Asked">Orders that the buyers wanted, one unit each.</param>
/// <param name="AcceptedPerSecond">From the start to the last acceptance.</param>
/// <param name="Refused">Answers other than 202 by status and problem, repeats included.</param>
/// <param name="Milliseconds">Of accepted orders, repeats included: p50, p90, p99, p99.9.</param>
/// <param name="CpuMicroseconds">Per accepted order until the last unit was sold, by process.</param>
internal sealed record SellOutRun(
    string Name,
    int Connections,
    long Units,
    long Asked,
    long Accepted,
    double AcceptedPerSecond,
    IReadOnlyDictionary<string, long> Refused,
    IReadOnlyList<double> Milliseconds,
    IReadOnlyDictionary<string, double> CpuMicroseconds,
    Aftermath Aftermath)
{
    /// <summary>Promised beyond what there was, by the answers or by the books, whichever is worse.</summary>
    public long Oversold => Math.Max(Math.Max(0, Accepted - Units), Aftermath.Oversold ?? 0);

    /// <summary>Promised to nobody though buyers were refused, by the answers or by the books, whichever is worse.</summary>
    public long Undersold => Math.Max(Math.Max(0, Units - Accepted), Aftermath.Undersold ?? 0);
}

/// <summary>Buyers in a closed loop who together want several times what there is.</summary>
internal static class SellOutLoad
{
    public static Task<SellOutRun> RunAsync(IOrderTaker taker, int connections, long units, int demand, TimeSpan drain) => OrderLoad.ConnectedAsync(
        taker, connections, open => RunAsync(taker, open, units, units * demand, drain));

    private static async Task<SellOutRun> RunAsync(IOrderTaker taker, List<Load.HttpConnection> open, long units, long asked, TimeSpan drain)
    {
        var run = Guid.NewGuid().ToString("N")[..12];
        var (number, accepted) = (0L, 0L);
        var refused = new ConcurrentDictionary<string, long>(StringComparer.Ordinal);
        var sample = new ConcurrentQueue<string>();
        var ticks = new List<long>[open.Count];
        var lastAccepted = new long[open.Count];
        IReadOnlyDictionary<string, TimeSpan>? soldOutAfter = null;
        var cpuBefore = ProcessCpu.Read(taker.Processes);
        var started = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, open.Count).Select(worker => Task.Run(async () =>
        {
            var mine = ticks[worker] = [];
            for (var order = Interlocked.Increment(ref number); order <= asked; order = Interlocked.Increment(ref number))
            {
                var request = taker.Request(run, order);
                var began = Stopwatch.GetTimestamp();
                var answer = await Buyer.OrderAsync(open[worker], request, Count);
                if (answer.Status != 202)
                {
                    continue;
                }

                lastAccepted[worker] = Stopwatch.GetTimestamp();
                mine.Add(lastAccepted[worker] - began);
                if (order % OrderLoad.SampleEvery == 0)
                {
                    sample.Enqueue(Encoding.UTF8.GetString(answer.Body.Span));
                }

                if (Interlocked.Increment(ref accepted) == units)
                {
                    soldOutAfter = ProcessCpu.Since(cpuBefore, taker.Processes);
                }
            }
        })));

        var cpu = soldOutAfter ?? ProcessCpu.Since(cpuBefore, taker.Processes);
        var elapsed = Stopwatch.GetElapsedTime(started, Math.Max(started, lastAccepted.Max()));
        return new SellOutRun(
            taker.Name,
            open.Count,
            units,
            asked,
            accepted,
            accepted == 0 ? 0 : accepted / elapsed.TotalSeconds,
            refused,
            OrderLoad.Milliseconds([.. ticks.SelectMany(mine => mine).Order()]),
            cpu.ToDictionary(entry => entry.Key, entry => entry.Value.TotalMicroseconds / Math.Max(1, Math.Min(accepted, units))),
            await taker.SettleAsync(accepted, sample, drain));

        void Count(int status, ReadOnlyMemory<byte> body) => refused.AddOrUpdate(KindOf(status, body.Span), 1, (_, count) => count + 1);
    }

    private static string KindOf(int status, ReadOnlySpan<byte> body)
    {
        var problem = "urn:daprshop:problem:"u8;
        var at = body.IndexOf(problem);
        var name = at < 0 ? [] : body[(at + problem.Length)..];
        var end = name.IndexOf((byte)'"');
        return end < 0
            ? status.ToString(CultureInfo.InvariantCulture)
            : string.Create(CultureInfo.InvariantCulture, $"{status} {Encoding.ASCII.GetString(name[..end])}");
    }
}
