using System.Globalization;
using System.Net;
using System.Text.Json;
using DaprShop.TestKit;
using DaprShop.TestKit.Shop;

namespace DaprShop.Tests.EndToEnd;

/// <summary>
/// kill -9 in the middle of many sagas: afterwards every order that was answered 202 is in one terminal state, stock balances, the
/// provider holds at most one capture per order, and the customer was told of each order once.
/// </summary>
public sealed class CrashTests
{
    private const int Sagas = 50;

    /// <summary><c>CRASH_ORDERS=1000</c> is the long run.</summary>
    private static readonly int OrdersAmidInfrastructureKills =
        int.TryParse(Environment.GetEnvironmentVariable("CRASH_ORDERS"), CultureInfo.InvariantCulture, out var orders) ? orders : 100;

    /// <summary>No token is late here: a kill may outlast the window, and both ends are then right.</summary>
    private static readonly string[] Sources =
    [
        "tok_ok", "tok_ok", "tok_ok", "tok_async", "tok_declined", "tok_webhook_twice", "tok_webhook_lost", "tok_charged_no_answer", "tok_error_then_ok", "tok_webhook_forged",
    ];

    [Theory]
    [InlineData("order")]
    [InlineData("inventory")]
    [InlineData("payment")]
    [InlineData("gateway")]
    [InlineData("catalog")]
    [InlineData("notification")]
    [InlineData("provider")]
    public Task Kill_OneService_LosesNothing(string appId) => RunAsync(async (shop, random) =>
    {
        for (var kill = 0; kill < 2; kill++)
        {
            var before = shop.Pids[appId];
            await PauseAsync(random.Next(50, 1500));
            shop.KillApp(appId);
            await Eventually.Get(() => shop.Pids[appId], pid => pid != before);
        }
    });

    [Fact]
    public Task Kill_TheLauncherWithAllSidecars_LosesNothing() => RunAsync(async (shop, random) =>
    {
        for (var kill = 0; kill < 2; kill++)
        {
            await PauseAsync(random.Next(50, 2000));
            await shop.KillLauncherAsync();
            await shop.StartAgainAsync();
        }
    });

    [Fact]
    public Task Kill_StoreAndBrokerThreeTimes_LosesNothing() => RunAsync(
        async (shop, random) =>
        {
            for (var kill = 0; kill < 3; kill++)
            {
                await PauseAsync(random.Next(500, 500 + (OrdersAmidInfrastructureKills * 12)));
                await shop.KillInfrastructureAsync(whileDown: TimeSpan.FromMilliseconds(random.Next(0, 1000)));
            }
        },
        OrdersAmidInfrastructureKills,
        durable: true);

    private static async Task RunAsync(Func<RunningShop, Random, Task> harm, int sagas = Sagas, bool durable = false)
    {
        var seed = Environment.TickCount;
        var random = new Random(seed);
        await using var shop = await RunningShop.StartAsync(ShopFixture.ShortTimes(TimeSpan.FromSeconds(20)), durable: durable);
        using var shopper = await ShopClient.SignInAsync(shop.Gateway, "shopper-1");
        using var operatorClient = await ShopClient.SignInAsync(shop.Gateway, "operator-1");
        if (durable)
        {
            await LetQueuesGrowOlderAsync(shop);
        }

        try
        {
            var buyers = Enumerable.Range(0, sagas).Select(async n =>
            {
                await PauseAsync((n * 40) + (n % 7));
                (string, int)[] lines = n % 5 == 0
                    ? [($"SKU-{1001 + (n % 3)}", 1), ($"SKU-{1005 + (n % 3)}", 2)]
                    : [($"SKU-{1001 + (n % 4)}", 1 + (n % 2))];
                return await shopper.PlaceStubbornlyAsync($"crash-{n}", Sources[n % Sources.Length], lines);
            }).ToList();
            await harm(shop, random);
            var answers = await Task.WhenAll(buyers);

            Assert.All(answers, answer => Assert.True(answer.Status == HttpStatusCode.Accepted, answer.Body));
            var ids = answers.Select(answer => answer.Json.GetProperty("id").GetString()!).ToList();
            var ended = new List<JsonElement>();
            foreach (var id in ids)
            {
                ended.Add((await Eventually.Get(
                    () => shopper.ReadAsync($"/api/v1/orders/{id}"),
                    answer => answer.Status == HttpStatusCode.OK && answer.Json.GetProperty("status").GetString() is "Confirmed" or "Cancelled")).Json);
            }

            Assert.Equal(sagas, ids.Distinct().Count());
            await AssertBalancesAsync(shop, operatorClient, ended);
            await AssertToldOnceAsync(shopper, ended);
        }
        catch (Exception failure)
        {
            throw new InvalidOperationException($"Seed {seed}: {failure.Message}\n{shop.Tail(80)}", failure);
        }
    }

