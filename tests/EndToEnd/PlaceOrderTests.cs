using System.Net;
using DaprShop.TestKit;
using DaprShop.TestKit.Shop;

namespace DaprShop.Tests.EndToEnd;

[Collection(SharedShop.Name)]
public sealed class PlaceOrderTests(ShopFixture shop)
{
    [Fact]
    public async Task Order_PaidAtOnce_IsConfirmedAndItsUnitsAreSold()
    {
        using var shopper = await shop.NewShopperAsync();
        var sku = await shop.NewProductAsync(10);

        var placed = await shopper.PlaceStubbornlyAsync("k", "tok_ok", (sku, 3));
        var id = placed.Json.GetProperty("id").GetString()!;
        var order = await shopper.FollowAsync(id, "Confirmed");

        Assert.Equal(HttpStatusCode.Accepted, placed.Status);
        Assert.Equal($"/api/v1/orders/{id}", placed.Headers.Location!.ToString());
        Assert.Equal("Reserved", placed.Json.GetProperty("status").GetString());
        Assert.Equal(3750, order.GetProperty("total").GetProperty("amount").GetInt64());
        Assert.Equal("Succeeded", order.GetProperty("payment").GetProperty("status").GetString());
        Assert.Equal(new Stock(10, 0, 7, 0, 3), await shopper.StockAsync(sku));
    }

    [Fact]
    public async Task Order_OverSeveralProducts_IsConfirmedAsAWhole()
    {
        using var shopper = await shop.NewShopperAsync();
        var (first, second, third) = (await shop.NewProductAsync(5), await shop.NewProductAsync(5), await shop.NewProductAsync(5));

        var placed = await shopper.PlaceStubbornlyAsync("k", "tok_ok", (first, 1), (second, 2), (third, 5));
        await shopper.FollowAsync(placed.Json.GetProperty("id").GetString()!, "Confirmed");

        Assert.Equal(new Stock(5, 0, 4, 0, 1), await shopper.StockAsync(first));
        Assert.Equal(new Stock(5, 0, 3, 0, 2), await shopper.StockAsync(second));
        Assert.Equal(new Stock(5, 0, 0, 0, 5), await shopper.StockAsync(third));
    }

    [Fact]
    public async Task Order_OverSeveralProductsWithOneSoldOut_TakesNothing()
    {
        using var shopper = await shop.NewShopperAsync();
        var (plenty, scarce) = (await shop.NewProductAsync(5), await shop.NewProductAsync(1));

        var refused = await shopper.PlaceStubbornlyAsync("k", "tok_ok", (plenty, 1), (scarce, 2));
        var smaller = await shopper.PlaceStubbornlyAsync("k2", "tok_ok", (plenty, 1), (scarce, 1));
        await shopper.FollowAsync(smaller.Json.GetProperty("id").GetString()!, "Confirmed");

        Assert.Equal((HttpStatusCode.Conflict, "sold-out"), (refused.Status, refused.Problem));
        Assert.Equal(new Stock(5, 0, 4, 0, 1), await shopper.StockAsync(plenty));
        Assert.Equal(new Stock(1, 0, 0, 0, 1), await shopper.StockAsync(scarce));
    }

    [Fact]
    public async Task Order_RefusedAsSoldOut_MaySucceedUnderTheSameKeyAfterARestock()
    {
        using var shopper = await shop.NewShopperAsync();
        var (plenty, scarce) = (await shop.NewProductAsync(5), await shop.NewProductAsync(0));

        var single = await shopper.PlaceStubbornlyAsync("one", "tok_ok", (scarce, 1));
        var several = await shopper.PlaceStubbornlyAsync("two", "tok_ok", (plenty, 1), (scarce, 1));
        var restocked = await ShopClient.StubbornlyAsync(
            () => shop.Operator.PostAsync($"/api/v1/stock/{scarce}/restocks", new { quantity = 2 }, ("Idempotency-Key", $"r-{scarce}")));
        var singleAgain = await shopper.PlaceStubbornlyAsync("one", "tok_ok", (scarce, 1));
        var severalAgain = await shopper.PlaceStubbornlyAsync("two", "tok_ok", (plenty, 1), (scarce, 1));
        await shopper.FollowAsync(singleAgain.Json.GetProperty("id").GetString()!, "Confirmed");
        await shopper.FollowAsync(severalAgain.Json.GetProperty("id").GetString()!, "Confirmed");

        Assert.Equal(("sold-out", "sold-out"), (single.Problem, several.Problem));
        Assert.Equal(2, restocked.Json.GetProperty("restocked").GetInt64());
        Assert.Equal(new Stock(0, 2, 0, 0, 2), await shopper.StockAsync(scarce));
    }

