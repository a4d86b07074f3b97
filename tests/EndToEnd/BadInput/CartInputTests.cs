using System.Globalization;
using System.Net;
using DaprShop.TestKit.Shop;

namespace DaprShop.Tests.EndToEnd.BadInput;

/// <summary>Nothing that is refused changes a cart or makes an order of it.</summary>
[Collection(SharedShop.Name)]
public sealed class CartInputTests(ShopFixture shop)
{
    private const string Checkout = "/api/v1/cart/checkout";

    [Theory]
    [InlineData("0")]
    [InlineData("-1")]
    [InlineData("1000")]
    [InlineData("2147483648")]
    [InlineData("1.5")]
    [InlineData("\"1\"")]
    [InlineData("null")]
    [InlineData("[1]")]
    public Task Put_ByAnImpossibleQuantity_ChangesNothing(string quantity) =>
        RefusesAsync("SKU-1001", $$"""{"quantity":{{quantity}}}""", "quantity");

    [Theory]
    [InlineData("sku-1001")]
    [InlineData("-SKU")]
    [InlineData("SKU_1")]
    [InlineData("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456")]
    [InlineData("NO-SUCH-SKU")]
    public Task Put_OfAnImpossibleProduct_NamesIt(string sku) => RefusesAsync(sku, """{"quantity":1}""", "sku");

    [Theory]
    [InlineData("{}", "quantity")]
    [InlineData("""{"quantity":1,"sku":"SKU-1001"}""", "sku")]
    [InlineData("""{"quantity":1,"quantity":2}""", "quantity")]
    public Task Put_OfTheWrongForm_NamesTheMember(string body, string member) => RefusesAsync("SKU-1001", body, member);

    [Fact]
    public Task Put_WrongInTwoPlaces_NamesBoth() => RefusesAsync("sku-1001", """{"quantity":0}""", "sku", "quantity");

    [Fact]
    public async Task Put_BeyondTheLimit_SaysWhatToDo()
    {
        using var shopper = await shop.NewShopperAsync();
        for (var number = 1001; number <= 1024; number++)
        {
            await PutAsync(shopper, string.Create(CultureInfo.InvariantCulture, $"SKU-{number}"));
        }

        for (var line = 24; line < 50; line++)
        {
            await PutAsync(shopper, await shop.NewProductAsync(1));
        }

        var sku = await shop.NewProductAsync(1);
        var path = $"/api/v1/cart/items/{sku}";
        var refused = await shopper.PutAsync(path, new { quantity = 1 });
        var known = await shopper.PutAsync("/api/v1/cart/items/SKU-1001", new { quantity = 9 });

        Refusal.Is(refused, 409, "illegal-transition", path);
        Assert.Contains("take one out", refused.Json.GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.Equal((HttpStatusCode.OK, 50), (known.Status, known.Json.GetProperty("items").GetArrayLength()));
    }

    [Theory]
    [InlineData("sku-1001")]
    [InlineData("SKU_1")]
    public async Task Delete_OfAnImpossibleProduct_NamesIt(string sku)
    {
        using var shopper = await shop.NewShopperAsync();

        var answer = await shopper.SendAsync(HttpMethod.Delete, $"/api/v1/cart/items/{sku}", content: null);

        Refusal.Is(answer, 400, "validation", $"/api/v1/cart/items/{sku}", "sku");
    }

    [Theory]
    [InlineData("{}", "payment")]
    [InlineData("""{"payment":null}""", "payment")]
    [InlineData("""{"payment":{}}""", "payment.source")]
    [InlineData("""{"payment":{"source":"tok ok"}}""", "payment.source")]
    [InlineData("""{"payment":{"source":"tok_ok"},"items":[]}""", "items")]
    public async Task Checkout_OfTheWrongForm_LeavesTheCart(string body, string member)
    {
        using var shopper = await shop.NewShopperAsync();
        await PutAsync(shopper, "SKU-1001");

        var answer = await shopper.PostTextAsync(Checkout, body, ("Idempotency-Key", "k"));

        Refusal.Is(answer, 400, "validation", Checkout, member);
        await HasOnlyAsync(shopper, "SKU-1001");
    }

    [Theory]
    [InlineData(null, "idempotency-key-missing")]
    [InlineData("", "idempotency-key-missing")]
    [InlineData("clé", "validation")]
    public async Task Checkout_WithoutAnAsciiKey_LeavesTheCart(string? key, string problem)
    {
        using var shopper = await shop.NewShopperAsync();
        await PutAsync(shopper, "SKU-1001");

        var answer = await shopper.PostAsync(Checkout, new { payment = new { source = "tok_ok" } }, key is null ? [] : [("Idempotency-Key", key)]);

        Refusal.Is(answer, 400, problem, Checkout, problem == "validation" ? ["Idempotency-Key"] : []);
        await HasOnlyAsync(shopper, "SKU-1001");
    }

    [Fact]
    public async Task Checkout_OfAnEmptyCart_SaysWhatToDo()
    {
        using var shopper = await shop.NewShopperAsync();

        var answer = await shopper.PostAsync(Checkout, new { payment = new { source = "tok_ok" } }, ("Idempotency-Key", "k"));

        Refusal.Is(answer, 409, "illegal-transition", Checkout);
        Assert.Contains("PUT /api/v1/cart/items/{sku}", answer.Json.GetProperty("detail").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("GET", "/api/v1/cart")]
    [InlineData("PUT", "/api/v1/cart/items/SKU-1001")]
    [InlineData("DELETE", "/api/v1/cart/items/SKU-1001")]
    [InlineData("POST", Checkout)]
    public async Task Cart_OfNobody_IsRefused(string method, string path)
    {
        using var anonymous = ShopClient.Anonymous(shop.Gateway);

        var answer = await anonymous.SendAsync(new HttpMethod(method), path, content: null);

        Refusal.Is(answer, 401, "unauthenticated", path);
    }

    private static Task PutAsync(ShopClient shopper, string sku) => CartTests.PutAsync(shopper, sku, 1);

    private static async Task HasOnlyAsync(ShopClient shopper, string sku)
    {
        var items = (await shopper.ReadAsync("/api/v1/cart")).Json.GetProperty("items");
        Assert.Equal(sku, Assert.Single(items.EnumerateArray()).GetProperty("sku").GetString());
    }

    private async Task RefusesAsync(string sku, string body, params string[] members)
    {
        using var shopper = await shop.NewShopperAsync();
        var path = $"/api/v1/cart/items/{sku}";

        var answer = await shopper.SendAsync(HttpMethod.Put, path, Bodies.Json(body));

        Refusal.Is(answer, 400, "validation", path, members);
        Assert.Equal("""{"items":[],"version":0,"changedAt":null}""", (await shopper.ReadAsync("/api/v1/cart")).Body);
    }
}
