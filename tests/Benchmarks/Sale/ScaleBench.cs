using System.Globalization;

namespace DaprShop.Benchmarks.Sale;

/// <param name="Replicas">Processes of order and of inventory each.</param>
/// <param name="Strategy">Null: the shop's own.</param>
/// <param name="Run">Named after the others.</param>
internal sealed record ScalePoint(int Replicas, int Buckets, string? Strategy, string Door, OrderRun Run);

/// <summary>What more processes, and a stock in more parts, do for the orders that are accepted.</summary>
internal static class ScaleBench
{
    public static async Task RunAsync(SaleOptions options)
    {
        var connections = options.Connections[0];
        Console.WriteLine($"{SaleBench.Machine()}; set {options.Set}; {options.Skus} SKU, {connections} buyers at once; load: bench's own closed loop on the same cores");
        var runs = new List<ScalePoint>();
        foreach (var replicas in options.Replicas)
        {
            runs.AddRange(await RunAsync(options, replicas, connections));
        }

        var medians = runs
            .GroupBy(point => point.Run.Name)
            .Select(group => group.First() with { Run = SaleBench.Median([.. group.Select(point => point.Run)]) })
            .ToList();
        Print(medians);
        if (options.Json is { } json)
        {
            await SaleBench.WriteJsonAsync(json, new { Machine = SaleBench.Machine(), options, Medians = medians, Runs = runs });
        }

        if (options.Svg is { } svg)
        {
            await File.WriteAllTextAsync(svg, Bars.Draw(
                string.Create(CultureInfo.InvariantCulture, $"Orders accepted per second by replicas and buckets, {connections} buyers at once"),
                [.. medians.Select(point => (point.Run.Name, point.Run.AcceptedPerSecond))],
                _ => true));
        }
    }

    private static async Task<List<ScalePoint>> RunAsync(SaleOptions options, int replicas, int connections)
    {
        List<string?> strategies = [.. options.Strategies.Cast<string?>().DefaultIfEmpty(null)];
        await using var shop = await ShopTaker.StartShopAsync(
            options.Set, options.Backlog, new Dictionary<string, int> { ["order"] = replicas, ["inventory"] = replicas });
        var points = new List<ScalePoint>();
        var takers = new List<(string? Strategy, int Buckets, string Door, ShopTaker Taker)>();
        try
        {
            var places = from strategy in strategies from buckets in options.Buckets from door in options.Doors select (strategy, buckets, door);
            foreach (var (strategy, buckets, door) in places)
            {
                var place = string.Create(CultureInfo.InvariantCulture, $"r{replicas} b{buckets}");
                var name = string.Join(' ', new[] { place, strategy, door == "gateway" ? door : null }.OfType<string>());
                (string?, int)? wanted = strategy is null && buckets == 1 ? null : (strategy, buckets);
                var taker = await ShopTaker.OpenAsync(shop, name, door == "gateway", options.Skus, SaleBench.Plenty, ownsShop: false, wanted);
                takers.Add((strategy, buckets, door, taker));
            }

            // One is enough for the compilers; every replica has its part of the order logs by the end of it.
            if (options.Warm > TimeSpan.Zero)
            {
                Console.Error.WriteLine($"warm-up: {SaleBench.Line(await OrderLoad.RunAsync(takers[0].Taker, connections, options.Warm, options.Drain))}");
            }

            for (var run = 0; run < options.Runs; run++)
            {
                foreach (var (strategy, buckets, door, taker) in takers)
                {
                    var measured = await OrderLoad.RunAsync(taker, connections, options.Seconds, options.Drain);
                    points.Add(new ScalePoint(replicas, buckets, strategy, door, measured));
                    Console.Error.WriteLine(SaleBench.Line(points[^1].Run));
                }
            }
        }
        finally
        {
            foreach (var (_, _, _, taker) in takers)
            {
                await taker.DisposeAsync();
            }
        }

        return points;
    }

    private static void Print(List<ScalePoint> medians)
    {
        Console.WriteLine(
            "| replicas | buckets | strategy | door | accepted/s | of first | p50 / p90 / p99 / p99.9 ms | refused | CPU us per order | oversold / undersold / lost |");
        Console.WriteLine("|--:|--:|---|---|--:|--:|---|--:|--:|---|");
        foreach (var (replicas, buckets, strategy, door, run) in medians)
        {
            Console.WriteLine(SaleBench.Row(
                SaleBench.Count(replicas),
                SaleBench.Count(buckets),
                strategy ?? "the shop's own",
                door,
                SaleBench.Count(run.AcceptedPerSecond),
                (run.AcceptedPerSecond / medians[0].Run.AcceptedPerSecond).ToString("0.00", CultureInfo.InvariantCulture),
                SaleBench.Latencies(run.Milliseconds),
                SaleBench.Count(run.Refused.Values.Sum()),
                $"{SaleBench.Count(run.TotalCpu)} ({SaleBench.Cpu(run.CpuMicroseconds)})",
                $"{SaleBench.Known(run.Aftermath.Oversold)} / {SaleBench.Known(run.Aftermath.Undersold)} / {SaleBench.Known(run.Aftermath.Lost)}"));
        }
    }
}
