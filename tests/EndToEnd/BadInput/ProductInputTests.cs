using System.Net;
using DaprShop.TestKit.Shop;

namespace DaprShop.Tests.EndToEnd.BadInput;

[Collection(SharedShop.Name)]
public sealed class ProductInputTests(ShopFixture shop)
{
    private static readonly object Product = new
    {
        name = "Another name",
        brand = "Test",
        category = "test",
        price = new { amount = 1, currency = "CNY" },
        description = "",
    };

    [Theory]
    [InlineData("""{"name":"","brand":"b","category":"c","price":{"amount":1,"currency":"CNY"},"description":""}""", "name")]
    [InlineData("""{"name":null,"brand":"b","category":"c","price":{"amount":1,"currency":"CNY"},"description":""}""", "name")]
    [InlineData("""{"brand":"b","category":"c","price":{"amount":1,"currency":"CNY"},"description":""}""", "name")]
    [InlineData("""{"name":"n","brand":" ","category":"c","price":{"amount":1,"currency":"CNY"},"description":""}""", "brand")]
    [InlineData("""{"name":"n","brand":"b","category":5,"price":{"amount":1,"currency":"CNY"},"description":""}""", "category")]
    [InlineData("""{"name":"n","brand":"b","category":"c","price":1,"description":""}""", "price")]
    [InlineData("""{"name":"n","brand":"b","category":"c","price":null,"description":""}""", "price")]
    [InlineData("""{"name":"n","brand":"b","category":"c","price":{},"description":""}""", "price.amount", "price.currency")]
    [InlineData("""{"name":"n","brand":"b","category":"c","price":{"amount":0,"currency":"CNY"},"description":""}""", "price.amount")]
    [InlineData("""{"name":"n","brand":"b","category":"c","price":{"amount":-1,"currency":"CNY"},"description":""}""", "price.amount")]
    [InlineData("""{"name":"n","brand":"b","category":"c","price":{"amount":1.5,"currency":"CNY"},"description":""}""", "price.amount")]
    [InlineData("""{"name":"n","brand":"b","category":"c","price":{"amount":"1","currency":"CNY"},"description":""}""", "price.amount")]
    [InlineData("""{"name":"n","brand":"b","category":"c","price":{"amount":9223372036854775808,"currency":"CNY"},"description":""}""", "price.amount")]
    [InlineData("""{"name":"n","brand":"b","category":"c","price":{"amount":1,"currency":"EUR"},"description":""}""", "price.currency")]
    [InlineData("""{"name":"n","brand":"b","category":"c","price":{"amount":1,"currency":null},"description":""}""", "price.currency")]
    [InlineData("""{"name":"n","brand":"b","category":"c","price":{"amount":1,"currency":"CNY"},"description":"","version":1}""", "version")]
    public async Task Put_OfTheWrongForm_CreatesNothing(string body, params string[] members)
    {
        const string path = "/api/v1/products/NEVER-CREATED";

        var answer = await shop.Operator.SendAsync(HttpMethod.Put, path, Bodies.Json(body));

        Refusal.Is(answer, 400, "validation", path, members);
        Refusal.Is(await shop.Operator.GetAsync(path), 404, "not-found", path);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("\"99\"")]
    [InlineData("W/\"1\"")]
    [InlineData("1")]
    [InlineData("\"é\"")]
    public async Task Put_WithoutThePresentETag_ChangesNothing(string? ifMatch)
    {
        var sku = await shop.NewProductAsync(1);
        var path = $"/api/v1/products/{sku}";

        var answer = await shop.Operator.PutAsync(path, Product, ifMatch is null ? [] : [("If-Match", ifMatch)]);

        Refusal.Is(answer, 412, "precondition-failed", path);
        Assert.Equal((1, $"Test product {sku}"), await VersionAndNameAsync(path));
    }

    [Fact]
    public async Task Put_WithTheETagOfBefore_ChangesNothing()
    {
        var sku = await shop.NewProductAsync(1);
        var path = $"/api/v1/products/{sku}";
        var changed = await shop.Operator.PutAsync(path, Product, ("If-Match", "\"1\""));

        var answer = await shop.Operator.PutAsync(path, Product, ("If-Match", "\"1\""));

        Assert.Equal((HttpStatusCode.OK, "\"2\""), (changed.Status, changed.Headers.ETag!.ToString()));
        Refusal.Is(answer, 412, "precondition-failed", path);
        Assert.Equal((2, "Another name"), await VersionAndNameAsync(path));
    }

    [Theory]
    [InlineData("\"1\"")]
    [InlineData("*")]
    public async Task Put_OfNothingWithIfMatch_CreatesNothing(string ifMatch)
    {
        const string path = "/api/v1/products/NEVER-CREATED";

        var answer = await shop.Operator.PutAsync(path, Product, ("If-Match", ifMatch));

        Refusal.Is(answer, 412, "precondition-failed", path);
        Refusal.Is(await shop.Operator.GetAsync(path), 404, "not-found", path);
    }

    [Theory]
    [InlineData("sku-1")]
    [InlineData("SKU_1")]
    [InlineData("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456")]
    public async Task Put_UnderAnImpossibleSku_NamesIt(string sku)
    {
        var path = $"/api/v1/products/{sku}";

        Refusal.Is(await shop.Operator.PutAsync(path, Product), 400, "validation", path, "sku");
    }

    private async Task<(int Version, string? Name)> VersionAndNameAsync(string path)
    {
        var product = (await shop.Operator.GetAsync(path)).Json;
        return (product.GetProperty("version").GetInt32(), product.GetProperty("name").GetString());
    }
}
