using System.Net;
using DaprShop.Catalog;
using DaprShop.Catalog.Products;
using DaprShop.Catalog.Publishing;
using DaprShop.Catalog.Seeding;
using DaprShop.Contracts;
using DaprShop.Contracts.Api;
using DaprShop.Contracts.Catalog;
using DaprShop.Contracts.Events;
using DaprShop.TestKit;

namespace DaprShop.Tests.Catalog;

public sealed class CatalogTests : IAsyncLifetime
{
    private const string Body = """{"name":"Shoes","brand":"B","category":"sports","price":{"amount":100,"currency":"CNY"},"description":"d"}""";
    private static readonly (string, string) Operator = ("shop-role", "operator");
    private static readonly (string, string) User = ("shop-user", "operator-1");
    private FakeSidecar _sidecar = null!;
    private RunningService _catalog = null!;

    public async Task InitializeAsync()
    {
        _sidecar = await FakeSidecar.StartAsync();
        _catalog = await StartAsync();
    }

    public async Task DisposeAsync()
    {
        await _catalog.DisposeAsync();
        await _sidecar.DisposeAsync();
    }

    [Fact]
    public async Task Seed_FreshStore_ListsSixProductsInEachOfFourCategories()
    {
        var products = await AllAsync("limit=7");

        Assert.Equal(SeedProducts.Skus, products.Select(product => product.Sku));
        Assert.Equal([6, 6, 6, 6], products.GroupBy(product => product.Category).Select(group => group.Count()));
        Assert.All(products, product => Assert.True(product.Price is { Amount: > 0, Currency: "CNY" }));
        Assert.Equal(6, (await AllAsync("limit=4&category=home")).Count);
        Assert.Empty(await AllAsync("category=none"));
    }

    [Fact]
    public async Task Seed_TwoReplicasAndAChangedProduct_AddsNothingAndUndoesNothing()
    {
        await _catalog.SendAsync(HttpMethod.Put, "/api/v1/products/SKU-1001", Body, User, Operator, ("If-Match", "\"1\""));

        await using var second = await StartAsync();

        Assert.Equal("Shoes", (await (await second.SendAsync(HttpMethod.Get, "/api/v1/products/SKU-1001")).JsonAsync()).GetProperty("name").GetString());
        Assert.Equal(24, (await AllAsync("limit=100")).Count);
    }

    [Fact]
    public async Task Get_Product_HasAnETagThatSaves()
    {
        var first = await _catalog.SendAsync(HttpMethod.Get, "/api/v1/products/SKU-1001");
        var again = await _catalog.SendAsync(HttpMethod.Get, "/api/v1/products/SKU-1001", null, ("If-None-Match", first.Headers.ETag!.Tag));
        var none = await _catalog.SendAsync(HttpMethod.Get, "/api/v1/products/SKU-0");

        Assert.Equal("\"1\"", first.Headers.ETag.Tag);
        Assert.Equal(129_900, (await first.JsonAsync()).GetProperty("price").GetProperty("amount").GetInt64());
        Assert.Equal(HttpStatusCode.NotModified, again.StatusCode);
        Assert.Equal("not-found", await none.ProblemAsync());
    }

    [Theory]
    [InlineData("SKU-1001", null, 412)]
    [InlineData("SKU-1001", "\"2\"", 412)]
    [InlineData("SKU-1001", "W/\"1\"", 412)]
    [InlineData("SKU-1001", "\"1\"", 200)]
    [InlineData("SKU-1001", "*", 200)]
    [InlineData("SKU-NEW", null, 201)]
    [InlineData("SKU-NEW", "\"1\"", 412)]
    public async Task Put_Precondition_Decides(string sku, string? ifMatch, int status)
    {
        (string, string)[] headers = ifMatch is null ? [User, Operator] : [User, Operator, ("If-Match", ifMatch)];

        var answer = await _catalog.SendAsync(HttpMethod.Put, $"/api/v1/products/{sku}", Body, headers);

        Assert.Equal(status, (int)answer.StatusCode);
        if (status == 412)
        {
            Assert.Equal("precondition-failed", await answer.ProblemAsync());
        }
        else
        {
            var version = status == 201 ? 1 : 2;
            Assert.Equal($"\"{version}\"", answer.Headers.ETag?.Tag);
            Assert.Equal(version, (await answer.JsonAsync()).GetProperty("version").GetInt64());
            Assert.Contains(await AllAsync("limit=100"), product => product.Sku == sku && product.Name == "Shoes");
        }
    }