    [Fact]
    public async Task SoldOut_ManyBuyersForFewUnits_SellsExactlyThem()
    {
        var sku = await shop.NewProductAsync(5);
        using var shopper = await shop.NewShopperAsync();

        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(buyer => shopper.PlaceStubbornlyAsync($"k{buyer}", "tok_ok", (sku, 1))));
        var accepted = answers.Where(answer => answer.Status == HttpStatusCode.Accepted).ToList();
        foreach (var answer in accepted)
        {
            await shopper.FollowAsync(answer.Json.GetProperty("id").GetString()!, "Confirmed");
        }

        Assert.Equal(5, accepted.Count);
        Assert.All(answers.Except(accepted), answer => Assert.Equal((HttpStatusCode.Conflict, "sold-out"), (answer.Status, answer.Problem)));
        Assert.Equal(new Stock(5, 0, 0, 0, 5), await shopper.StockAsync(sku));
    }

    [Fact]
    public async Task Repeat_SameKeyAndBody_IsTheSameOrderAsPlaced()
    {
        using var shopper = await shop.NewShopperAsync();
        var sku = await shop.NewProductAsync(10);

        var first = await shopper.PlaceStubbornlyAsync("k", "tok_ok", (sku, 1));
        await shopper.FollowAsync(first.Json.GetProperty("id").GetString()!, "Confirmed");
        var again = await shopper.PlaceStubbornlyAsync("k", "tok_ok", (sku, 1));

        Assert.Equal(HttpStatusCode.Accepted, again.Status);
        Assert.Equal(["true"], again.Headers.GetValues("Idempotency-Replayed"));
        Assert.Equal(first.Body, again.Body);
        Assert.Equal(new Stock(10, 0, 9, 0, 1), await shopper.StockAsync(sku));
    }

    [Fact]
    public async Task Repeat_TwentyAtOnce_IsOneOrder()
    {
        using var shopper = await shop.NewShopperAsync();
        var sku = await shop.NewProductAsync(10);

        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => shopper.PlaceStubbornlyAsync("k", "tok_ok", (sku, 1))));
        var id = Assert.Single(answers.Select(answer => answer.Json.GetProperty("id").GetString()!).Distinct());
        await shopper.FollowAsync(id, "Confirmed");

        Assert.All(answers, answer => Assert.Equal(HttpStatusCode.Accepted, answer.Status));
        Assert.Equal(new Stock(10, 0, 9, 0, 1), await shopper.StockAsync(sku));
    }

    [Fact]
    public async Task Repeat_SameKeyOtherBody_IsRefusedWhicheverKindOfOrderCameFirst()
    {
        using var shopper = await shop.NewShopperAsync();
        var (first, second) = (await shop.NewProductAsync(10), await shop.NewProductAsync(10));

        await shopper.PlaceStubbornlyAsync("one", "tok_ok", (first, 1));
        await shopper.PlaceStubbornlyAsync("two", "tok_ok", (first, 1), (second, 1));
        Answer[] reused =
        [
            await shopper.PlaceStubbornlyAsync("one", "tok_ok", (first, 2)),
            await shopper.PlaceStubbornlyAsync("one", "tok_ok", (second, 1)),
            await shopper.PlaceStubbornlyAsync("one", "tok_slow", (first, 1)),
            await shopper.PlaceStubbornlyAsync("one", "tok_ok", (first, 1), (second, 1)),
            await shopper.PlaceStubbornlyAsync("two", "tok_ok", (first, 1)),
            await shopper.PlaceStubbornlyAsync("two", "tok_ok", (first, 1), (second, 2)),
        ];

        Assert.All(reused, answer => Assert.Equal(((HttpStatusCode)422, "idempotency-key-reused"), (answer.Status, answer.Problem)));
    }

    [Fact]
    public async Task Order_OfAnotherUser_DoesNotExist()
    {
        using var owner = await shop.NewShopperAsync();
        using var stranger = await shop.NewShopperAsync();
        var placed = await owner.PlaceStubbornlyAsync("k", "tok_ok", (await shop.NewProductAsync(5), 1));
        var id = placed.Json.GetProperty("id").GetString()!;
        await owner.FollowAsync(id, "Confirmed");

        Answer[] refused =
        [
            await stranger.ReadAsync($"/api/v1/orders/{id}"),
            await stranger.ReadAsync($"/api/v1/orders/{id}/events"),
            await stranger.ReadAsync($"/api/v1/payments/{id}"),
            await ShopClient.StubbornlyAsync(() => stranger.PostAsync($"/api/v1/orders/{id}/cancel", new { })),
        ];

        Assert.All(refused, answer => Assert.Equal((HttpStatusCode.NotFound, "not-found"), (answer.Status, answer.Problem)));
    }

    [Fact]
    public async Task Order_UnchangedSinceItsETag_IsNotSentAgain()
    {
        using var shopper = await shop.NewShopperAsync();
        var placed = await shopper.PlaceStubbornlyAsync("k", "tok_ok", (await shop.NewProductAsync(5), 1));
        var id = placed.Json.GetProperty("id").GetString()!;
        await shopper.FollowAsync(id, "Confirmed");
        var order = await shopper.ReadAsync($"/api/v1/orders/{id}");

        var unchanged = await ShopClient.StubbornlyAsync(() => shopper.GetAsync($"/api/v1/orders/{id}", ("If-None-Match", order.Headers.ETag!.ToString())));

        Assert.Equal("\"4\"", order.Headers.ETag!.ToString());
        Assert.Equal((HttpStatusCode.NotModified, ""), (unchanged.Status, unchanged.Body));
    }

    [Fact]
    public async Task List_OwnOrders_NewestFirstPagedAndFiltered()
    {
        using var shopper = await shop.NewShopperAsync();
        var sku = await shop.NewProductAsync(10);
        var ids = new List<string>();
        for (var n = 0; n < 3; n++)
        {
            ids.Add((await shopper.PlaceStubbornlyAsync($"k{n}", n == 1 ? "tok_declined" : "tok_ok", (sku, 1))).Json.GetProperty("id").GetString()!);
            await shopper.FollowAsync(ids[n], n == 1 ? "Cancelled" : "Confirmed");
        }

        var first = await shopper.ReadAsync("/api/v1/orders?limit=2");
        var second = await shopper.ReadAsync($"/api/v1/orders?limit=2&cursor={first.Json.GetProperty("nextCursor").GetString()}");
        var cancelled = await shopper.ReadAsync("/api/v1/orders?status=Cancelled");

        Assert.Equal([ids[2], ids[1]], Ids(first));
        Assert.Equal([ids[0]], Ids(second));
        Assert.Null(second.Json.GetProperty("nextCursor").GetString());
        Assert.Equal([ids[1]], Ids(cancelled));
    }

    [Fact]
    public async Task Timeline_OfAConfirmedOrder_TellsEveryStepInOneTrace()
    {
        using var shopper = await shop.NewShopperAsync();
        var sku = await shop.NewProductAsync(100);
        // Under one key, an order would belong to the trace of the attempt that reserved it, not of the one that was answered.
        var attempt = 0;
        var placed = await ShopClient.StubbornlyAsync(() => shopper.PlaceAsync($"k-{attempt++}", "tok_ok", (sku, 1)));
        var id = placed.Json.GetProperty("id").GetString()!;
        var trace = placed.Headers.GetValues("X-Trace-Id").Single();
        await shopper.FollowAsync(id, "Confirmed");

        var steps = (await shopper.ReadAsync($"/api/v1/orders/{id}/events")).Json.GetProperty("items").EnumerateArray().ToList();

        Assert.Equal(["Reserved", "AwaitingPayment", "Paid", "Confirmed"], steps.Select(step => step.GetProperty("status").GetString()));
        Assert.All(steps.Skip(1), step => Assert.Equal(trace, step.GetProperty("traceId").GetString()));
    }

    [Fact]
    public async Task Confirmed_Order_ReachesTheCustomersInboxOnce()
    {
        using var shopper = await shop.NewShopperAsync();
        var placed = await shopper.PlaceStubbornlyAsync("k", "tok_ok", (await shop.NewProductAsync(5), 1));
        var id = placed.Json.GetProperty("id").GetString()!;

        var inbox = await Eventually.Get(
            async () => (await shopper.ReadAsync("/api/v1/notifications")).Json.GetProperty("items").EnumerateArray().ToList(),
            items => items.Count > 0);

        var note = Assert.Single(inbox);
        Assert.Equal(("order-confirmed", id), (note.GetProperty("kind").GetString(), note.GetProperty("orderId").GetString()));
    }

    private static IEnumerable<string?> Ids(Answer page) =>
        page.Json.GetProperty("items").EnumerateArray().Select(order => order.GetProperty("id").GetString());
}
