using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using DaprShop.TestKit.Shop;

namespace DaprShop.Benchmarks.Sale;

/// <summary>The flash sale, measured on real processes beside what somebody would build by hand.</summary>
internal static class SaleBench
{
    internal const int Plenty = 100_000_000;

    // Whoever accepted nothing has no percentile.
    private static readonly JsonSerializerOptions Figures = new(JsonSerializerDefaults.Web) { NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals };

    public static async Task AcceptAsync(SaleOptions options)
    {
        Console.WriteLine($"{Machine()}; set {options.Set}; {options.Skus} SKU; backlog cap {options.Backlog}; load: bench's own closed loop on the same cores");
        var takers = await StartAsync(options, Plenty);
        try
        {
            await WarmAsync(takers, options);
            var runs = new List<OrderRun>();
            foreach (var connections in options.Connections)
            {
                for (var run = 0; run < options.Runs; run++)
                {
                    foreach (var taker in takers)
                    {
                        runs.Add(await OrderLoad.RunAsync(taker, connections, options.Seconds, options.Drain));
                        Console.Error.WriteLine(Line(runs[^1]));
                    }
                }
            }

            var medians = runs.GroupBy(run => (run.Name, run.Connections)).Select(group => Median([.. group])).ToList();
            Print(medians);
            await WriteAsync(options, runs, medians);
        }
        finally
        {
            await EndAsync(takers);
        }
    }

