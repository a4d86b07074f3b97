using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using DaprShop.TestKit;
using DaprShop.TestKit.Servers;
using DaprShop.TestKit.Shop;

namespace DaprShop.Benchmarks.Sale;

/// <summary>The Go peer (Peers/README.md), on servers of its own: with its outbox in Redis, or with orders confirmed by RabbitMQ.</summary>
internal sealed class GoTaker : IOrderTaker
{
    private readonly Process _process;
    private readonly RedisServer _redis;
    private readonly RabbitMqServer? _rabbit;
    private long _accepted;

    private GoTaker(string name, Process process, RedisServer redis, RabbitMqServer? rabbit, int port) =>
        (Name, _process, _redis, _rabbit, Port) = (name, process, redis, rabbit, port);

    public string Name { get; }

    public int Port { get; }

    public IReadOnlyDictionary<string, int> Processes
    {
        get
        {
            var processes = new Dictionary<string, int> { ["go"] = _process.Id, ["redis"] = _redis.Pid };
            if (_rabbit is not null)
            {
                processes["rabbitmq"] = _rabbit.Pid;
            }

            return processes;
        }
    }

    /// <param name="mode">Of the peer: outbox or confirm.</param>
    public static async Task<GoTaker> StartAsync(string mode)
    {
        var target = Path.Combine(Checkout.Root, "artifacts", "peers");
        var build = await RunAsync(Path.Combine(Checkout.Root, "tests", "Benchmarks", "Peers", "go-seed", "build"), target);
        if (build != 0)
        {
            throw new InvalidOperationException("The Go peer was not built; its reasons stand above. Leave it out with --peers hello.");
        }

        var redis = await RedisServer.StartAsync();
        var address = string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{redis.Port}");
        await RunAsync("redis-cli", "-p", redis.Port.ToString(CultureInfo.InvariantCulture), "set", "stock:sku-001", "1000000000");
        var port = FreePorts.Take(1)[0];
        var rabbit = mode == "confirm" ? await RabbitMqServer.StartAsync() : null;
        string[] broker = rabbit is null ? [] : ["-amqp", string.Create(CultureInfo.InvariantCulture, $"amqp://guest:guest@127.0.0.1:{rabbit.Port}/")];
        string[] flags = ["-mode", mode, "-listen", $"127.0.0.1:{port}", "-redis", address, .. broker];
        var process = Process.Start(new ProcessStartInfo(Path.Combine(target, "go-seed"), flags) { RedirectStandardError = true })!;
        process.BeginErrorReadLine();
        await Ports.OpenAsync(port, process);
        return new GoTaker($"go-{mode}", process, redis, rabbit, port);
    }

    public byte[] Request(string run, long number) => PeerRequest.Of(run, number);

    public async Task<Aftermath> SettleAsync(long accepted, IReadOnlyCollection<string> sample, TimeSpan patience)
    {
        _accepted += accepted;
        using var http = new HttpClient();
        var started = Stopwatch.GetTimestamp();
        long left;
        do
        {
            var stat = JsonDocument.Parse(await http.GetStringAsync(new Uri($"http://127.0.0.1:{Port}/stat"))).RootElement;
            left = _accepted - stat.GetProperty("stored").GetInt64();
        }
        while (left > 0 && Stopwatch.GetElapsedTime(started) < patience);

        return new Aftermath(Stopwatch.GetElapsedTime(started), left, Oversold: null, Undersold: null, Lost: null);
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        await _redis.DisposeAsync();
        if (_rabbit is not null)
        {
            await _rabbit.DisposeAsync();
        }
    }

    private static async Task<int> RunAsync(string program, params string[] args)
    {
        using var process = Process.Start(new ProcessStartInfo(program, args))!;
        await process.WaitForExitAsync();
        return process.ExitCode;
    }
}
