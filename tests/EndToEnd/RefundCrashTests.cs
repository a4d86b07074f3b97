using System.Globalization;
using System.Net;
using System.Text.Json;
using DaprShop.TestKit;
using DaprShop.TestKit.Shop;

namespace DaprShop.Tests.EndToEnd;

/// <summary>kill -9 in the middle of many refunds: each goes through once, whatever died between decision, money, units and the last word.</summary>
public sealed class RefundCrashTests
{
    private const int Orders = 20;

    [Fact]
    public async Task Kill_OrderPaymentAndInventoryAmidRefunds_EachIsRefundedOnce()
    {
        var seed = Environment.TickCount;
        var random = new Random(seed);
        await using var shop = await RunningShop.StartAsync(ShopFixture.ShortTimes(TimeSpan.FromMinutes(5)));
        using var shopper = await ShopClient.SignInAsync(shop.Gateway, "shopper-1");
        using var operatorClient = await ShopClient.SignInAsync(shop.Gateway, "operator-1");
        try
        {
            var placed = await Task.WhenAll(Enumerable.Range(0, Orders).Select(n => shopper.PlaceStubbornlyAsync($"k-{n}", "tok_ok", ($"SKU-{1001 + (n % 3)}", 1))));
            var ids = placed.Select(answer => answer.Json.GetProperty("id").GetString()!).ToList();
            foreach (var id in ids)
            {
                await shopper.FollowAsync(id, "Confirmed");
            }

            var refunds = ids.Select(async (id, n) =>
            {
                await PauseAsync(n * 60);
                return await operatorClient.RefundStubbornlyAsync(id, $"refund-{n}");
            }).ToList();
            foreach (var app in (string[])["order", "payment", "inventory", "order"])
            {
                var before = shop.Pids[app];
                await PauseAsync(random.Next(50, 500));
                shop.KillApp(app);
                await Eventually.Get(() => shop.Pids[app], pid => pid != before);
            }

            Assert.All(await Task.WhenAll(refunds), answer => Assert.True(answer.Status == HttpStatusCode.Accepted, answer.Body));
            foreach (var id in ids)
            {
                await shopper.FollowRefundAsync(id, TimeSpan.FromMinutes(4));
            }

            Assert.Equal(
                ids.Order(StringComparer.Ordinal).Select(id => $"{id} capture 1 refund 1"), (await LedgerAsync(shop)).Where(line => ids.Contains(line[..36])));
            var invariants = await Eventually.Get(
                () => operatorClient.ReadAsync("/api/v1/ops/invariants"),
                answer => answer.Status == HttpStatusCode.OK && answer.Json.GetProperty("lagSeconds").GetDouble() == 0);
            Assert.True(invariants.Json.GetProperty("holds").GetBoolean(), invariants.Body);
            foreach (var n in Enumerable.Range(1001, 3))
            {
                Assert.Equal(new Stock(1000, 0, 1000, 0, 0), await operatorClient.StockAsync(string.Create(CultureInfo.InvariantCulture, $"SKU-{n}")));
            }
        }
        catch (Exception failure)
        {
            throw new InvalidOperationException($"Seed {seed}: {failure.Message}\n{shop.Tail(80)}", failure);
        }
    }

    private static async Task<List<string>> LedgerAsync(RunningShop shop)
    {
        using var http = new HttpClient();
        using var ledger = JsonDocument.Parse(await http.GetStringAsync(new Uri($"{shop.Provider}/v1/ledger")));
        return
        [
            .. ledger.RootElement.GetProperty("items").EnumerateArray()
                .GroupBy(entry => entry.GetProperty("reference").GetString()!)
                .Select(entries => $"{entries.Key} capture {Count(entries, "capture")} refund {Count(entries, "refund")}")
                .Order(StringComparer.Ordinal),
        ];
    }

    private static int Count(IEnumerable<JsonElement> entries, string kind) => entries.Count(entry => entry.GetProperty("kind").GetString() == kind);

    /// <summary>Spreads refunds and kills over time; nothing is waited for here.</summary>
    private static Task PauseAsync(int milliseconds) => Task.Delay(TimeSpan.FromMilliseconds(milliseconds), TimeProvider.System);
}
