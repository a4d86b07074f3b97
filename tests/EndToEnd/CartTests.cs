using System.Globalization;
using System.Net;
using DaprShop.TestKit.Shop;

namespace DaprShop.Tests.EndToEnd;

[Collection(SharedShop.Name)]
public sealed class CartTests(ShopFixture shop)
{
    [Fact]
    public async Task Cart_FilledAndChanged_IsAsLastSaid()
    {
        using var shopper = await shop.NewShopperAsync();

        var first = await PutAsync(shopper, "SKU-1001", 2);
        var second = await PutAsync(shopper, "SKU-1002", 1);
        var changed = await PutAsync(shopper, "SKU-1001", 5);
        var repeated = await PutAsync(shopper, "SKU-1001", 5);
        var removed = await DeleteAsync(shopper, "SKU-1002");
        var again = await DeleteAsync(shopper, "SKU-1002");
        var cart = await shopper.ReadAsync("/api/v1/cart");

        Assert.Equal(["SKU-1001 x2"], Items(first));
        Assert.Equal(["SKU-1001 x2", "SKU-1002 x1"], Items(second));
        Assert.Equal(["SKU-1001 x5", "SKU-1002 x1"], Items(changed));
        Assert.Equal(changed.Body, repeated.Body);
        Assert.Equal((HttpStatusCode.OK, removed.Body), (again.Status, again.Body));
        Assert.Equal((HttpStatusCode.OK, removed.Body), (cart.Status, cart.Body));
        Assert.Equal(4, cart.Json.GetProperty("version").GetInt64());
        Assert.Equal(["SKU-1001 x5"], Items(cart));
    }

    [Fact]
    public async Task Cart_ChangedByManyAtOnce_LosesNothing()
    {
        using var shopper = await shop.NewShopperAsync();

        await Task.WhenAll(Enumerable.Range(1001, 20).Select(
            number => PutAsync(shopper, string.Create(CultureInfo.InvariantCulture, $"SKU-{number}"), number - 1000)));
        var cart = await shopper.ReadAsync("/api/v1/cart");

        Assert.Equal(
            Enumerable.Range(1001, 20).Select(number => string.Create(CultureInfo.InvariantCulture, $"SKU-{number} x{number - 1000}")),
            Items(cart).Order(StringComparer.Ordinal));
        Assert.Equal(20, cart.Json.GetProperty("version").GetInt64());
    }

    [Fact]
    public async Task Cart_OfAnotherCustomer_IsAnother()
    {
        using var one = await shop.NewShopperAsync();
        using var other = await shop.NewShopperAsync();

        await PutAsync(one, "SKU-1001", 1);

        Assert.Equal("""{"items":[],"version":0,"changedAt":null}""", (await other.ReadAsync("/api/v1/cart")).Body);
    }

    [Fact]
    public async Task Checkout_OfACart_IsAnOrderAndEmptiesIt()
    {
        using var shopper = await shop.NewShopperAsync();
        var (first, second) = (await shop.NewProductAsync(10), await shop.NewProductAsync(10));
        await PutAsync(shopper, first, 3);
        await PutAsync(shopper, second, 1);

        var placed = await CheckoutAsync(shopper, "k", "tok_ok");
        var cart = await shopper.ReadAsync("/api/v1/cart");
        await PutAsync(shopper, first, 1);
        var repeated = await CheckoutAsync(shopper, "k", "tok_ok");
        var reused = await CheckoutAsync(shopper, "k", "tok_slow");
        var id = placed.Json.GetProperty("id").GetString()!;
        var order = await shopper.FollowAsync(id, "Confirmed");

        Assert.Equal((HttpStatusCode.Accepted, $"/api/v1/orders/{id}"), (placed.Status, placed.Headers.Location!.ToString()));
        Assert.False(placed.Headers.Contains("Idempotency-Replayed"));
        Assert.Equal([$"{first} x3", $"{second} x1"], Items(placed));
        Assert.Empty(Items(cart));
        Assert.Equal((HttpStatusCode.Accepted, placed.Body), (repeated.Status, repeated.Body));
        Assert.Equal(["true"], repeated.Headers.GetValues("Idempotency-Replayed"));
        Assert.Equal(((HttpStatusCode)422, "idempotency-key-reused"), (reused.Status, reused.Problem));
        Assert.Equal(5000, order.GetProperty("total").GetProperty("amount").GetInt64());
        Assert.Equal([$"{first} x1"], Items(await shopper.ReadAsync("/api/v1/cart")));
        Assert.Equal(new Stock(10, 0, 7, 0, 3), await shopper.StockAsync(first));
        Assert.Equal(new Stock(10, 0, 9, 0, 1), await shopper.StockAsync(second));
    }

