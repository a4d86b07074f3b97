using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using DaprShop.TestKit.Shop;

namespace DaprShop.Benchmarks.Sale;

/// <summary>The whole shop as it runs for anybody, by one of two doors: the order service's own port, or the gateway with sign-in.</summary>
internal sealed class ShopTaker : IOrderTaker
{
    private const string AppToken = "the token of a benchmark";
    private const int Buyers = 64;

    private readonly RunningShop _shop;
    private readonly ShopClient _operator;
    private readonly IReadOnlyList<byte[]> _heads;
    private readonly IReadOnlyList<string> _skus;
    private readonly double[] _weights;
    private readonly bool _ownsShop;
    private long _before;

    private ShopTaker(
        string name, RunningShop shop, IReadOnlyList<int> entries, ShopClient @operator, IReadOnlyList<byte[]> heads, IReadOnlyList<string> skus, bool ownsShop)
    {
        (Name, _shop, Entries, _operator, _heads, _skus, _ownsShop) = (name, shop, entries, @operator, heads, skus, ownsShop);
        _weights = Zipf(skus.Count);
    }

    public string Name { get; }

    public int Port => Entries[0];

    /// <summary>The gateway's port, or those of all replicas of the order service.</summary>
    public IReadOnlyList<int> Entries { get; }

    public IReadOnlyDictionary<string, int> Processes => _shop.Pids
        .Concat(_shop.ServerPids)
        .Append(KeyValuePair.Create("sidecars", _shop.LauncherPid))
        .ToDictionary(entry => entry.Key, entry => entry.Value);

    /// <param name="set">The component set: redis or embedded.</param>
    /// <param name="backlog">Accepted orders that may wait for their sagas.</param>
    /// <param name="replicas">Processes of an app, by its id.</param>
    public static Task<RunningShop> StartShopAsync(string set, int backlog, IReadOnlyDictionary<string, int>? replicas = null) => RunningShop.StartAsync(
        new Dictionary<string, IReadOnlyDictionary<string, string>>
        {
            ["order"] = new Dictionary<string, string>
            {
                ["Intake__MaxBacklog"] = backlog.ToString(CultureInfo.InvariantCulture),
                // Sagas wait for their turn here, not for their money.
                ["Payment__Window"] = "00:30:00",
            },
        },
        new Dictionary<string, string> { ["APP_API_TOKEN"] = AppToken },
        stack: set,
        replicas: replicas);

    /// <param name="skus">How many products buyers want; more than one is wanted by Zipf's law with exponent 1.1.</param>
    /// <param name="units">Of each.</param>
    /// <param name="strategy">How concurrent reservations meet, and over how many buckets; null: as the shop does by itself.</param>
    public static async Task<ShopTaker> OpenAsync(
        RunningShop shop, string name, bool throughGateway, int skus, long units, bool ownsShop, (string? Name, int Buckets)? strategy = null)
    {
        var @operator = await ShopClient.SignInAsync(shop.Gateway, "operator-1");
        if (throughGateway)
        {
            // What is measured is the shop, by a crowd of few users: the gateway follows during the warm-up.
            await EnsureAsync(@operator.PutAsync(
                "/api/v1/ops/settings", new { edge = new { requestsPerSecond = 100_000, burst = 1_000_000, concurrentRequests = 100_000 } }));
        }

        var names = new List<string>();
        for (var n = 0; n < skus; n++)
        {
            var sku = $"BENCH-{Guid.NewGuid().ToString("N")[..8].ToUpperInvariant()}";
            await EnsureAsync(@operator.PutAsync(
                $"/api/v1/products/{sku}",
                new { name = sku, brand = "Bench", category = "bench", price = new { amount = 100, currency = "CNY" }, description = "Sold by benchmarks" }));
            await EnsureAsync(@operator.PutAsync($"/api/v1/stock/{sku}", Stock(units, strategy)));
            names.Add(sku);
        }

        var heads = new List<byte[]>();
        for (var n = 1; throughGateway && n <= Buyers; n++)
        {
            using var buyer = await ShopClient.SignInAsync(shop.Gateway, $"shopper-{n}");
            heads.Add(Encoding.ASCII.GetBytes($"Authorization: Bearer {buyer.Token}\r\n"));
        }

        var entries = (throughGateway ? [shop.Gateway] : shop.Apps("order")).Select(address => new Uri(address).Port).ToList();
        return new ShopTaker(name, shop, entries, @operator, heads, names, ownsShop);
    }

