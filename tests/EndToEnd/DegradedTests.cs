using System.Net;
using System.Text.Json;
using DaprShop.TestKit;
using DaprShop.TestKit.Servers;
using DaprShop.TestKit.Shop;

namespace DaprShop.Tests.EndToEnd;

/// <summary>One part of the shop is away, and the others do what can be done without it.</summary>
public sealed class DegradedTests
{
    // No order comes to its deadline while something is away.
    private static readonly TimeSpan Window = TimeSpan.FromMinutes(5);

    [Fact]
    public async Task Catalogue_Hangs_OrdersAtKnownPricesGoOnAndSayOfWhenTheseAre()
    {
        await using var shop = await RunningShop.StartAsync(ShopFixture.ShortTimes(Window));
        using var shopper = await ShopClient.SignInAsync(shop.Gateway, "shopper-1");
        // On a busy machine the catalogue, too, may be slow for once.
        var early = 0;
        var before = await Eventually.Get(
            () => shopper.PlaceStubbornlyAsync($"before-{early++}", "tok_ok", ("SKU-1001", 1)), answer => !answer.Json.TryGetProperty("pricesAsOf", out _));
        await ServerProcess.PauseAsync(shop.Pids["catalog"]);

        var during = await shopper.PlaceStubbornlyAsync("during", "tok_ok", ("SKU-1001", 1));
        var unknown = await shopper.PlaceAsync("unknown", "tok_ok", ("SKU-1002", 1));
        await shopper.FollowAsync(during.Json.GetProperty("id").GetString()!, "Confirmed");
        await ServerProcess.SignalAsync(shop.Pids["catalog"], "CONT");
        var tries = 0;
        var after = await Eventually.Get(
            () => shopper.PlaceStubbornlyAsync($"after-{tries++}", "tok_ok", ("SKU-1001", 1)), answer => !answer.Json.TryGetProperty("pricesAsOf", out _));

        Assert.Equal((HttpStatusCode.Accepted, HttpStatusCode.Accepted), (before.Status, during.Status));
        Assert.Equal(Total(before), Total(during));
        Assert.InRange(during.Json.GetProperty("pricesAsOf").GetDateTimeOffset(), DateTimeOffset.MinValue, during.Json.GetProperty("createdAt").GetDateTimeOffset());
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "dependency-unavailable"), (unknown.Status, unknown.Problem));
        Assert.True(unknown.Headers.Contains("Retry-After"));
        Assert.False(before.Json.TryGetProperty("pricesAsOf", out _), before.Body);
        Assert.Equal(HttpStatusCode.Accepted, after.Status);
    }

    /// <summary>Where the broker is another server than the store.</summary>
    [Theory]
    [Trait("Set", "any")]
    [InlineData("rabbitmq")]
    [InlineData("kafka")]
    public async Task Broker_IsAway_OrdersAreTakenAndEndUntilTooManyOutcomesAreUntold(string set)
    {
        var env = ShopFixture.ShortTimes(Window).ToDictionary();
        env["order"] = new Dictionary<string, string>(env["order"]) { ["Intake__MaxUntold"] = "3" };
        await using var shop = await RunningShop.StartAsync(env, stack: set);
        using var shopper = await ShopClient.SignInAsync(shop.Gateway, "shopper-1");
        var accepted = new List<string>();
        // A quorum queue of RabbitMQ 3.10 may lose its leader for good when it is killed in its first half second, and the first event declares them.
        var firstTold = 0L;
        while (firstTold == 0 || TimeProvider.System.GetElapsedTime(firstTold) < TimeSpan.FromSeconds(2))
        {
            var early = await shopper.PlaceStubbornlyAsync($"early-{accepted.Count}", "tok_ok", ("SKU-1001", 1));
            accepted.Add(early.Json.GetProperty("id").GetString()!);
            await Eventually.Get(async () => await ToldAsync(shopper), told => told.SequenceEqual(accepted.Order(StringComparer.Ordinal)));
            firstTold = firstTold == 0 ? TimeProvider.System.GetTimestamp() : firstTold;
        }

        var beforehand = accepted.Count;
        await shop.KillServerAsync(set);

        var refused = await Eventually.Get(
            async () =>
            {
                var answer = await shopper.PlaceAsync($"away-{accepted.Count}", "tok_ok", ("SKU-1001", 1));
                if (answer.Status == HttpStatusCode.Accepted)
                {
                    accepted.Add(answer.Json.GetProperty("id").GetString()!);
                    await shopper.FollowAsync(accepted[^1], "Confirmed");
                }

                return answer;
            },
            // A busy machine may refuse one before: it is repeated with its key.
            answer => answer.Status != HttpStatusCode.Accepted && accepted.Count >= beforehand + 4,
            TimeSpan.FromMinutes(5));
        await shop.StartServerAgainAsync(set);
        var again = await shopper.PlaceStubbornlyAsync($"away-{accepted.Count}", "tok_ok", ("SKU-1001", 1));
        accepted.Add(again.Json.GetProperty("id").GetString()!);

        Assert.Equal((HttpStatusCode.ServiceUnavailable, "dependency-unavailable"), (refused.Status, refused.Problem));
        Assert.True(refused.Headers.Contains("Retry-After"));
        await Eventually.Get(
            async () => await ToldAsync(shopper), told => told.SequenceEqual(accepted.Order(StringComparer.Ordinal)), TimeSpan.FromMinutes(2));
    }

    [Fact]
    public async Task Notification_Hangs_NothingElseNoticesAndItIsToldLater()
    {
        await using var shop = await RunningShop.StartAsync(ShopFixture.ShortTimes(Window));
        using var shopper = await ShopClient.SignInAsync(shop.Gateway, "shopper-1");
        await ServerProcess.PauseAsync(shop.Pids["notification"]);

        var placed = await shopper.PlaceStubbornlyAsync("k", "tok_ok", ("SKU-1001", 1));
        var id = placed.Json.GetProperty("id").GetString()!;
        await shopper.FollowAsync(id, "Confirmed");
        await ServerProcess.SignalAsync(shop.Pids["notification"], "CONT");

        await Eventually.Get(async () => await ToldAsync(shopper), told => told.SequenceEqual([id]), TimeSpan.FromMinutes(2));
    }

    /// <summary>Where the store is a server of its own: it stands still with its connections open.</summary>
    [Theory]
    [Trait("Set", "any")]
    [InlineData("redis")]
    public async Task Store_Hangs_BreakersOpenAndOrdersGoOnAfterIt(string set)
    {
        await using var shop = await RunningShop.StartAsync(ShopFixture.ShortTimes(Window), stack: set);
        using var shopper = await ShopClient.SignInAsync(shop.Gateway, "shopper-1");
        using var http = new HttpClient();
        await shopper.PlaceStubbornlyAsync("before", "tok_ok", ("SKU-1001", 1));
        await ServerProcess.PauseAsync(shop.ServerPids[set]);

        var during = await shopper.PlaceAsync("during", "tok_ok", ("SKU-1001", 1));
        await Eventually.Get(() => BreakerAsync(http, shop.App("order")), state => state is "open" or "half-open");
        await Eventually.Get(() => BreakerAsync(http, shop.App("inventory")), state => state is "open" or "half-open");
        var refused = new List<Answer>();
        for (var n = 0; n < 10; n++)
        {
            refused.Add(await shopper.PlaceAsync($"refused-{n}", "tok_ok", ("SKU-1001", 1)));
        }

        await ServerProcess.SignalAsync(shop.ServerPids[set], "CONT");
        var repeated = await shopper.PlaceStubbornlyAsync("during", "tok_ok", ("SKU-1001", 1));
        await shopper.FollowAsync(repeated.Json.GetProperty("id").GetString()!, "Confirmed");

        Assert.All(refused.Append(during), answer =>
        {
            Assert.Equal((HttpStatusCode.ServiceUnavailable, "dependency-unavailable"), (answer.Status, answer.Problem));
            Assert.True(answer.Headers.Contains("Retry-After"));
        });
        Assert.Equal(HttpStatusCode.Accepted, repeated.Status);
        foreach (var app in (string[])["order", "inventory", "payment", "notification", "catalog"])
        {
            await Eventually.Get(() => BreakerAsync(http, shop.App(app)), state => state == "closed");
        }
    }

    private static async Task<string> BreakerAsync(HttpClient http, string app)
    {
        using var answer = await http.GetAsync(new Uri($"{app}/health"));
        using var health = JsonDocument.Parse(await answer.Content.ReadAsByteArrayAsync());
        return health.RootElement.GetProperty("breakers").GetProperty("statestore").GetString()!;
    }

    private static long Total(Answer answer) => answer.Json.GetProperty("total").GetProperty("amount").GetInt64();

    /// <summary>Of which orders the customer knows that they are confirmed.</summary>
    private static async Task<IReadOnlyList<string>> ToldAsync(ShopClient shopper)
    {
        var page = await shopper.GetAsync("/api/v1/notifications?limit=100");
        return page.Status == HttpStatusCode.OK
            ? [.. page.Json.GetProperty("items").EnumerateArray()
                .Where(note => note.GetProperty("kind").GetString() == "order-confirmed")
                .Select(note => note.GetProperty("orderId").GetString()!)
                .Order(StringComparer.Ordinal)]
            : [];
    }
}
