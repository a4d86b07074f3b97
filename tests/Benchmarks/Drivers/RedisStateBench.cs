using System.Globalization;
using DaprShop.Benchmarks.Load;
using DaprShop.TestKit.Servers;
using Sidecar.Components.State;
using Sidecar.Components.State.Redis;
using StackExchange.Redis;

namespace DaprShop.Benchmarks.Drivers;

/// <summary>state.redis beside StackExchange.Redis, which is given the same commands and scripts to send.</summary>
internal sealed class RedisStateBench : IBench
{
    private const int Keys = 1000;
    private const int LargestConcurrency = 64;

    private static readonly RedisValue[] Fields = ["data", "version"];
    private static readonly string Kibibyte = $"\"{new string('x', 1022)}\"";
    private static readonly string Small = $"\"{new string('y', 98)}\"";

    private readonly RedisServer _server;
    private readonly ConnectionMultiplexer _raw;
    private readonly HostedDrivers _drivers = new();
    private readonly int[] _turns = new int[LargestConcurrency * 16];
    private readonly List<HttpConnection> _connections = [];
    private SidecarProcess _sidecar = null!;

    private RedisStateBench(RedisServer server, ConnectionMultiplexer raw) => (_server, _raw) = (server, raw);

    public IReadOnlyList<Scenario> Scenarios { get; private set; } = [];

    public static async Task<IBench> StartAsync()
    {
        var server = await RedisServer.StartAsync();
        var address = string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{server.Port}");
        var bench = new RedisStateBench(server, await ConnectionMultiplexer.ConnectAsync(address));
        await bench.PrepareAsync(("redisHost", address), ("redisPassword", ""));
        return bench;
    }

    public async ValueTask DisposeAsync()
    {
        _connections.ForEach(connection => connection.Dispose());
        await _sidecar.DisposeAsync();
        await _drivers.DisposeAsync();
        await _raw.CloseAsync();
        await _server.DisposeAsync();
    }

    private async Task PrepareAsync(params (string, string)[] metadata)
    {
        var driver = await _drivers.StartAsync<IStateStore>("state.redis", metadata);
        _sidecar = await SidecarProcess.StartAsync(appPort: null, Yaml.Component("statestore", "state.redis", metadata));
        for (var connection = 0; connection < LargestConcurrency; connection++)
        {
            _connections.Add(await HttpConnection.OpenAsync(_sidecar.HttpPort));
        }

        for (var key = 0; key < Keys; key++)
        {
            await driver.ApplyAsync(new StateSet($"bench||{key}", Bytes(Kibibyte)), CancellationToken.None);
        }

        Scenarios = [.. ((int[])[1, LargestConcurrency]).SelectMany(concurrency => (IEnumerable<Scenario>)
        [
            Get(driver, concurrency),
            Save(driver, concurrency),
            .. ((int[])[1, 16, 256]).Select(operations => Transaction(driver, operations, concurrency)),
        ])];
    }

    private Scenario Get(IStateStore driver, int concurrency)
    {
        var database = _raw.GetDatabase();
        var requests = Enumerable.Range(0, Keys).Select(key => HttpConnection.Request("GET", $"/v1.0/state/statestore/{key}")).ToArray();
        return Scene("get", concurrency,
            worker => database.HashGetAsync($"bench||{Next(worker)}", Fields),
            worker => driver.GetAsync($"bench||{Next(worker)}", CancellationToken.None),
            Next,
            requests);
    }

    private Scenario Save(IStateStore driver, int concurrency)
    {
        var database = _raw.GetDatabase();
        var data = Bytes(Kibibyte);
        var requests = Enumerable.Range(0, Keys)
            .Select(key => HttpConnection.Request("POST", "/v1.0/state/statestore", $$"""[{"key":"{{key}}","value":{{Kibibyte}}}]""")).ToArray();
        return Scene("save", concurrency,
            worker => database.ScriptEvaluateAsync(RedisStateCommands.SetScript.Text, [$"bench||{Next(worker)}"], ["0", data, "1"]),
            worker => driver.ApplyAsync(new StateSet($"bench||{Next(worker)}", data), CancellationToken.None),
            Next,
            requests);
    }

    private Scenario Transaction(IStateStore driver, int operations, int concurrency)
    {
        var database = _raw.GetDatabase();
        var data = Bytes(Small);
        var rawKeys = KeysOf(worker => $"bench||{worker}-");
        var requests = Enumerable.Range(0, concurrency)
            .Select(worker => HttpConnection.Request(
                "POST",
                "/v1.0/state/statestore/transaction",
                $$"""{"operations":[{{string.Join(',', Enumerable.Range(0, operations).Select(n => $$$"""{"operation":"upsert","request":{"key":"{{{worker}}}-{{{n}}}","value":{{{Small}}}}}"""))}}]}"""))
            .ToArray();
        return Scene(string.Create(CultureInfo.InvariantCulture, $"transaction of {operations}"), concurrency,
            async worker =>
            {
                var transaction = database.CreateTransaction();
                var results = rawKeys[worker].Select(key => transaction.ScriptEvaluateAsync(RedisStateCommands.SetScript.Text, [key], ["0", data, "1"])).ToArray();
                await transaction.ExecuteAsync();
                await Task.WhenAll(results);
            },
            worker => driver.TransactAsync([.. rawKeys[worker].Select(key => new StateSet(key, data))], CancellationToken.None),
            worker => worker,
            requests);

        string[][] KeysOf(Func<int, string> prefix) =>
            [.. Enumerable.Range(0, concurrency).Select(worker => Enumerable.Range(0, operations).Select(n => $"{prefix(worker)}{n}").ToArray())];
    }

    private Scenario Scene(string what, int concurrency, Func<int, Task> raw, Func<int, Task> driver, Func<int, int> next, byte[][] requests) => new(
        "state.redis",
        what,
        concurrency,
        [
            new Contender(Contender.Raw, raw),
            new Contender(Contender.Driver, driver),
            new Contender(Contender.Http, worker => _connections[worker].SendAsync(requests[next(worker)]), () => _sidecar.CpuTime),
        ]);

    /// <summary>Each worker walks over all keys; the padding keeps their counters off one another's cache lines.</summary>
    private int Next(int worker) => ((_turns[worker * 16]++ * 7) + (worker * 31)) % Keys;

    private static byte[] Bytes(string text) => System.Text.Encoding.UTF8.GetBytes(text);
}
