using System.Net;
using DaprShop.TestKit;
using DaprShop.TestKit.Shop;

namespace DaprShop.Tests.EndToEnd;

/// <summary>A cart outlives the processes that serve it, and not its customer's interest by much.</summary>
public sealed class CartCrashTests
{
    [Fact]
    public async Task Kill_TheHostingServiceAndWhatHoldsTheData_KeepsTheCart()
    {
        await using var shop = await RunningShop.StartAsync(ShopFixture.ShortTimes(TimeSpan.FromSeconds(20)), durable: true);
        using var shopper = await ShopClient.SignInAsync(shop.Gateway, "shopper-1");
        await CartTests.PutAsync(shopper, "SKU-1001", 2);
        await CartTests.PutAsync(shopper, "SKU-1002", 3);

        var before = shop.Pids["order"];
        shop.KillApp("order");
        await Eventually.Get(() => shop.Pids["order"], pid => pid != before);
        var afterService = await StubbornlyAsync(() => shopper.GetAsync("/api/v1/cart"));
        await shop.KillInfrastructureAsync(whileDown: TimeSpan.Zero);
        var afterAll = await StubbornlyAsync(() => shopper.GetAsync("/api/v1/cart"));
        var placed = await StubbornlyAsync(() => CartTests.CheckoutAsync(shopper, "k", "tok_ok"));
        await shopper.FollowAsync(placed.Json.GetProperty("id").GetString()!, "Confirmed", TimeSpan.FromSeconds(90));

        Assert.Equal(["SKU-1001 x2", "SKU-1002 x3"], CartTests.Items(afterService));
        Assert.Equal(afterService.Body, afterAll.Body);
        Assert.Equal(HttpStatusCode.Accepted, placed.Status);
        Assert.Equal(["SKU-1001 x2", "SKU-1002 x3"], CartTests.Items(placed));
        Assert.Empty(CartTests.Items(await StubbornlyAsync(() => shopper.GetAsync("/api/v1/cart"))));
    }

    [Fact]
    public async Task Reminder_OfAnAbandonedCart_EmptiesItAlsoAfterAKill()
    {
        var times = ShopFixture.ShortTimes(TimeSpan.FromSeconds(20)).ToDictionary();
        times["order"] = new Dictionary<string, string>(times["order"]) { ["Cart__AbandonedAfter"] = "00:00:03" };
        await using var shop = await RunningShop.StartAsync(times);
        using var shopper = await ShopClient.SignInAsync(shop.Gateway, "shopper-1");
        await CartTests.PutAsync(shopper, "SKU-1001", 2);

        var before = shop.Pids["order"];
        shop.KillApp("order");
        await Eventually.Get(() => shop.Pids["order"], pid => pid != before);
        var emptied = await Eventually.Get(
            () => StubbornlyAsync(() => shopper.GetAsync("/api/v1/cart")), answer => CartTests.Items(answer).Count == 0, TimeSpan.FromSeconds(90));
        var refilled = await CartTests.PutAsync(shopper, "SKU-1003", 1);

        Assert.Equal("""{"items":[],"version":0,"changedAt":null}""", emptied.Body);
        Assert.Equal(["SKU-1003 x1"], CartTests.Items(refilled));
    }

    /// <summary>Repeats until there is an answer for good, as the API tells a client to after 503 and timeouts.</summary>
    private static async Task<Answer> StubbornlyAsync(Func<Task<Answer>> ask) =>
        await Eventually.Get(
            async () =>
            {
                try
                {
                    return await ask();
                }
                catch (Exception failure) when (failure is HttpRequestException or TaskCanceledException)
                {
                    return null;
                }
            },
            answer => answer is { Status: not (HttpStatusCode.ServiceUnavailable or HttpStatusCode.TooManyRequests or HttpStatusCode.BadGateway) },
            TimeSpan.FromSeconds(90)) ?? throw new TimeoutException();
}