    public byte[] Request(string run, long number) =>
        RequestFor(Sku(number), run, number, _heads.Count > 0 ? Encoding.ASCII.GetString(_heads[(int)(number % _heads.Count)]) : null);

    /// <param name="caller">Header lines that say who buys; null: a buyer of its own, as the gateway's sidecar would name it.</param>
    internal static byte[] RequestFor(string sku, string run, long number, string? caller = null)
    {
        var json = $"{{\"items\":[{{\"sku\":\"{sku}\",\"quantity\":1}}],\"payment\":{{\"source\":\"tok_ok\"}}}}";
        caller ??= string.Create(CultureInfo.InvariantCulture, $"shop-user: buyer-{run}-{number}\r\nshop-role: customer\r\ndapr-api-token: {AppToken}\r\n");
        return Encoding.ASCII.GetBytes(string.Create(
            CultureInfo.InvariantCulture,
            $"POST /api/v1/orders HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nIdempotency-Key: {run}-{number}\r\n{caller}Content-Length: {json.Length}\r\n\r\n{json}"));
    }

    public async Task<Aftermath> SettleAsync(long accepted, IReadOnlyCollection<string> sample, TimeSpan patience)
    {
        var started = Stopwatch.GetTimestamp();
        var stocks = await StocksAsync();
        while (stocks.Sum(stock => stock.Reserved) > 0 && Stopwatch.GetElapsedTime(started) < patience)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System);
            stocks = await StocksAsync();
        }

        var drain = Stopwatch.GetElapsedTime(started);
        if (stocks.Find(stock => !stock.Balances || stock.Available < 0) is { } wrong)
        {
            throw new InvalidOperationException($"Stock does not balance: {wrong}");
        }

        var taken = stocks.Sum(stock => stock.Reserved + stock.Sold);
        var promised = _before + accepted;
        _before = taken;
        return new Aftermath(
            drain,
            Left: stocks.Sum(stock => stock.Reserved),
            Oversold: Math.Max(0, promised - taken),
            Undersold: Math.Max(0, taken - promised),
            Lost: await LostAsync(sample));
    }

    public async ValueTask DisposeAsync()
    {
        _operator.Dispose();
        if (_ownsShop)
        {
            await _shop.DisposeAsync();
        }
    }

    private async Task<List<Stock>> StocksAsync()
    {
        var stocks = new List<Stock>();
        foreach (var sku in _skus)
        {
            stocks.Add(await _operator.StockAsync(sku));
        }

        return stocks;
    }

    private async Task<int> LostAsync(IReadOnlyCollection<string> sample)
    {
        var lost = 0;
        // The answers come in chunks, whose sizes stand around the JSON.
        foreach (var id in sample.Select(body => JsonDocument.Parse(body[body.IndexOf('{', StringComparison.Ordinal)..(body.LastIndexOf('}') + 1)]).RootElement.GetProperty("id").GetString()!))
        {
            var found = await _operator.GetAsync($"/api/v1/orders/{id}");
            lost += found.Status == HttpStatusCode.OK ? 0 : 1;
        }

        return lost;
    }

    private string Sku(long number)
    {
        if (_skus.Count == 1)
        {
            return _skus[0];
        }

        // The same spread in every run: the number, well mixed, as a place on the scale of weights.
        var place = (double)((ulong)number * 0x9E3779B97F4A7C15UL >> 11) / (1UL << 53);
        var index = Array.BinarySearch(_weights, place);
        return _skus[Math.Min(index < 0 ? ~index : index, _skus.Count - 1)];
    }

    private static Dictionary<string, object> Stock(long units, (string? Name, int Buckets)? strategy)
    {
        var body = new Dictionary<string, object> { ["initial"] = units };
        if (strategy is var (name, buckets))
        {
            body["buckets"] = buckets;
            if (name is not null)
            {
                body["strategy"] = name;
            }
        }

        return body;
    }

    /// <summary>Running sums of 1/rank^1.1, up to one.</summary>
    private static double[] Zipf(int count)
    {
        var weights = Enumerable.Range(1, count).Select(rank => Math.Pow(rank, -1.1)).ToArray();
        var sum = 0.0;
        return [.. weights.Select(weight => (sum += weight) / weights.Sum())];
    }

    private static async Task EnsureAsync(Task<Answer> asked)
    {
        if (await asked is { Status: not (HttpStatusCode.OK or HttpStatusCode.Created) } refused)
        {
            throw new InvalidOperationException($"The shop refused what the benchmark needs: {(int)refused.Status} {refused.Body}");
        }
    }
}
