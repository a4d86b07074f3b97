using System.Globalization;
using DaprShop.TestKit.Shop;

namespace DaprShop.Benchmarks.Sale;

/// <summary>The strategies of a stock side by side, each with units of its own, until they are sold out; and what happens without any.</summary>
internal static class RaceBench
{
    public const string Naive = "naive";

    private const int Units = 2000;
    private const int WarmUnits = 200;

    public static readonly IReadOnlyList<string> Contenders = ["group-commit", "etag", "lock", "actor", Naive];

    public static async Task RunAsync(SaleOptions options)
    {
        var units = options.Units ?? Units;
        var connections = options.Connections[0];
        var contenders = options.Strategies.Count > 0 ? options.Strategies : Contenders;
        Console.WriteLine($"{SaleBench.Machine()}; set {options.Set}; load: bench's own on the same cores");
        Console.WriteLine($"{units} units, {options.Demand} times as many orders, {connections} buyers at once");
        await using var shop = await ShopTaker.StartShopAsync(options.Set, options.Backlog);
        if (options.Warm > TimeSpan.Zero)
        {
            foreach (var contender in contenders)
            {
                Console.Error.WriteLine($"warm-up: {Line(await RunAsync(shop, contender, Math.Min(units, WarmUnits), connections, options))}");
            }
        }

        var runs = new List<SellOutRun>();
        for (var run = 0; run < options.Runs; run++)
        {
            foreach (var contender in contenders)
            {
                runs.Add(await RunAsync(shop, contender, units, connections, options));
                Console.Error.WriteLine(Line(runs[^1]));
            }
        }

        var medians = runs.GroupBy(run => run.Name).Select(group => Median([.. group])).ToList();
        Print(medians);
        if (options.Json is { } json)
        {
            await SaleBench.WriteJsonAsync(json, new { Machine = SaleBench.Machine(), options, Medians = medians, Runs = runs });
        }

        if (options.Svg is { } svg)
        {
            await File.WriteAllTextAsync(svg, Bars.Draw(
                string.Create(CultureInfo.InvariantCulture, $"Orders accepted per second until {units:#,0} units are sold out, {connections} buyers at once"),
                [.. medians.Select(run => (run.Oversold > 0 ? $"{run.Name} (OVERSOLD)" : run.Name, run.AcceptedPerSecond))],
                name => !name.StartsWith(Naive, StringComparison.Ordinal)));
        }
    }

    /// <summary>Its sagas are over when it returns, so that they are not in the next one's way.</summary>
    private static async Task<SellOutRun> RunAsync(RunningShop shop, string contender, long units, int connections, SaleOptions options)
    {
        await using IOrderTaker taker = contender == Naive
            ? await NaiveTaker.StartAsync(shop, units)
            : await ShopTaker.OpenAsync(shop, contender, throughGateway: false, skus: 1, units, ownsShop: false, (contender, Buckets: 1));
        return await SellOutLoad.RunAsync(taker, connections, units, options.Demand, options.Drain);
    }

    private static SellOutRun Median(List<SellOutRun> runs)
    {
        var sorted = runs.OrderBy(run => run.AcceptedPerSecond).ToList();
        var median = sorted[sorted.Count / 2];
        return median with
        {
            // A fault in any run is a fault of the contender.
            Aftermath = new Aftermath(
                median.Aftermath.Drain,
                runs.Max(run => run.Aftermath.Left),
                runs.Max(run => run.Oversold),
                runs.Max(run => run.Undersold),
                runs.Max(run => run.Aftermath.Lost)),
        };
    }

    private static void Print(List<SellOutRun> medians)
    {
        Console.WriteLine("| strategy | accepted | accepted/s | p50 / p90 / p99 / p99.9 ms | refused | CPU us per order | oversold | undersold | lost |");
        Console.WriteLine("|---|--:|--:|---|---|--:|--:|--:|--:|");
        foreach (var run in medians)
        {
            Console.WriteLine(SaleBench.Row(
                run.Name,
                SaleBench.Count(run.Accepted),
                SaleBench.Count(run.AcceptedPerSecond),
                SaleBench.Latencies(run.Milliseconds),
                Refusals(run),
                $"{SaleBench.Count(run.CpuMicroseconds.Values.Sum())} ({SaleBench.Cpu(run.CpuMicroseconds)})",
                Oversold(run),
                SaleBench.Count(run.Undersold),
                SaleBench.Known(run.Aftermath.Lost)));
        }
    }

    private static string Line(SellOutRun run) => string.Join(", ", string.Create(
        CultureInfo.InvariantCulture,
        $"{run.Name}: {run.Accepted:#,0} of {run.Units:#,0} accepted, {run.AcceptedPerSecond:#,0}/s, p50 {run.Milliseconds[0]:0.0} p99 {run.Milliseconds[2]:0.0} ms"),
        $"refused {Refusals(run)}",
        string.Create(CultureInfo.InvariantCulture, $"left {SaleBench.Known(run.Aftermath.Left)} after {run.Aftermath.Drain.TotalSeconds:0} s"),
        $"oversold {Oversold(run)}, undersold {run.Undersold}, lost {SaleBench.Known(run.Aftermath.Lost)}");

    private static string Oversold(SellOutRun run) => run.Oversold > 0 ? string.Create(CultureInfo.InvariantCulture, $"OVERSOLD {run.Oversold:#,0}") : "0";

    private static string Refusals(SellOutRun run) => string.Join(", ", run.Refused
        .OrderByDescending(entry => entry.Value)
        .Select(entry => string.Create(CultureInfo.InvariantCulture, $"{entry.Key}: {entry.Value:#,0}"))
        .DefaultIfEmpty("none"));
}
