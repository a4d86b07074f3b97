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
        await using var shop = await RunningShop.StartAsync(ShopFixture.ShortTimes(TimeSpan.FromMinutes(5)), durable: true);
        using var shopper = await ShopClient.SignInAsync(shop.Gateway, "shopper-1");
        await CartTests.PutAsync(shopper, "SKU-1001", 2);
        await CartTests.PutAsync(shopper, "SKU-1002", 3);

        var before = shop.Pids["order"];
        shop.KillApp("order");
        await Eventually.Get(() => shop.Pids["order"], pid => pid != before);
        var afterService = await shopper.ReadAsync("/api/v1/cart");
        await shop.KillInfrastructureAsync(whileDown: TimeSpan.Zero);
        var afterAll = await shopper.ReadAsync("/api/v1/cart");
        var placed = await CartTests.CheckoutAsync(shopper, "k", "tok_ok");
        await shopper.FollowAsync(placed.Json.GetProperty("id").GetString()!, "Confirmed");

        Assert.Equal(["SKU-1001 x2", "SKU-1002 x3"], CartTests.Items(afterService));
        Assert.Equal(afterService.Body, afterAll.Body);
        Assert.Equal(HttpStatusCode.Accepted, placed.Status);
        Assert.Equal(["SKU-1001 x2", "SKU-1002 x3"], CartTests.Items(placed));
        Assert.Empty(CartTests.Items(await shopper.ReadAsync("/api/v1/cart")));
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
            () => shopper.ReadAsync("/api/v1/cart"), answer => CartTests.Items(answer).Count == 0);
        var refilled = await CartTests.PutAsync(shopper, "SKU-1003", 1);

        Assert.Equal("""{"items":[],"version":0,"changedAt":null}""", emptied.Body);
        Assert.Equal(["SKU-1003 x1"], CartTests.Items(refilled));
    }
}