    [Fact]
    public async Task Checkout_TwentyAtOnceUnderOneKey_IsOneOrder()
    {
        using var shopper = await shop.NewShopperAsync();
        var sku = await shop.NewProductAsync(50);
        await PutAsync(shopper, sku, 2);

        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => CheckoutAsync(shopper, "k", "tok_ok")));
        var ids = answers.Where(answer => answer.Status == HttpStatusCode.Accepted).Select(answer => answer.Json.GetProperty("id").GetString()!).Distinct().ToList();
        foreach (var id in ids)
        {
            await shopper.FollowAsync(id, "Confirmed");
        }

        Assert.Single(ids);
        Assert.All(answers, answer => Assert.True(answer.Status == HttpStatusCode.Accepted, answer.Body));
        Assert.Empty(Items(await shopper.ReadAsync("/api/v1/cart")));
        Assert.Equal(new Stock(50, 0, 48, 0, 2), await shopper.StockAsync(sku));
    }

    [Fact]
    public async Task Checkout_RefusedAsSoldOut_KeepsTheCartAndMaySucceedUnderTheSameKey()
    {
        using var shopper = await shop.NewShopperAsync();
        var sku = await shop.NewProductAsync(1);
        await PutAsync(shopper, sku, 2);

        var refused = await CheckoutAsync(shopper, "k", "tok_ok");
        var kept = await shopper.ReadAsync("/api/v1/cart");
        await PutAsync(shopper, sku, 1);
        var placed = await CheckoutAsync(shopper, "k", "tok_ok");
        await shopper.FollowAsync(placed.Json.GetProperty("id").GetString()!, "Confirmed");

        Assert.Equal((HttpStatusCode.Conflict, "sold-out"), (refused.Status, refused.Problem));
        Assert.Equal([$"{sku} x2"], Items(kept));
        Assert.Equal([$"{sku} x1"], Items(placed));
        Assert.Empty(Items(await shopper.ReadAsync("/api/v1/cart")));
        Assert.Equal(new Stock(1, 0, 0, 0, 1), await shopper.StockAsync(sku));
    }

    /// <summary>Said again, it changes nothing: neither the items nor the version.</summary>
    internal static async Task<Answer> PutAsync(ShopClient shopper, string sku, int quantity)
    {
        var answer = await ShopClient.StubbornlyAsync(() => shopper.PutAsync($"/api/v1/cart/items/{sku}", new { quantity }));
        Assert.True(answer.Status == HttpStatusCode.OK, answer.Body);
        return answer;
    }

    internal static Task<Answer> CheckoutAsync(ShopClient shopper, string key, string source) => ShopClient.StubbornlyAsync(
        () => shopper.PostAsync("/api/v1/cart/checkout", new { payment = new { source } }, ("Idempotency-Key", key)));

    private static Task<Answer> DeleteAsync(ShopClient shopper, string sku) =>
        ShopClient.StubbornlyAsync(() => shopper.SendAsync(HttpMethod.Delete, $"/api/v1/cart/items/{sku}", content: null));

    internal static IReadOnlyList<string> Items(Answer answer) =>
        [.. answer.Json.GetProperty("items").EnumerateArray().Select(item => $"{item.GetProperty("sku").GetString()} x{item.GetProperty("quantity").GetInt32()}")];
}
