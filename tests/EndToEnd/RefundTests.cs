using System.Net;
using DaprShop.TestKit;
using DaprShop.TestKit.Shop;

namespace DaprShop.Tests.EndToEnd;

/// <summary>An operator's refund: the provider's own ledger has it once, the units are for sale again, the customer is told.</summary>
[Collection(SharedShop.Name)]
public sealed class RefundTests(ShopFixture shop)
{
    [Fact]
    public async Task Refund_OfAConfirmedOrder_GivesMoneyAndUnitsBackOnce()
    {
        using var shopper = await shop.NewShopperAsync();
        var sku = await shop.NewProductAsync(5);
        var id = await ConfirmedAsync(shopper, sku, 2);

        var accepted = await shop.Operator.RefundStubbornlyAsync(id, "k-1");
        var repeated = await shop.Operator.RefundStubbornlyAsync(id, "k-1");
        var order = await shopper.FollowRefundAsync(id);
        var replayed = await shop.Operator.RefundStubbornlyAsync(id, "k-1");
        var other = await shop.Operator.RefundStubbornlyAsync(id, "k-2");

        Assert.Equal(
            (HttpStatusCode.Accepted, HttpStatusCode.Accepted, HttpStatusCode.Accepted), (accepted.Status, repeated.Status, replayed.Status));
        Assert.Equal((id, "Refunded"), (replayed.Json.GetProperty("id").GetString(), replayed.Json.GetProperty("status").GetString()));
        Assert.Equal(["true"], replayed.Headers.GetValues("Idempotency-Replayed"));
        Assert.Equal((HttpStatusCode.Conflict, "illegal-transition"), (other.Status, other.Problem));
        Assert.Contains("Refunded", other.Json.GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.Equal("Refunded", order.GetProperty("payment").GetProperty("status").GetString());
        Assert.Equal(["capture 2500", "refund 2500"], await shop.LedgerAsync(id));
        Assert.Equal(new Stock(5, 0, 5, 0, 0), await shopper.StockAsync(sku));
        Assert.Equal("Refunded", (await shopper.ReadAsync($"/api/v1/payments/{id}")).Json.GetProperty("status").GetString());
        Assert.Equal(
            ["Reserved", "AwaitingPayment", "Paid", "Confirmed", "Confirmed", "Refunded"],
            (await shopper.ReadAsync($"/api/v1/orders/{id}/events")).Json.GetProperty("items").EnumerateArray()
                .Select(entry => entry.GetProperty("status").GetString()));
        await Eventually.Get(
            async () => (await shopper.ReadAsync("/api/v1/notifications")).Json.GetProperty("items").EnumerateArray()
                .Select(note => note.GetProperty("kind").GetString()).Order(StringComparer.Ordinal).ToList(),
            kinds => kinds.SequenceEqual(["order-confirmed", "order-refunded", "payment-refunded"]));
        Assert.Equal(1, (await shopper.ReadAsync("/api/v1/orders?status=Refunded")).Json.GetProperty("items").GetArrayLength());
    }

    [Fact]
    public async Task Refund_OfTheLastUnits_LetsTheNextCustomerHaveThem()
    {
        using var first = await shop.NewShopperAsync();
        using var second = await shop.NewShopperAsync();
        var sku = await shop.NewProductAsync(1);
        var id = await ConfirmedAsync(first, sku, 1);

        await shop.Operator.RefundStubbornlyAsync(id, "k");
        await first.FollowRefundAsync(id);

        // A gateway may answer "sold out" from a memory half a second old.
        var answer = await Eventually.Get(
            () => second.PlaceStubbornlyAsync("k", "tok_ok", (sku, 1)), placed => placed.Status == HttpStatusCode.Accepted);
        await second.FollowAsync(answer.Json.GetProperty("id").GetString()!, "Confirmed");
        Assert.Equal(new Stock(1, 0, 0, 0, 1), await first.StockAsync(sku));
    }

    [Fact]
    public async Task Refund_ByACustomerOrOfNothing_IsRefused()
    {
        using var shopper = await shop.NewShopperAsync();
        var id = (await shopper.PlaceStubbornlyAsync("k", "tok_declined", (await shop.NewProductAsync(5), 1))).Json.GetProperty("id").GetString()!;
        await shopper.FollowAsync(id, "Cancelled");

        var customer = await shopper.RefundAsync(id, "k");
        var missing = await shop.Operator.RefundAsync("3f0c8a56-9c41-5d0e-8a86-6d8f0f3c9b11", "k");
        var keyless = await shop.Operator.PostAsync($"/api/v1/orders/{id}/refund", new { });
        var cancelled = await shop.Operator.RefundAsync(id, "k");

        Assert.Equal((HttpStatusCode.Forbidden, "forbidden"), (customer.Status, customer.Problem));
        Assert.Equal((HttpStatusCode.NotFound, "not-found"), (missing.Status, missing.Problem));
        Assert.Equal((HttpStatusCode.BadRequest, "idempotency-key-missing"), (keyless.Status, keyless.Problem));
        Assert.Equal((HttpStatusCode.Conflict, "illegal-transition"), (cancelled.Status, cancelled.Problem));
        Assert.Contains("Cancelled", cancelled.Json.GetProperty("detail").GetString(), StringComparison.Ordinal);
    }

    private static async Task<string> ConfirmedAsync(ShopClient shopper, string sku, int quantity)
    {
        var id = (await shopper.PlaceStubbornlyAsync("k", "tok_ok", (sku, quantity))).Json.GetProperty("id").GetString()!;
        await shopper.FollowAsync(id, "Confirmed");
        return id;
    }
}
