using System.Collections.Concurrent;
using System.Net;
using DaprShop.TestKit;
using DaprShop.TestKit.Shop;

namespace DaprShop.Tests.EndToEnd;

/// <summary>
/// Ten times the demand, every order sent twice at once, and kill -9 of the order service, of inventory and of the launcher with all sidecars while
/// units are being sold: exactly as many orders as there are units, no unit lost, none promised twice.
/// </summary>
public sealed class SellOutTests
{
    private const int Units = 200;
    private const int Buyers = 40;
    private const int OrdersEach = 50;

    private readonly ConcurrentDictionary<string, byte> _accepted = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<string> _unexpected = new();
    private int _soldOut;

    [Fact]
    public async Task SellOut_AmidKills_SellsExactlyWhatThereIs()
    {
        // Nobody's order expires here: every buyer repeats until the answer is known.
        var times = new Dictionary<string, IReadOnlyDictionary<string, string>>
        {
            ["order"] = new Dictionary<string, string> { ["Payment__Window"] = "00:10:00" },
            ["inventory"] = new Dictionary<string, string> { ["Sweep__OrphanAfter"] = "00:05:00" },
        };
        await using var shop = await RunningShop.StartAsync(times);
        using var operatorClient = await ShopClient.SignInAsync(shop.Gateway, "operator-1");
        var sku = await NewProductAsync(operatorClient);
        try
        {
            var buying = Task.WhenAll(Enumerable.Range(1, Buyers).Select(buyer => BuyAsync(shop, buyer, sku)));
            await AfterSalesAsync(Units / 4, buying);
            await KillAppAsync(shop, "order");
            await AfterSalesAsync(Units / 2, buying);
            await KillAppAsync(shop, "inventory");
            await AfterSalesAsync(Units * 3 / 4, buying);
            await shop.KillLauncherAsync();
            await shop.StartAgainAsync();
            await buying;

            Assert.Empty(_unexpected);
            Assert.Equal(Units, _accepted.Count);
            Assert.Equal(2 * ((Buyers * OrdersEach) - Units), _soldOut);
            Assert.Equal(
                new Stock(Units, 0, 0, 0, Units),
                await Eventually.Get(() => operatorClient.StockAsync(sku), stock => stock.Sold == Units, TimeSpan.FromMinutes(3)));
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

    private async Task BuyAsync(RunningShop shop, int buyer, string sku)
    {
        using var client = await ShopClient.SignInAsync(shop.Gateway, $"shopper-{buyer}");
        for (var n = 0; n < OrdersEach; n++)
        {
            var key = $"sell-out-{n}";
            foreach (var answer in await Task.WhenAll(client.PlaceStubbornlyAsync(key, "tok_ok", (sku, 1)), client.PlaceStubbornlyAsync(key, "tok_ok", (sku, 1))))
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
        }
    }

    /// <summary>Waits until that many orders are accepted, so that each kill meets the sale and not its end.</summary>
    private async Task AfterSalesAsync(int count, Task buying)
    {
        await Eventually.True(() => _accepted.Count >= count || buying.IsFaulted, TimeSpan.FromMinutes(2));
        if (buying.IsFaulted)
        {
            await buying;
        }
    }

    private static async Task KillAppAsync(RunningShop shop, string appId)
    {
        var before = shop.Pids[appId];
        shop.KillApp(appId);
        await Eventually.Get(() => shop.Pids[appId], pid => pid != before, TimeSpan.FromSeconds(30));
    }

    private static async Task<string> NewProductAsync(ShopClient operatorClient)
    {
        const string Sku = "SELL-OUT";
        var product = await operatorClient.PutAsync(
            $"/api/v1/products/{Sku}",
            new { name = "Sold out soon", brand = "Test", category = "test", price = new { amount = 1250, currency = "CNY" }, description = "For one scenario." });
        Assert.True((int)product.Status is 200 or 201, product.Body);
        var stock = await operatorClient.PutAsync($"/api/v1/stock/{Sku}", new { initial = Units });
        Assert.True((int)stock.Status == 201, stock.Body);
        return Sku;
    }
}