    /// <summary>
    /// A quorum queue of RabbitMQ 3.10 may lose its leader for good when it is killed in its first half second, and the first event declares them.
    /// These orders end without money or units.
    /// </summary>
    private static async Task LetQueuesGrowOlderAsync(RunningShop shop)
    {
        using var early = await ShopClient.SignInAsync(shop.Gateway, "shopper-2");
        var firstTold = 0L;
        for (var n = 0; firstTold == 0 || TimeProvider.System.GetElapsedTime(firstTold) < TimeSpan.FromSeconds(2); n++)
        {
            var placed = await early.PlaceStubbornlyAsync($"early-{n}", "tok_declined", ("SKU-1001", 1));
            var id = placed.Json.GetProperty("id").GetString();
            await Eventually.Get(() => InboxAsync(early), notes => notes.Exists(note => note.OrderId == id));
            firstTold = firstTold == 0 ? TimeProvider.System.GetTimestamp() : firstTold;
        }
    }

    private static async Task AssertBalancesAsync(RunningShop shop, ShopClient operatorClient, List<JsonElement> orders)
    {
        var report = await Eventually.Get(
            () => operatorClient.ReadAsync("/api/v1/ops/invariants"),
            answer => answer.Status == HttpStatusCode.OK && answer.Json.GetProperty("lagSeconds").GetDouble() == 0);
        Assert.True(report.Json.GetProperty("holds").GetBoolean(), report.Body);

        // The ledger is the provider's own record: settle-up of cancelled orders may still be on its way, double captures never are.
        using var http = new HttpClient();
        var expected = orders.ToDictionary(
            order => order.GetProperty("id").GetString()!,
            order => order.GetProperty("status").GetString() == "Confirmed" ? order.GetProperty("total").GetProperty("amount").GetInt64() : 0);
        await Eventually.Get(
            async () =>
            {
                using var ledger = JsonDocument.Parse(await http.GetStringAsync(new Uri($"{shop.Provider}/v1/ledger")));
                var net = ledger.RootElement.GetProperty("items").EnumerateArray()
                    .GroupBy(entry => entry.GetProperty("reference").GetString()!)
                    .ToDictionary(
                        entries => entries.Key,
                        entries => entries.Sum(entry => entry.GetProperty("kind").GetString() == "capture" ? entry.GetProperty("amount").GetInt64() : -entry.GetProperty("amount").GetInt64()));
                return string.Join(", ", expected.Where(order => net.GetValueOrDefault(order.Key) != order.Value).Select(order => $"{order.Key}: {net.GetValueOrDefault(order.Key)} instead of {order.Value}"));
            },
            differences => differences.Length == 0,
            TimeSpan.FromMinutes(4));

        foreach (var sku in orders.SelectMany(order => order.GetProperty("items").EnumerateArray()).Select(item => item.GetProperty("sku").GetString()!).Distinct())
        {
            var sold = orders.Where(order => order.GetProperty("status").GetString() == "Confirmed")
                .SelectMany(order => order.GetProperty("items").EnumerateArray())
                .Where(item => item.GetProperty("sku").GetString() == sku)
                .Sum(item => item.GetProperty("quantity").GetInt64());
            var stock = await operatorClient.StockAsync(sku);
            Assert.Equal(new Stock(1000, 0, 1000 - sold, 0, sold), stock);
        }
    }

    /// <summary>Events went through the broker: none lost, none of double effect.</summary>
    private static async Task AssertToldOnceAsync(ShopClient shopper, List<JsonElement> orders)
    {
        var expected = orders.Select(order => $"{order.GetProperty("id").GetString()} order-{(order.GetProperty("status").GetString() == "Confirmed" ? "confirmed" : "cancelled")}")
            .Order(StringComparer.Ordinal).ToList();
        await Eventually.Get(
            async () =>
            {
                var told = (await InboxAsync(shopper)).Where(note => note.Kind is "order-confirmed" or "order-cancelled").Select(note => $"{note.OrderId} {note.Kind}").ToList();
                return string.Join(", ", expected.Except(told).Select(missing => $"missing: {missing}")
                    .Concat(told.GroupBy(note => note).Where(note => note.Count() > 1 || !expected.Contains(note.Key)).Select(wrong => $"{wrong.Count()} times: {wrong.Key}")));
            },
            differences => differences.Length == 0,
            TimeSpan.FromMinutes(4));
    }

    private static async Task<List<(string OrderId, string Kind)>> InboxAsync(ShopClient shopper)
    {
        var notes = new List<(string, string)>();
        string? cursor = null;
        do
        {
            var page = await shopper.ReadAsync($"/api/v1/notifications?limit=100{(cursor is null ? "" : $"&cursor={Uri.EscapeDataString(cursor)}")}");
            notes.AddRange(page.Json.GetProperty("items").EnumerateArray().Select(note => (note.GetProperty("orderId").GetString()!, note.GetProperty("kind").GetString()!)));
            cursor = page.Json.TryGetProperty("nextCursor", out var next) ? next.GetString() : null;
        }
        while (cursor is not null);
        return notes;
    }

    /// <summary>Spreads load and kills over time; nothing is waited for here.</summary>
    private static Task PauseAsync(int milliseconds) => Task.Delay(TimeSpan.FromMilliseconds(milliseconds), TimeProvider.System);
}
