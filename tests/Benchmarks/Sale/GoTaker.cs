using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using DaprShop.TestKit;
using DaprShop.TestKit.Servers;
using DaprShop.TestKit.Shop;

namespace DaprShop.Benchmarks.Sale;

/// <summary>The Go peer with its outbox in Redis (Peers/README.md), on a Redis of its own.</summary>
internal sealed class GoTaker : IOrderTaker
{
    private readonly Process _process;
    private readonly RedisServer _redis;
    private long _accepted;

    private GoTaker(Process process, RedisServer redis, int port) => (_process, _redis, Port) = (process, redis, port);

    public string Name => "go-outbox";

    public int Port { get; }

    public IReadOnlyDictionary<string, int> Processes => new Dictionary<string, int> { ["go"] = _process.Id, ["redis"] = _redis.Pid };

    public static async Task<GoTaker> StartAsync()
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
        string[] flags = ["-mode", "outbox", "-listen", $"127.0.0.1:{port}", "-redis", address];
        var process = Process.Start(new ProcessStartInfo(Path.Combine(target, "go-seed"), flags) { RedirectStandardError = true })!;
        process.BeginErrorReadLine();
        await Ports.OpenAsync(port, process);
        return new GoTaker(process, redis, port);
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
    }

    private static async Task<int> RunAsync(string program, params string[] args)
    {
        using var process = Process.Start(new ProcessStartInfo(program, args))!;
        await process.WaitForExitAsync();
        return process.ExitCode;
    }
}
