using System.Net;
using DaprShop.TestKit.Shop;

namespace DaprShop.Tests.EndToEnd.BadInput;

[Collection(SharedShop.Name)]
public sealed class StockInputTests(ShopFixture shop)
{
    [Theory]
    [InlineData("""{"initial":-1}""", "initial")]
    [InlineData("""{"initial":1.5}""", "initial")]
    [InlineData("""{"initial":"1"}""", "initial")]
    [InlineData("""{"initial":null}""", "initial")]
    [InlineData("""{"initial":1000000001}""", "initial")]
    [InlineData("""{"initial":2147483648}""", "initial")]
    [InlineData("{}", "initial")]
    [InlineData("""{"initial":1,"buckets":0}""", "buckets")]
    [InlineData("""{"initial":1,"buckets":65}""", "buckets")]
    [InlineData("""{"initial":1,"buckets":"1"}""", "buckets")]
    [InlineData("""{"initial":1,"strategy":"naive"}""", "strategy")]
    [InlineData("""{"initial":1,"strategy":""}""", "strategy")]
    [InlineData("""{"initial":1,"strategy":"GroupCommit"}""", "strategy")]
    [InlineData("""{"initial":1,"strategy":"ETAG"}""", "strategy")]
    [InlineData("""{"initial":1,"strategy":1}""", "strategy")]
    [InlineData("""{"initial":1,"reserved":1}""", "reserved")]
    [InlineData("""{"initial":1,"initial":2}""", "initial")]
    public async Task Create_OfTheWrongForm_CreatesNothing(string body, string member)
    {
        const string path = "/api/v1/stock/NEVER-CREATED";

        var answer = await shop.Operator.SendAsync(HttpMethod.Put, path, Bodies.Json(body));

        Refusal.Is(answer, 400, "validation", path, member);
        Refusal.Is(await shop.Operator.GetAsync(path), 404, "not-found", path);
    }

    [Theory]
    [InlineData("sku-1")]
    [InlineData("-SKU")]
    [InlineData("SKU_1")]
    [InlineData("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456")]
    public async Task Create_UnderAnImpossibleSku_NamesIt(string sku)
    {
        var path = $"/api/v1/stock/{sku}";

        var answer = await shop.Operator.PutAsync(path, new { initial = 1 });

        Refusal.Is(answer, 400, "validation", path, "sku");
    }

    [Fact]
    public async Task Create_Twice_KeepsTheFirst()
    {
        var sku = await shop.NewProductAsync(5);
        var path = $"/api/v1/stock/{sku}";

        var answer = await shop.Operator.PutAsync(path, new { initial = 7 });

        Refusal.Is(answer, 409, "illegal-transition", path);
        Assert.Equal(new Stock(5, 0, 5, 0, 0), await shop.Operator.StockAsync(sku));
    }

    [Theory]
    [InlineData("0")]
    [InlineData("-1")]
    [InlineData("1.5")]
    [InlineData("\"1\"")]
    [InlineData("null")]
    [InlineData("1e309")]
    [InlineData("1000000001")]
    [InlineData("2147483648")]
    public async Task Restock_ByAnImpossibleQuantity_ChangesNothing(string quantity)
    {
        var sku = await shop.NewProductAsync(5);
        var path = $"/api/v1/stock/{sku}/restocks";

        var answer = await shop.Operator.PostTextAsync(path, $$"""{"quantity":{{quantity}}}""", ("Idempotency-Key", "k"));

        Refusal.Is(answer, 400, "validation", path, "quantity");
        Assert.Equal(new Stock(5, 0, 5, 0, 0), await shop.Operator.StockAsync(sku));
    }

    [Theory]
    [InlineData(null, "idempotency-key-missing")]
    [InlineData("", "idempotency-key-missing")]
    [InlineData("clé", "validation")]
    public async Task Restock_WithoutAnAsciiKey_ChangesNothing(string? key, string problem)
    {
        var sku = await shop.NewProductAsync(5);
        var path = $"/api/v1/stock/{sku}/restocks";

        var answer = await shop.Operator.PostTextAsync(path, """{"quantity":1}""", key is null ? [] : [("Idempotency-Key", key)]);

        Refusal.Is(answer, 400, problem, path, problem == "validation" ? ["Idempotency-Key"] : []);
        Assert.Equal(new Stock(5, 0, 5, 0, 0), await shop.Operator.StockAsync(sku));
    }

    [Theory]
    [InlineData("NO-SUCH-SKU")]
    [InlineData("no-such-sku")]
    public async Task Restock_OfAnUnknownSku_DoesNotExist(string sku)
    {
        var path = $"/api/v1/stock/{sku}/restocks";

        var answer = await shop.Operator.PostAsync(path, new { quantity = 1 }, ("Idempotency-Key", "k"));

        Refusal.Is(answer, 404, "not-found", path);
    }

    [Fact]
    public async Task Restock_WithAKnownKey_ReplaysOrRefusesButAddsOnce()
    {
        var sku = await shop.NewProductAsync(5);
        var path = $"/api/v1/stock/{sku}/restocks";

        var first = await shop.Operator.PostAsync(path, new { quantity = 3 }, ("Idempotency-Key", "k"));
        var replay = await shop.Operator.PostAsync(path, new { quantity = 3 }, ("Idempotency-Key", "k"));
        var reuse = await shop.Operator.PostAsync(path, new { quantity = 4 }, ("Idempotency-Key", "k"));

        Assert.Equal(
            (HttpStatusCode.OK, false, HttpStatusCode.OK, true),
            (first.Status, IsReplay(first), replay.Status, IsReplay(replay)));
        Refusal.Is(reuse, 422, "idempotency-key-reused", path);
        Assert.Equal(new Stock(5, 3, 8, 0, 0), await shop.Operator.StockAsync(sku));
    }

    [Fact]
    public async Task Restock_WithTheKeyOfAnotherSku_IsAnotherRestock()
    {
        var one = await shop.NewProductAsync(5);
        var other = await shop.NewProductAsync(5);
        await shop.Operator.PostAsync($"/api/v1/stock/{one}/restocks", new { quantity = 3 }, ("Idempotency-Key", "same"));

        var answer = await shop.Operator.PostAsync($"/api/v1/stock/{other}/restocks", new { quantity = 4 }, ("Idempotency-Key", "same"));

        Assert.Equal((HttpStatusCode.OK, false), (answer.Status, IsReplay(answer)));
        Assert.Equal(new Stock(5, 4, 9, 0, 0), await shop.Operator.StockAsync(other));
    }

    private static bool IsReplay(Answer answer) => answer.Headers.Contains("Idempotency-Replayed");
}
