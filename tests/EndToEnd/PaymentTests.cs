using System.Net;
using DaprShop.TestKit;
using DaprShop.TestKit.Shop;

namespace DaprShop.Tests.EndToEnd;

/// <summary>Whatever the provider does, an order ends in one state and the provider's own ledger agrees with it.</summary>
[Collection(SharedShop.Name)]
public sealed class PaymentTests(ShopFixture shop)
{
    [Theory]
    [InlineData("tok_ok")]
    [InlineData("tok_slow")]
    [InlineData("tok_async")]
    [InlineData("tok_webhook_twice")]
    [InlineData("tok_webhook_lost")]
    [InlineData("tok_webhook_forged")]
    [InlineData("tok_charged_no_answer")]
    [InlineData("tok_error_then_ok")]
    public async Task Token_ThatPaysInTheEnd_ConfirmsWithOneCapture(string source)
    {
        using var shopper = await shop.NewShopperAsync();
        var sku = await shop.NewProductAsync(5);

        var id = (await shopper.PlaceStubbornlyAsync("k", source, (sku, 2))).Json.GetProperty("id").GetString()!;
        await shopper.FollowAsync(id, "Confirmed");

        Assert.Equal(["capture 2500"], await LedgerAsync(id));
        Assert.Equal(new Stock(5, 0, 3, 0, 2), await shopper.StockAsync(sku));
        var payment = (await shopper.ReadAsync($"/api/v1/payments/{id}")).Json;
        Assert.Equal("Succeeded", payment.GetProperty("status").GetString());
    }

    [Fact]
    public async Task Token_Declined_CancelsAndGivesTheStockBack()
    {
        using var shopper = await shop.NewShopperAsync();
        var sku = await shop.NewProductAsync(5);

        var id = (await shopper.PlaceStubbornlyAsync("k", "tok_declined", (sku, 2))).Json.GetProperty("id").GetString()!;
        var order = await shopper.FollowAsync(id, "Cancelled");

        Assert.Equal("payment-declined", order.GetProperty("cancelReason").GetString());
        Assert.Empty(await LedgerAsync(id));
        Assert.Equal(new Stock(5, 0, 5, 0, 0), await shopper.StockAsync(sku));
    }

    [Fact]
    public async Task Token_WebhookAfterTheDeadline_CancelsAndRefundsOnce()
    {
        using var shopper = await shop.NewShopperAsync();
        var sku = await shop.NewProductAsync(5);

        var id = (await shopper.PlaceStubbornlyAsync("k", "tok_webhook_late", (sku, 2))).Json.GetProperty("id").GetString()!;
        var order = await shopper.FollowAsync(id, "Cancelled");
        var ledger = await Eventually.Get(() => LedgerAsync(id), lines => lines.Count >= 2);

        Assert.Equal("payment-deadline", order.GetProperty("cancelReason").GetString());
        Assert.Equal(["capture 2500", "refund 2500"], ledger);
        Assert.Equal(new Stock(5, 0, 5, 0, 0), await shopper.StockAsync(sku));
        await Eventually.Get(
            async () => (await shopper.ReadAsync($"/api/v1/payments/{id}")).Json.GetProperty("status").GetString(),
            status => status == "Refunded");
        var recorded = await Eventually.Get(
            () => shopper.OrderAsync(id),
            found => found.GetProperty("payment").GetProperty("status").GetString() == "Refunded");
        Assert.Equal("Cancelled", recorded.GetProperty("status").GetString());
        var last = (await shopper.ReadAsync($"/api/v1/orders/{id}/events")).Json.GetProperty("items").EnumerateArray().Last();
        Assert.Equal("late payment refunded", last.GetProperty("cause").GetString());
    }

    [Fact]
    public async Task Cancel_WhileThePaymentIsOut_CancelsAndKeepsNoMoney()
    {
        using var shopper = await shop.NewShopperAsync();
        var sku = await shop.NewProductAsync(5);
        var id = (await shopper.PlaceStubbornlyAsync("k", "tok_webhook_late", (sku, 2))).Json.GetProperty("id").GetString()!;
        await Eventually.Get(() => shop.ChargesAsync(id), charges => charges == 1);

        var cancel = await ShopClient.StubbornlyAsync(() => shopper.PostAsync($"/api/v1/orders/{id}/cancel", new { }));
        var order = await shopper.FollowAsync(id, "Cancelled");
        var again = await ShopClient.StubbornlyAsync(() => shopper.PostAsync($"/api/v1/orders/{id}/cancel", new { }));

        Assert.Equal((HttpStatusCode.Accepted, HttpStatusCode.Accepted), (cancel.Status, again.Status));
        Assert.Equal("customer", order.GetProperty("cancelReason").GetString());
        Assert.Equal(new Stock(5, 0, 5, 0, 0), await shopper.StockAsync(sku));
        Assert.Equal(
            ["capture 2500", "refund 2500"],
            await Eventually.Get(() => LedgerAsync(id), lines => lines.Count >= 2));
    }

    [Fact]
    public async Task Cancel_OfAConfirmedOrder_IsIllegal()
    {
        using var shopper = await shop.NewShopperAsync();
        var id = (await shopper.PlaceStubbornlyAsync("k", "tok_ok", (await shop.NewProductAsync(5), 1))).Json.GetProperty("id").GetString()!;
        await shopper.FollowAsync(id, "Confirmed");

        var refused = await ShopClient.StubbornlyAsync(() => shopper.PostAsync($"/api/v1/orders/{id}/cancel", new { }));
        var stale = await ShopClient.StubbornlyAsync(() => shopper.PostAsync($"/api/v1/orders/{id}/cancel", new { }, ("If-Match", "\"1\"")));

        Assert.Equal((HttpStatusCode.Conflict, "illegal-transition"), (refused.Status, refused.Problem));
        Assert.Equal((HttpStatusCode.PreconditionFailed, "precondition-failed"), (stale.Status, stale.Problem));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("t=1,v1=00")]
    [InlineData("t=1790000000,v1=0000000000000000000000000000000000000000000000000000000000000000")]
    public async Task Webhook_WithAForgedSignature_IsRefused(string? signature)
    {
        using var outsider = ShopClient.Anonymous(shop.Gateway);
        var headers = signature is null ? Array.Empty<(string, string)>() : [("Provider-Signature", signature)];

        var refused = await outsider.PostTextAsync(
            "/webhooks/provider", """{"id":"evt_1","type":"charge.succeeded","chargeId":"ch_1","reference":"x","amount":1,"currency":"CNY"}""", headers);

        Assert.Equal((HttpStatusCode.BadRequest, "validation"), (refused.Status, refused.Problem));
    }

    private Task<IReadOnlyList<string>> LedgerAsync(string orderId) => shop.LedgerAsync(orderId);
}
