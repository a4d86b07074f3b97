using System.Net;
using DaprShop.TestKit;

namespace DaprShop.Tests.EndToEnd;

[Collection(SharedShop.Name)]
public sealed class ShipmentTests(ShopFixture shop)
{
    [Fact]
    public async Task Shipment_OfAConfirmedOrder_IsPlannedAndNobodyElseSeesIt()
    {
        using var shopper = await shop.NewShopperAsync();
        using var stranger = await shop.NewShopperAsync();
        var placed = await shopper.PlaceStubbornlyAsync("k", "tok_ok", (await shop.NewProductAsync(5), 1));
        var path = $"/api/v1/orders/{placed.Json.GetProperty("id").GetString()}/shipment";

        var shipment = await Eventually.Get(() => shopper.GetAsync(path), answer => answer.Status == HttpStatusCode.OK);
        var seen = await stranger.ReadAsync(path);

        Assert.Equal("Planned", shipment.Json.GetProperty("status").GetString());
        Assert.True(shipment.Json.GetProperty("shipBy").GetDateTimeOffset() > shipment.Json.GetProperty("plannedAt").GetDateTimeOffset());
        Assert.Equal((HttpStatusCode.NotFound, "not-found"), (seen.Status, seen.Problem));
    }

    [Fact]
    public async Task Shipment_OfACancelledOrder_IsNone()
    {
        using var shopper = await shop.NewShopperAsync();
        var placed = await shopper.PlaceStubbornlyAsync("k", "tok_declined", (await shop.NewProductAsync(5), 1));
        var id = placed.Json.GetProperty("id").GetString()!;
        await shopper.FollowAsync(id, "Cancelled");

        var shipment = await shopper.ReadAsync($"/api/v1/orders/{id}/shipment");

        Assert.Equal((HttpStatusCode.NotFound, "not-found"), (shipment.Status, shipment.Problem));
    }
}
