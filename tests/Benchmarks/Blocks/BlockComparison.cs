using System.Globalization;
using System.Text.Json;
using DaprShop.Benchmarks.Drivers;
using DaprShop.Benchmarks.Load;
using DaprShop.TestKit.Shop;

namespace DaprShop.Benchmarks.Blocks;

/// <summary>The building blocks through sidecars of their own processes; where the app can be called directly, beside that call in the same run.</summary>
internal static class BlockComparison
{
    private const int LargestConcurrency = 64;

    private static readonly int[] Concurrencies = [1, LargestConcurrency];

    /// <param name="runs">Of each figure; they take turns, and the median counts.</param>
    /// <param name="soak">How long the last one goes on, with the sidecar's memory; zero: not at all.</param>
    /// <param name="only">Of the blocks beside the direct call, those whose name holds it.</param>
    /// <param name="file">Null, or where the figures are written to as JSON.</param>
    public static async Task RunAsync(TimeSpan duration, int runs, TimeSpan soak, string only, string? file)
    {
        var arrivals = new Arrivals();
        var ports = FreePorts.Take(2);
        await using var app = await BenchApp.StartAsync(ports[0], arrivals);
        string[] resources =
        [
            Yaml.Component("statestore", "state.in-memory", ("actorStateStore", "true")),
            Yaml.Component("pubsub", "pubsub.in-memory"), Yaml.Subscription("events", "/events"),
        ];
        await using var callee = await SidecarProcess.StartAsync("callee", app.Port, resources);
        await using var caller = await SidecarProcess.StartAsync("caller", null);
        await using var launcher = await SidecarProcess.StartLauncherAsync(
            "caller", ports[1], "dotnet", typeof(BlockComparison).Assembly.Location, "app", ports[1].ToString(CultureInfo.InvariantCulture));
        await using var durable = await SidecarProcess.StartAsync(
            "durable", null, Yaml.Component("statestore", "state.sqlite", ("connectionString", "state.db"), ("actorStateStore", "true")));
        await using var inMemory = await BenchApp.WorkAsync(callee);
        await using var onSqlite = await BenchApp.WorkAsync(durable);

        using var direct = await Connections.OpenAsync(ports[1]);
        using var toCaller = await Connections.OpenAsync(caller.HttpPort);
        using var toLauncher = await Connections.OpenAsync(launcher.HttpPort);
        using var toCallee = await Connections.OpenAsync(callee.HttpPort);
        await toCallee.SendAsync(0, HttpConnection.Request("POST", "/v1.0/state/statestore", $$"""[{"key":"k","value":"{{new string('x', 1024)}}"}]"""));

        var invoke = HttpConnection.Request("GET", "/v1.0/invoke/callee/method/m");
        var get = HttpConnection.Request("GET", "/v1.0/state/statestore/k");
        var plain = HttpConnection.Request("GET", "/m");
        Block[] all =
        [
            new("call the app directly", worker => direct.SendAsync(worker, plain), () => TimeSpan.Zero),
            new("invoke, two sidecars of one launcher", worker => toLauncher.SendAsync(worker, invoke), () => launcher.CpuTime),
            new("invoke, two daprd processes", worker => toCaller.SendAsync(worker, invoke), () => caller.CpuTime + callee.CpuTime),
            new("state get, in-memory, 1 KiB", worker => toCallee.SendAsync(worker, get), () => callee.CpuTime),
            new("publish to handler, in-memory", worker => arrivals.RoundTripAsync(text => toCallee.SendAsync(worker, HttpConnection.Request("POST", "/v1.0/publish/pubsub/events", text))), () => callee.CpuTime),
            new("actor call", worker => toCallee.SendAsync(worker, HttpConnection.Request("PUT", $"/v1.0/actors/bench/{worker}/method/m")), () => callee.CpuTime),
            new("workflow of 3 activities, in-memory", _ => inMemory.RunOneAsync(), () => callee.CpuTime),
            new("workflow of 3 activities, SQLite with fsync", _ => onSqlite.RunOneAsync(), () => durable.CpuTime),
        ];

        var blocks = all.Where((block, n) => n == 0 || block.What.Contains(only, StringComparison.OrdinalIgnoreCase)).ToList();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{Environment.ProcessorCount} cores, {runs} runs of {duration.TotalSeconds} s each, medians\n"));
        Console.WriteLine("| operation | c | /s | of direct | p50 / p99 ms | sidecars' CPU us |");
        Console.WriteLine("|---|--:|--:|--:|--:|--:|");
        var figures = new List<object>();
        foreach (var concurrency in Concurrencies)
        {
            var measured = await MeasureAsync(blocks, concurrency, duration, runs);
            foreach (var block in blocks)
            {
                Console.WriteLine(Row(block.What, concurrency, measured[block.What], measured[blocks[0].What]));
                figures.Add(new { block.What, Concurrency = concurrency, Figures = measured[block.What] });
            }
        }

        if (file is not null)
        {
            await File.WriteAllTextAsync(file, JsonSerializer.Serialize(figures, JsonSerializerOptions.Web));
        }

        if (soak > TimeSpan.Zero)
        {
            await SoakAsync(blocks, callee, soak);
        }
    }

