using System.Net;
using DaprShop.TestKit.Shop;

namespace DaprShop.Tests.EndToEnd;

public sealed class LauncherTests
{
    [Fact]
    public async Task StopAndStart_OnTheSameData_ShowsTheSameOrderAndStock()
    {
        await using var shop = await RunningShop.StartAsync();
        using var shopper = await ShopClient.SignInAsync(shop.Gateway, "shopper-1");
        var id = (await shopper.PlaceStubbornlyAsync("k", "tok_ok", ("SKU-1001", 2))).Json.GetProperty("id").GetString()!;
        await shopper.FollowAsync(id, "Confirmed");
        var before = (await shopper.ReadAsync($"/api/v1/orders/{id}")).Body;

        var (exitCode, took) = await shop.InterruptAsync();
        await shop.StartAgainAsync();
        var after = await shopper.ReadAsync($"/api/v1/orders/{id}");

        Assert.Equal(0, exitCode);
        Assert.True(took < TimeSpan.FromSeconds(30), $"Ctrl+C took {took}");
        Assert.Equal((HttpStatusCode.OK, before), (after.Status, after.Body));
        Assert.Equal(new Stock(1000, 0, 998, 0, 2), await shopper.StockAsync("SKU-1001"));
        Assert.Empty(shop.ErrorLogs());
    }
}
