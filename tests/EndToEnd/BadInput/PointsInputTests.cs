using DaprShop.TestKit.Shop;

namespace DaprShop.Tests.EndToEnd.BadInput;

/// <summary>The shop of dapr.yaml runs without the loyalty service; with it: <see cref="PolyglotShopTests"/>.</summary>
[Collection(SharedShop.Name)]
public sealed class PointsInputTests(ShopFixture shop)
{
    private const string Path = "/api/v1/points";

    [Theory]
    [InlineData("")]
    [InlineData("?limit=0&cursor=x")]
    public async Task Points_WhereLoyaltyDoesNotRun_AreNotFound(string query)
    {
        using var shopper = await shop.NewShopperAsync();

        var answer = await shopper.GetAsync(Path + query);

        Refusal.Is(answer, 404, "not-found", Path);
        Assert.Equal("The loyalty service does not run in this shop.", answer.Json.GetProperty("detail").GetString());
    }

    [Fact]
    public async Task Points_WithoutAToken_AreRefused()
    {
        using var stranger = ShopClient.Anonymous(shop.Gateway);

        Refusal.Is(await stranger.GetAsync(Path), 401, "unauthenticated", Path);
    }

    [Fact]
    public async Task Points_PostedTo_NameTheMethodThereIs()
    {
        var answer = await shop.Operator.SendAsync(HttpMethod.Post, Path, content: null);

        Refusal.Is(answer, 405, "method-not-allowed", Path);
        Assert.Equal(["GET"], answer.Allow);
    }
}