    [Fact]
    public async Task Put_Change_IsPublishedOnceWithItsType()
    {
        await _catalog.SendAsync(HttpMethod.Put, "/api/v1/products/SKU-1001", Body, User, Operator, ("If-Match", "\"1\""));

        var published = await Eventually.Get(() => _sidecar.Published.ToArray(), all => all.Length > 0);
        await _catalog.Get<ProductRelay>().PublishAllAsync(default);

        Assert.StartsWith("/v1.0/publish/pubsub/catalog?", published.Single().Path);
        Assert.Contains("metadata.cloudevent.type=" + ProductChanged.Type, Uri.UnescapeDataString(published.Single().Path));
        Assert.Equal(2, published.Single().Json.GetProperty("version").GetInt64());
    }

    [Fact]
    public async Task Put_BadInput_NamesEveryMember()
    {
        var answer = await _catalog.SendAsync(
            HttpMethod.Put, "/api/v1/products/SKU-1", """{"name":" ","brand":"","category":"","price":{"amount":0,"currency":"USD"},"description":""}""", User, Operator);

        Assert.Equal(["brand", "category", "name", "price.amount", "price.currency"], await answer.ErrorMembersAsync());
    }

    [Fact]
    public async Task Put_ByACustomer_Is403()
    {
        var answer = await _catalog.SendAsync(HttpMethod.Put, "/api/v1/products/SKU-1", Body, User, ("shop-role", "customer"));

        Assert.Equal("forbidden", await answer.ProblemAsync());
    }

    [Fact]
    public async Task Put_StoreIsDown_Is503()
    {
        _sidecar.StoreIsUp = false;

        var answer = await _catalog.SendAsync(HttpMethod.Put, "/api/v1/products/SKU-1", Body, User, Operator);

        Assert.Equal("dependency-unavailable", await answer.ProblemAsync());
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await _catalog.SendAsync(HttpMethod.Get, "/health")).StatusCode);
    }

    [Fact]
    public async Task Prices_KnownAndUnknown_GivesTheKnown()
    {
        var answer = await _catalog.SendAsync(
            HttpMethod.Post, "/internal/products/prices", """{"skus":["SKU-1002","NOPE","SKU-1001","SKU-1002"],"since":"later"}""");

        var items = (await answer.JsonAsync()).GetProperty("items").EnumerateArray().Select(item => item.GetProperty("sku").GetString());
        Assert.Equal(["SKU-1002", "SKU-1001"], items);
    }

    [Fact]
    public void Decide_EventsPileUp_IsBackloggedAtThirtyTwo()
    {
        var request = new PutProduct("n", "b", "c", new Money(1, "CNY"), "d");
        var document = ((ProductDecision.Written)ProductDecision.Make(null, "s", request, null, default)).Document;
        while (document.Unpublished.Count < ProductDocument.MostUnpublished)
        {
            document = ((ProductDecision.Written)ProductDecision.Make(document, "s", request, _ => true, default)).Document;
        }

        Assert.IsType<ProductDecision.Backlogged>(ProductDecision.Make(document, "s", request, _ => true, default));
        Assert.Equal(32, document.Unpublished.Select(change => change.EventId).Distinct().Count());
    }

    [Fact]
    public void Index_PageIsFull_LeavesTheRestForTheNext()
    {
        var skus = Enumerable.Range(0, ProductIndex.PageSize + 2).Select(number => $"S{number}").ToArray();

        var first = ProductIndex.Enter(null, skus);
        var again = ProductIndex.Enter(first.Next, skus);

        Assert.Equal(ProductIndex.PageSize, first.Next!.Skus.Count);
        Assert.Equal(skus[ProductIndex.PageSize..], first.Result);
        Assert.Null(again.Next);
        Assert.Equal(skus[ProductIndex.PageSize..], again.Result);
    }

    [Fact]
    public void Outbox_PublishedSku_IsKeptWhileItsSwapMayStillCome()
    {
        var now = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
        var document = new OutboxDocument(new Dictionary<string, DateTimeOffset> { ["old"] = now.AddMinutes(-2), ["new"] = now.AddSeconds(-5) });

        var change = ProductOutbox.Without(document, ["old", "new"], now);

        Assert.Equal(["new"], change.Next!.Entered.Keys);
    }

    private async Task<RunningService> StartAsync()
    {
        var catalog = await RunningService.StartAsync(CatalogHost.Build, _sidecar, arguments: "--Catalog:CacheFor=00:00:00");
        await Eventually.True(() => catalog.Get<SeedState>().Done);
        return catalog;
    }

    private async Task<IReadOnlyList<Product>> AllAsync(string query)
    {
        var products = new List<Product>();
        for (string? cursor = ""; cursor is not null;)
        {
            var page = await (await _catalog.SendAsync(HttpMethod.Get, $"/api/v1/products?{query}{(cursor.Length > 0 ? "&cursor=" + cursor : "")}")).JsonAsync();
            products.AddRange(page.GetProperty("items").EnumerateArray().Select(item =>
                System.Text.Json.JsonSerializer.Deserialize<Product>(item, DaprShop.ServiceDefaults.Json.ShopJson.Documents)!));
            cursor = page.GetProperty("nextCursor").GetString();
        }

        return products;
    }
}