    private static async Task<Dictionary<string, Measured>> MeasureAsync(IReadOnlyList<Block> blocks, int concurrency, TimeSpan duration, int runs)
    {
        var contenders = blocks.Select(block => new Contender(block.What, block.Operation, block.CpuTime)).ToList();
        foreach (var contender in contenders)
        {
            await contender.MeasureAsync(concurrency, duration / 2);
        }

        var all = contenders.ToDictionary(contender => contender.Name, _ => new List<Measured>());
        for (var run = 0; run < runs; run++)
        {
            foreach (var contender in contenders)
            {
                all[contender.Name].Add(await contender.MeasureAsync(concurrency, duration));
            }
        }

        return all.ToDictionary(entry => entry.Key, entry => Measured.MedianOf(entry.Value));
    }

    // Everything but the workflows, whose histories an in-memory store keeps on purpose.
    private static async Task SoakAsync(IReadOnlyList<Block> blocks, SidecarProcess sidecar, TimeSpan length)
    {
        Console.WriteLine("\n| soak, minute | /s | resident MiB |");
        Console.WriteLine("|--:|--:|--:|");
        var mixed = blocks.Where(block => !block.What.StartsWith("workflow", StringComparison.Ordinal)).ToList();
        for (var minute = 0; minute < length.TotalMinutes; minute++)
        {
            var next = 0;
            var measured = await ClosedLoop.RunAsync(
                LargestConcurrency, TimeSpan.FromMinutes(1), worker => mixed[(int)((uint)Interlocked.Increment(ref next) % mixed.Count)].Operation(worker));
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {minute + 1} | {measured.PerSecond:#,0} | {sidecar.ResidentBytes / 1048576.0:0} |"));
        }
    }

    private static string Row(string what, int concurrency, Measured measured, Measured direct) => string.Create(
        CultureInfo.InvariantCulture,
        $"| {what} | {concurrency} | {measured.PerSecond:#,0} | {measured.PerSecond / direct.PerSecond * 100:0} % | {measured.P50:0.00} / {measured.P99:0.0} | {measured.CpuMicroseconds:#,0} |");

    private sealed record Block(string What, Func<int, Task> Operation, Func<TimeSpan> CpuTime);

    private sealed class Connections : IDisposable
    {
        private readonly List<HttpConnection> _connections = [];

        public static async Task<Connections> OpenAsync(int port)
        {
            var connections = new Connections();
            for (var worker = 0; worker < LargestConcurrency; worker++)
            {
                connections._connections.Add(await HttpConnection.OpenAsync(port));
            }

            return connections;
        }

        public Task SendAsync(int worker, byte[] request) => _connections[worker].SendAsync(request);

        public void Dispose() => _connections.ForEach(connection => connection.Dispose());
    }
}
