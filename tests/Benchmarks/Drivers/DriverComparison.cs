using System.Globalization;
using System.Text.Json;
using DaprShop.Benchmarks.Load;

namespace DaprShop.Benchmarks.Drivers;

/// <summary>Each driver beside the raw client of the same server, and Dapr's HTTP API in front of it, in one run.</summary>
internal static class DriverComparison
{
    private static readonly Dictionary<string, Func<Task<IBench>>> Benches = new()
    {
        ["state.redis"] = RedisStateBench.StartAsync,
        ["pubsub.redis"] = PubSubBench.StartRedisAsync,
        ["pubsub.rabbitmq"] = PubSubBench.StartRabbitMqAsync,
        ["pubsub.kafka"] = PubSubBench.StartKafkaAsync,
    };

    public static IReadOnlyCollection<string> Components => Benches.Keys;

    /// <param name="components">Empty: all.</param>
    /// <param name="runs">Of each figure; they take turns, and the median counts.</param>
    /// <param name="file">Null, or where the figures are written to as JSON.</param>
    public static async Task RunAsync(IReadOnlyCollection<string> components, TimeSpan duration, int runs, string? file)
    {
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{Environment.ProcessorCount} cores, {runs} runs of {duration.TotalSeconds} s each, medians\n"));
        Console.WriteLine("| component | operation | c | raw/s | p50 / p99 ms | driver/s | of raw | p50 / p99 ms | HTTP/s | of raw | p50 / p99 ms | sidecar CPU us |");
        Console.WriteLine("|---|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|");
        var figures = new List<object>();
        foreach (var (component, startAsync) in Benches.Where(bench => components.Count == 0 || components.Contains(bench.Key)))
        {
            await using var bench = await startAsync();
            foreach (var scenario in bench.Scenarios)
            {
                var measured = await MeasureAsync(scenario, duration, runs);
                Console.WriteLine(Row(scenario, measured));
                figures.AddRange(measured.Select(entry => new { component, scenario.What, scenario.Concurrency, Contender = entry.Key, Figures = entry.Value }));
            }
        }

        if (file is not null)
        {
            await File.WriteAllTextAsync(file, JsonSerializer.Serialize(figures, JsonSerializerOptions.Web));
        }
    }

    private static async Task<Dictionary<string, Measured>> MeasureAsync(Scenario scenario, TimeSpan duration, int runs)
    {
        var all = scenario.Contenders.ToDictionary(contender => contender.Name, _ => new List<Measured>());
        foreach (var contender in scenario.Contenders)
        {
            // The compiler and the pools get theirs before anything counts.
            await contender.MeasureAsync(scenario.Concurrency, duration / 2);
        }

        for (var run = 0; run < runs; run++)
        {
            foreach (var contender in scenario.Contenders)
            {
                await (scenario.Clean?.Invoke() ?? Task.CompletedTask);
                all[contender.Name].Add(await contender.MeasureAsync(scenario.Concurrency, duration));
            }
        }

        return all.ToDictionary(entry => entry.Key, entry => Measured.MedianOf(entry.Value));
    }

    private static string Row(Scenario scenario, Dictionary<string, Measured> measured)
    {
        var raw = measured[Contender.Raw];
        var cells = new List<string> { scenario.Component, scenario.What, $"{scenario.Concurrency}", Number(raw.PerSecond), Latency(raw) };
        foreach (var name in (string[])[Contender.Driver, Contender.Http])
        {
            cells.AddRange(measured.TryGetValue(name, out var figures)
                ? [Number(figures.PerSecond), Percent(figures.PerSecond / raw.PerSecond), Latency(figures)]
                : ["", "", ""]);
        }

        cells.Add(measured.TryGetValue(Contender.Http, out var http) ? Number(http.CpuMicroseconds!.Value) : "");
        return $"| {string.Join(" | ", cells)} |";
    }

    private static string Number(double value) => value.ToString("#,0", CultureInfo.InvariantCulture);

    private static string Percent(double ratio) => string.Create(CultureInfo.InvariantCulture, $"{ratio * 100:0} %");

    private static string Latency(Measured figures) => string.Create(CultureInfo.InvariantCulture, $"{figures.P50:0.00} / {figures.P99:0.0}");
}
