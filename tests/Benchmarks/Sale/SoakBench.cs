using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace DaprShop.Benchmarks.Sale;

/// <param name="Accepted">Orders, from the first one of the run to the last one of this slice.</param>
/// <param name="Milliseconds">Of the slice's orders: p50, p90, p99, p99.9.</param>
/// <param name="Memory">Resident MiB at the slice's end, by process.</param>
internal sealed record SoakSlice(long Accepted, double AcceptedPerSecond, IReadOnlyList<double> Milliseconds, IReadOnlyDictionary<string, long> Memory);

/// <summary>
/// Very many orders in one run, far more than the sagas work off meanwhile: whether the answers slow down as the backlog grows, and what each waiting order
/// takes of memory.
/// </summary>
internal static class SoakBench
{
    private const int Slices = 10;

    public static async Task RunAsync(SaleOptions options)
    {
        var orders = options.Orders ?? 1_000_000;
        var connections = options.Connections[^1];
        Console.WriteLine(
            $"{SaleBench.Machine()}; set {options.Set}; {SaleBench.Count(orders)} orders in one run, {connections} buyers at once; backlog cap {SaleBench.Count(options.Backlog)}");
        await using var shop = await ShopTaker.StartShopAsync(options.Set, options.Backlog);
        await using var taker = await ShopTaker.OpenAsync(
            shop, "shop", options.Doors[0] == "gateway", options.Skus, SaleBench.Plenty, ownsShop: false);
        if (options.Warm > TimeSpan.Zero)
        {
            Console.Error.WriteLine($"warm-up: {SaleBench.Line(await OrderLoad.RunAsync(taker, connections, options.Warm, TimeSpan.Zero))}");
        }

        var (slices, refused, aftermath) = await SoakAsync(taker, connections, orders);
        Print(slices, [.. taker.Processes.Keys]);
        Console.WriteLine(
            $"refused {SaleBench.Count(refused)}, waiting for their sagas {SaleBench.Known(aftermath.Left)}, oversold {SaleBench.Known(aftermath.Oversold)}, undersold {SaleBench.Known(aftermath.Undersold)}, lost {SaleBench.Known(aftermath.Lost)}");
        if (options.Json is { } json)
        {
            await SaleBench.WriteJsonAsync(json, new { Machine = SaleBench.Machine(), options, Slices = slices, Refused = refused, Aftermath = aftermath });
        }
    }

    private static async Task<(List<SoakSlice> Slices, long Refused, Aftermath Aftermath)> SoakAsync(ShopTaker taker, int connections, int orders)
    {
        var run = Guid.NewGuid().ToString("N")[..12];
        var sample = new List<string>();
        var slices = new List<SoakSlice>();
        long number = 0;
        long refused = 0;
        long accepted = 0;
        await OrderLoad.ConnectedAsync(taker, connections, async open =>
        {
            for (var slice = 1; slice <= Slices; slice++)
            {
                var last = (long)orders * slice / Slices;
                var ticks = new List<long>[connections];
                var started = Stopwatch.GetTimestamp();
                await Task.WhenAll(open.Select((connection, worker) => Task.Run(async () =>
                {
                    var mine = ticks[worker] = [];
                    var now = Stopwatch.GetTimestamp();
                    for (var order = Interlocked.Increment(ref number); order <= last; order = Interlocked.Increment(ref number))
                    {
                        var answer = await Buyer.OrderAsync(connection, taker.Request(run, order), (_, _) => Interlocked.Increment(ref refused));
                        var then = Stopwatch.GetTimestamp();
                        if (answer.Status == 202)
                        {
                            mine.Add(then - now);
                            if (order % (OrderLoad.SampleEvery * 100) == 0)
                            {
                                lock (sample)
                                {
                                    sample.Add(Encoding.UTF8.GetString(answer.Body.Span));
                                }
                            }
                        }

                        now = then;
                    }
                })));

                // Each buyer took a number beyond the slice before it stopped: the next slice begins with them.
                number = last;
                var took = Stopwatch.GetElapsedTime(started);
                var sorted = ticks.SelectMany(mine => mine).Order().ToArray();
                accepted += sorted.Length;
                slices.Add(new SoakSlice(accepted, sorted.Length / took.TotalSeconds, OrderLoad.Milliseconds(sorted), ResidentMemory(taker)));
                Console.Error.WriteLine(string.Create(
                    CultureInfo.InvariantCulture, $"{accepted:#,0} accepted: {slices[^1].AcceptedPerSecond:#,0}/s, {SaleBench.Latencies(slices[^1].Milliseconds)} ms"));
            }

            return slices;
        });
        return (slices, refused, await taker.SettleAsync(accepted, sample, TimeSpan.Zero));
    }

    private static Dictionary<string, long> ResidentMemory(ShopTaker taker) => taker.Processes.ToDictionary(
        entry => entry.Key,
        entry =>
        {
            using var process = Process.GetProcessById(entry.Value);
            return process.WorkingSet64 >> 20;
        });

    private static void Print(List<SoakSlice> slices, IReadOnlyList<string> processes)
    {
        Console.WriteLine(SaleBench.Row(["accepted", "accepted/s", "p50 / p90 / p99 / p99.9 ms", .. processes.Select(process => $"{process} MiB")]));
        Console.WriteLine(SaleBench.Row(["--:", "--:", "---", .. processes.Select(_ => "--:")]));
        foreach (var slice in slices)
        {
            Console.WriteLine(SaleBench.Row(
            [
                SaleBench.Count(slice.Accepted),
                SaleBench.Count(slice.AcceptedPerSecond),
                SaleBench.Latencies(slice.Milliseconds),
                .. processes.Select(process => SaleBench.Count(slice.Memory[process])),
            ]));
        }
    }
}
