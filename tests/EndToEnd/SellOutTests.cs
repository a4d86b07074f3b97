using System.Collections.Concurrent;
using System.Net;
using System.Text.Json;
using DaprShop.TestKit;
using DaprShop.TestKit.Shop;

namespace DaprShop.Tests.EndToEnd;

/// <summary>
/// Ten times the demand, every order sent twice at once, and kill -9 of the order service, of inventory and of the launcher with all sidecars while
/// units are being sold: exactly as many orders as there are units, no unit lost, none promised twice. One shape of stock on each component set;
/// with SELL_OUT=all, every shape.
/// </summary>
public sealed class SellOutTests
{
    private const int Units = 200;
    private const int Buyers = 40;
    private const int OrdersEach = 50;
    private const string Sku = "SELL-OUT";
    private const string Sale = "sell-out";

    private readonly ConcurrentDictionary<string, byte> _accepted = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<string> _unexpected = new();
    private int _soldOut;

    public static TheoryData<string, int, int, bool> Shapes
    {
        get
        {
            (string Strategy, int Buckets, int Inventories, bool IsSale)[] all =
            [
                ("group-commit", 4, 3, true),
                ("etag", 1, 3, false),
                ("lock", 2, 1, false),
                ("actor", 2, 3, false),
                ("group-commit", 1, 1, false),
                ("etag", 4, 1, true),
                ("lock", 1, 3, false),
                ("actor", 1, 1, true),
            ];
            var set = Array.IndexOf(["embedded", "redis", "rabbitmq", "kafka"], ShopInfrastructure.Name);
            var data = new TheoryData<string, int, int, bool>();
            foreach (var shape in Environment.GetEnvironmentVariable("SELL_OUT") == "all" ? all : all[set..(set + 1)])
            {
                data.Add(shape.Strategy, shape.Buckets, shape.Inventories, shape.IsSale);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public async Task SellOut_AmidKills_SellsExactlyWhatThereIs(string strategy, int buckets, int inventories, bool isSale)
    {
        // Nobody's order expires here: every buyer repeats until the answer is known.
        var times = new Dictionary<string, IReadOnlyDictionary<string, string>>
        {
            ["order"] = new Dictionary<string, string> { ["Payment__Window"] = "00:10:00" },
            ["inventory"] = new Dictionary<string, string> { ["Sweep__OrphanAfter"] = "00:05:00" },
        };
        await using var shop = await RunningShop.StartAsync(times, replicas: new Dictionary<string, int> { ["inventory"] = inventories });
        using var operatorClient = await ShopClient.SignInAsync(shop.Gateway, "operator-1");
        await OfferAsync(operatorClient, strategy, buckets, isSale);
        using var ended = new CancellationTokenSource();
        try
        {
            var watching = WatchAsync(operatorClient, ended.Token);
            var buying = Task.WhenAll(Enumerable.Range(1, Buyers).Select(buyer => BuyAsync(shop, buyer, isSale)));
            await AfterSalesAsync(Units / 4, buying);
            await KillAppAsync(shop, "order");
            await AfterSalesAsync(Units / 2, buying);
            await KillAppAsync(shop, "inventory");
            await AfterSalesAsync(Units * 3 / 4, buying);
            await shop.KillLauncherAsync();
            await shop.StartAgainAsync();
            await buying;
            await ended.CancelAsync();
            var looks = await watching;

            Assert.Empty(_unexpected);
            Assert.Equal(Units, _accepted.Count);
            Assert.Equal(2 * ((Buyers * OrdersEach) - Units), _soldOut);
            Assert.True(looks > 0, "the stock was never looked at");
            Assert.Equal(
                new Stock(Units, 0, 0, 0, Units),
                await Eventually.Get(() => operatorClient.StockAsync(Sku), stock => stock.Sold == Units, TimeSpan.FromMinutes(3)));
            var invariants = await Eventually.Get(
                () => operatorClient.GetAsync("/api/v1/ops/invariants"),
                answer => answer.Status == HttpStatusCode.OK && answer.Json.GetProperty("lagSeconds").GetDouble() == 0,
                TimeSpan.FromMinutes(1));
            Assert.True(invariants.Json.GetProperty("holds").GetBoolean(), invariants.Body);
        }
        catch (Exception failure)
        {
            throw new InvalidOperationException($"{_accepted.Count} accepted, {_soldOut} refused: {failure.Message}\n{shop.Tail(80)}", failure);
        }
    }

    private async Task BuyAsync(RunningShop shop, int buyer, bool isSale)
    {
        using var client = await ShopClient.SignInAsync(shop.Gateway, $"shopper-{buyer}");
        for (var n = 0; n < OrdersEach; n++)
        {
            var key = $"sell-out-{n}";
            foreach (var answer in await Task.WhenAll(PlaceAsync(), PlaceAsync()))
            {
                switch (answer)
                {
                    case { Status: HttpStatusCode.Accepted }:
                        _accepted.TryAdd(answer.Json.GetProperty("id").GetString()!, 0);
                        break;
                    case { Status: HttpStatusCode.Conflict, Problem: "sold-out" }:
                        Interlocked.Increment(ref _soldOut);
                        break;
                    default:
                        _unexpected.Enqueue($"{key} of shopper-{buyer}: {(int)answer.Status} {answer.Body}");
                        break;
                }
            }

            Task<Answer> PlaceAsync() => isSale
                ? client.PlaceInSaleStubbornlyAsync(Sale, key, quantity: 1)
                : client.PlaceStubbornlyAsync(key, "tok_ok", (Sku, 1));
        }
    }

    /// <summary>Looks again and again whether units are conserved, in each bucket and between them. What a killed service leaves unanswered does not count.</summary>
    /// <returns>How many looks told something.</returns>
    private async Task<int> WatchAsync(ShopClient operatorClient, CancellationToken ended)
    {
        var looks = 0;
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(2));
        while (!ended.IsCancellationRequested)
        {
            try
            {
                await timer.WaitForNextTickAsync(ended);
                var stock = await operatorClient.StockAsync(Sku);
                var invariants = await operatorClient.GetAsync("/api/v1/ops/invariants");
                if (invariants.Status == HttpStatusCode.OK)
                {
                    looks++;
                    var broken = invariants.Json.GetProperty("checks").EnumerateArray()
                        .Where(check => !check.GetProperty("holds").GetBoolean() && check.GetProperty("name").GetString()!.EndsWith("conserved", StringComparison.Ordinal));
                    if (!stock.Balances || stock.Available < 0 || broken.Any())
                    {
                        _unexpected.Enqueue($"{stock} {invariants.Body}");
                    }
                }
            }
            catch (Exception unanswered) when (unanswered is HttpRequestException or OperationCanceledException or JsonException or KeyNotFoundException)
            {
                continue;
            }
        }

        return looks;
    }

    /// <summary>Waits until that many orders are accepted, so that each kill meets the sale and not its end.</summary>
    private async Task AfterSalesAsync(int count, Task buying)
    {
        await Eventually.True(() => _accepted.Count >= count || buying.IsFaulted, TimeSpan.FromMinutes(5));
        if (buying.IsFaulted)
        {
            await buying;
        }
    }

    private static async Task KillAppAsync(RunningShop shop, string appId)
    {
        var before = shop.Pids[appId];
        shop.KillApp(appId);
        await Eventually.Get(() => shop.Pids[appId], pid => pid != before);
    }

    private static async Task OfferAsync(ShopClient operatorClient, string strategy, int buckets, bool isSale)
    {
        var price = new { amount = 1250, currency = "CNY" };
        // An attempt whose answer was lost may have made it: the next one is told that it is there.
        var product = await ShopClient.StubbornlyAsync(() => operatorClient.PutAsync(
            $"/api/v1/products/{Sku}", new { name = "Sold out soon", brand = "Test", category = "test", price, description = "For one scenario." }));
        Assert.True((int)product.Status is 200 or 201 or 412, product.Body);
        var stock = await ShopClient.StubbornlyAsync(() => operatorClient.PutAsync($"/api/v1/stock/{Sku}", new { initial = Units, strategy, buckets }));
        Assert.True(stock.Status is HttpStatusCode.Created or HttpStatusCode.Conflict, stock.Body);
        if (isSale)
        {
            var times = new { startsAt = DateTimeOffset.UtcNow.AddMinutes(-1), endsAt = DateTimeOffset.UtcNow.AddHours(1) };
            await Eventually.Get(
                () => operatorClient.PostAsync(
                    "/api/v1/sales",
                    new { id = Sale, sku = Sku, price, quantity = Units, perUserLimit = OrdersEach, times.startsAt, times.endsAt, strategy, buckets },
                    ("Idempotency-Key", "sell-out")),
                sale => sale.Status == HttpStatusCode.Created,
                TimeSpan.FromMinutes(1));
        }
    }
}
