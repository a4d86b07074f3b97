using System.Net;
using DaprShop.TestKit;
using DaprShop.TestKit.Shop;
using DaprShop.Tests.EndToEnd.BadInput;

namespace DaprShop.Tests.EndToEnd;

/// <summary>The whole shop with the loyalty service, as <c>run -f dapr.polyglot.yaml</c> starts it.</summary>
public sealed class PolyglotShop : IAsyncLifetime
{
    public RunningShop Shop { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        await LoyaltyBuild.Done;
        // No short times: nothing here waits for one to run out, and a busy machine must not cancel an order.
        Shop = await RunningShop.StartAsync(topology: TopologyCopy.Polyglot);
    }

    public async Task DisposeAsync() => await Shop.DisposeAsync();
}

public sealed class PolyglotShopTests(PolyglotShop polyglot) : IClassFixture<PolyglotShop>
{
    private const string Points = "/api/v1/points";

    private readonly string _gateway = polyglot.Shop.Gateway;

    [Fact]
    public async Task Points_AfterAConfirmedOrder_AreOnePerUnitOfTheTotal()
    {
        using var shopper = await ShopClient.SignInAsync(_gateway, "shopper-1");
        var order = (await shopper.PlaceStubbornlyAsync("k", "tok_ok", ("SKU-1001", 2), ("SKU-1002", 1))).Json;
        var id = order.GetProperty("id").GetString()!;
        await shopper.FollowAsync(id, "Confirmed");
        var total = order.GetProperty("total").GetProperty("amount").GetInt64();

        var points = await Eventually.Get(
            async () => await shopper.GetAsync(Points), answer => answer.Status == HttpStatusCode.OK && answer.Json.GetProperty("entries").GetArrayLength() > 0);

        Assert.Equal("application/json", points.ContentType);
        Assert.Equal(total / 100, points.Json.GetProperty("balance").GetInt64());
        var entry = Assert.Single(points.Json.GetProperty("entries").EnumerateArray());
        Assert.Equal((id, total / 100), (entry.GetProperty("orderId").GetString(), entry.GetProperty("points").GetInt64()));
        Assert.Equal(order.GetProperty("total").GetRawText(), entry.GetProperty("total").GetRawText());
        Assert.Equal("null", points.Json.GetProperty("nextCursor").GetRawText());
    }

    [Fact]
    public async Task Points_OfAnOrderThatWasCancelled_AreNone()
    {
        using var shopper = await ShopClient.SignInAsync(_gateway, "shopper-2");
        var declined = (await shopper.PlaceStubbornlyAsync("k1", "tok_declined", ("SKU-1003", 1))).Json.GetProperty("id").GetString()!;
        await shopper.FollowAsync(declined, "Cancelled");
        var paid = (await shopper.PlaceStubbornlyAsync("k2", "tok_ok", ("SKU-1003", 1))).Json.GetProperty("id").GetString()!;
        await shopper.FollowAsync(paid, "Confirmed");

        // The inbox tells that both events have gone out.
        await Eventually.Get(
            async () => (await shopper.ReadAsync("/api/v1/notifications")).Json.GetProperty("items").GetArrayLength(), count => count == 2);
        var points = await Eventually.Get(
            async () => (await shopper.ReadAsync(Points)).Json, json => json.GetProperty("entries").GetArrayLength() > 0);

        Assert.Equal(paid, Assert.Single(points.GetProperty("entries").EnumerateArray()).GetProperty("orderId").GetString());
    }

    [Fact]
    public async Task Points_WithoutAToken_AreRefused()
    {
        using var stranger = ShopClient.Anonymous(_gateway);

        Refusal.Is(await stranger.GetAsync(Points, ("shop-user", "shopper-1")), 401, "unauthenticated", Points);
    }

    [Fact]
    public async Task Points_AskedForAsSomebodyElse_AreTheCallersOwn()
    {
        using var shopper = await ShopClient.SignInAsync(_gateway, "shopper-3");

        var answer = await shopper.GetAsync($"{Points}?user=shopper-1&shop-user=shopper-1", ("shop-user", "shopper-1"));

        Assert.Equal((HttpStatusCode.OK, """{"balance":0,"entries":[],"nextCursor":null}"""), (answer.Status, answer.Body));
    }

    [Theory]
    [InlineData("limit=0", "limit")]
    [InlineData("limit=101", "limit")]
    [InlineData("limit=x", "limit")]
    [InlineData("limit=", "limit")]
    [InlineData("limit=1&limit=2", "limit")]
    [InlineData("limit=99999999999", "limit")]
    [InlineData("cursor=x", "cursor")]
    [InlineData("cursor=", "cursor")]
    [InlineData("cursor=%00", "cursor")]
    [InlineData("cursor=WyJub25zZW5zZSIsIjEiXQ", "cursor")]
    [InlineData("cursor=WyJpbmJveCIsIjEiXQ", "cursor")]
    [InlineData("limit=0&cursor=x", "limit", "cursor")]
    public async Task Page_OutOfRangeOrMadeUp_IsNamed(string query, params string[] members)
    {
        using var shopper = await ShopClient.SignInAsync(_gateway, "shopper-4");

        Refusal.Is(await shopper.GetAsync($"{Points}?{query}"), 400, "validation", Points, members);
    }

    [Fact]
    public async Task Loyalty_CalledAroundItsSidecar_AnswersNobody()
    {
        using var around = ShopClient.Anonymous(polyglot.Shop.App("loyalty"));

        Refusal.Is(await around.GetAsync(Points, ("shop-user", "shopper-1")), 401, "unauthenticated", Points);
        Refusal.Is(await around.GetAsync(Points, ("shop-user", "shopper-1"), ("dapr-api-token", "guess")), 401, "unauthenticated", Points);
    }

    [Fact]
    public async Task Health_OfTheGateway_NamesLoyalty()
    {
        using var anyone = ShopClient.Anonymous(_gateway);

        var health = await Eventually.Get(async () => await anyone.GetAsync("/health"), answer => answer.Status == HttpStatusCode.OK);

        Assert.Equal("Healthy", health.Json.GetProperty("checks").GetProperty("loyalty").GetProperty("status").GetString());
    }
}