    public static async Task SoldOutAsync(SaleOptions options)
    {
        var units = options.Units ?? 20_000;
        Console.WriteLine($"{Machine()}; set {options.Set}; {units} units");
        await using var shop = await ShopTaker.StartShopAsync(options.Set, options.Backlog);
        foreach (var door in options.Doors)
        {
            await using var taker = await ShopTaker.OpenAsync(shop, $"shop ({door})", door == "gateway", options.Skus, units, ownsShop: false);
            long accepted = 0;
            OrderRun run;
            do
            {
                run = await OrderLoad.RunAsync(taker, options.Connections[0], options.Seconds, TimeSpan.Zero);
                accepted += (long)Math.Round(run.AcceptedPerSecond * options.Seconds.TotalSeconds);
                Console.Error.WriteLine(Line(run));
            }
            while (run.AcceptedPerSecond > 0);

            var aftermath = run.Aftermath;
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{taker.Name}: sold out; {run.AnsweredPerSecond:#,0} refusals/s ({string.Join(", ", run.Refused.Select(entry => $"{entry.Key}: {entry.Value:#,0}"))}), oversold {aftermath.Oversold}, undersold {aftermath.Undersold}"));
        }
    }

    /// <summary>Places a number of orders at once and waits until every one of them is Confirmed.</summary>
    public static async Task TailAsync(SaleOptions options)
    {
        var orders = options.Orders ?? 2000;
        Console.WriteLine($"{Machine()}; set {options.Set}; {orders} orders, tok_ok");
        await using var shop = await ShopTaker.StartShopAsync(options.Set, options.Backlog);
        await using var taker = await ShopTaker.OpenAsync(shop, "shop", throughGateway: false, options.Skus, Plenty, ownsShop: false);
        for (var run = 0; run <= options.Runs; run++)
        {
            var name = Guid.NewGuid().ToString("N")[..12];
            long number = 0;
            var cpu = ProcessCpu.Read(taker.Processes);
            var started = Stopwatch.GetTimestamp();
            await Task.WhenAll(Enumerable.Range(0, 64).Select(async _ =>
            {
                using var connection = await Load.HttpConnection.OpenAsync(taker.Port);
                for (var mine = Interlocked.Increment(ref number); mine <= orders; mine = Interlocked.Increment(ref number))
                {
                    await connection.SendAsync(taker.Request(name, mine));
                }
            }));
            var placed = Stopwatch.GetElapsedTime(started);
            var aftermath = await taker.SettleAsync(orders, [], TimeSpan.FromHours(1));
            var took = Stopwatch.GetElapsedTime(started);
            var used = ProcessCpu.Since(cpu, taker.Processes);
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{(run == 0 ? "warm-up" : $"run {run}")}: placed in {placed.TotalSeconds:0.0} s, all Confirmed after {took.TotalSeconds:0.0} s: {orders / took.TotalSeconds:0} orders/s sustained; CPU ms per order: {string.Join(", ", used.OrderByDescending(entry => entry.Value).Where(entry => entry.Value.TotalMilliseconds / orders >= 0.1).Select(entry => $"{entry.Key} {entry.Value.TotalMilliseconds / orders:0.0}"))}; oversold {aftermath.Oversold}, undersold {aftermath.Undersold}"));
        }
    }

    private static async Task<List<IOrderTaker>> StartAsync(SaleOptions options, long units)
    {
        var takers = new List<IOrderTaker>();
        try
        {
            foreach (var peer in options.Peers)
            {
                takers.Add(peer == "hello" ? await HelloTaker.StartAsync() : await GoTaker.StartAsync(peer["go-".Length..]));
            }

            var shop = options.Doors.Count == 0 ? null : await ShopTaker.StartShopAsync(options.Set, options.Backlog);
            foreach (var (n, door) in options.Doors.Index())
            {
                takers.Add(await ShopTaker.OpenAsync(shop!, $"shop ({door})", door == "gateway", options.Skus, units, ownsShop: n == 0));
            }
        }
        catch
        {
            await EndAsync(takers);
            throw;
        }

        return takers;
    }

    private static async Task EndAsync(List<IOrderTaker> takers)
    {
        // The first door of a shop owns it: it goes last.
        foreach (var taker in Enumerable.Reverse(takers))
        {
            await taker.DisposeAsync();
        }
    }

    /// <summary>Compilers and pools of every contender have done their work before the first measurement.</summary>
    private static async Task WarmAsync(List<IOrderTaker> takers, SaleOptions options)
    {
        foreach (var taker in takers.Where(_ => options.Warm > TimeSpan.Zero))
        {
            Console.Error.WriteLine($"warm-up: {Line(await OrderLoad.RunAsync(taker, options.Connections[^1], options.Warm, options.Drain))}");
        }
    }

    private static void Print(List<OrderRun> medians)
    {
        Console.WriteLine("| target | c | accepted/s | of go-outbox | of hello | p50 / p90 / p99 / p99.9 ms | CPU us per order | sustained/s | oversold / undersold / lost |");
        Console.WriteLine("|---|--:|--:|--:|--:|---|--:|--:|---|");
        foreach (var run in medians)
        {
            var beside = medians.Where(other => other.Connections == run.Connections).ToList();
            var sustained = run.Sustained is { } rate ? rate.ToString("#,0", CultureInfo.InvariantCulture) : "backlog left";
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"| {run.Name} | {run.Connections} | {run.AcceptedPerSecond:#,0} | {Ratio(run, beside.Find(other => other.Name == "go-outbox"))} | {Ratio(run, beside.Find(other => other.Name.StartsWith("hello", StringComparison.Ordinal)))} | {Latencies(run.Milliseconds)} | {run.TotalCpu:0} ({Cpu(run.CpuMicroseconds)}) | {sustained} | {Known(run.Aftermath.Oversold)} / {Known(run.Aftermath.Undersold)} / {Known(run.Aftermath.Lost)} |"));
        }
    }

    internal static string Line(OrderRun run) => string.Create(
        CultureInfo.InvariantCulture,
        $"{run.Name} c={run.Connections}: {run.AcceptedPerSecond:#,0} accepted/s, p50 {run.Milliseconds[0]:0.0} p99 {run.Milliseconds[2]:0.0} ms, {run.TotalCpu:0} us, refused {run.Refused.Values.Sum()}, left {Known(run.Aftermath.Left)}, oversold {Known(run.Aftermath.Oversold)}, undersold {Known(run.Aftermath.Undersold)}, lost {Known(run.Aftermath.Lost)}");

    internal static string Cpu(IReadOnlyDictionary<string, double> microseconds) => string.Join(", ", microseconds
        .Where(entry => entry.Value >= 0.5)
        .OrderByDescending(entry => entry.Value)
        .Select(entry => string.Create(CultureInfo.InvariantCulture, $"{entry.Key} {entry.Value:0}")));

    internal static string Row(params IEnumerable<string> cells) => $"| {string.Join(" | ", cells)} |";

    internal static string Count(double value) => value.ToString("#,0", CultureInfo.InvariantCulture);

    internal static string Latencies(IReadOnlyList<double> milliseconds) =>
        string.Join(" / ", milliseconds.Select(ms => ms.ToString("0.0", CultureInfo.InvariantCulture)));

    internal static Task WriteJsonAsync<T>(string file, T figures) => File.WriteAllTextAsync(file, JsonSerializer.Serialize(figures, Figures));

    private static string Ratio(OrderRun run, OrderRun? other) =>
        other is null ? "-" : string.Create(CultureInfo.InvariantCulture, $"{run.AcceptedPerSecond / other.AcceptedPerSecond:0.00}");

    internal static string Known(long? value) => value?.ToString(CultureInfo.InvariantCulture) ?? "-";

    internal static OrderRun Median(List<OrderRun> runs)
    {
        var sorted = runs.OrderBy(run => run.AcceptedPerSecond).ToList();
        return sorted[sorted.Count / 2] with
        {
            // A fault in any run is a fault of the contender.
            Aftermath = new Aftermath(
                sorted[sorted.Count / 2].Aftermath.Drain,
                runs.Max(run => run.Aftermath.Left),
                runs.Max(run => run.Aftermath.Oversold),
                runs.Max(run => run.Aftermath.Undersold),
                runs.Max(run => run.Aftermath.Lost)),
        };
    }

    private static async Task WriteAsync(SaleOptions options, List<OrderRun> runs, List<OrderRun> medians)
    {
        if (options.Json is { } json)
        {
            await WriteJsonAsync(json, new { Machine = Machine(), options, Medians = medians, Runs = runs });
        }

        if (options.Svg is { } svg)
        {
            await File.WriteAllTextAsync(svg, Bars.Draw(
                $"Orders accepted per second, {medians[^1].Connections} buyers at once",
                [.. medians.Where(run => run.Connections == medians[^1].Connections).Select(run => (run.Name, run.AcceptedPerSecond))],
                name => name.StartsWith("shop", StringComparison.Ordinal)));
        }
    }

    internal static string Machine() => string.Create(
        CultureInfo.InvariantCulture, $"{Environment.ProcessorCount} cores, {System.Runtime.InteropServices.RuntimeInformation.OSDescription}, .NET {Environment.Version}");
}
