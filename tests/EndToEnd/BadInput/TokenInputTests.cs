using System.Net;
using DaprShop.TestKit.Shop;

namespace DaprShop.Tests.EndToEnd.BadInput;

[Collection(SharedShop.Name)]
public sealed class TokenInputTests(ShopFixture shop)
{
    private const string SignIn = "/api/v1/tokens";
    private const string Orders = "/api/v1/orders";

    public static TheoryData<string, string> BadAuthorizations() => new()
    {
        { "expired", $"Bearer {new HandmadeToken { Expires = TimeSpan.FromMinutes(-30) }}" },
        { "without an end", $"Bearer {new HandmadeToken { Expires = null }}" },
        { "of the future", $"Bearer {new HandmadeToken { NotBefore = TimeSpan.FromMinutes(30), Expires = TimeSpan.FromMinutes(60) }}" },
        { "of another issuer", $"Bearer {new HandmadeToken { Issuer = "somebody" }}" },
        { "for another audience", $"Bearer {new HandmadeToken { Audience = "somebody" }}" },
        { "of another key", $"Bearer {new HandmadeToken { Key = "another-signing-key-of-forty-characters-x" }}" },
        { "unsigned", $"Bearer {new HandmadeToken { Algorithm = "none", Signature = "" }}" },
        { "unsigned, in another case", $"Bearer {new HandmadeToken { Algorithm = "NoNe", Signature = "" }}" },
        { "without its signature", $"Bearer {new HandmadeToken { Signature = "" }}" },
        { "of another algorithm", $"Bearer {new HandmadeToken { Algorithm = "HS512" }}" },
        { "for an operator, signed for a customer", $"Bearer {Forged()}" },
        { "for nobody", $"Bearer {new HandmadeToken { User = "" }}" },
        { "of four parts", $"Bearer {new HandmadeToken()}.x" },
        { "garbage", "Bearer garbage" },
        { "garbage in three parts", "Bearer a.b.c" },
        { "of nothing", "Bearer " },
        { "not ASCII", "Bearer é.é.é" },
        { "of 9 KiB", $"Bearer {new HandmadeToken { Signature = new string('x', 9 * 1024) }}" },
        { "another scheme", "Basic c2hvcHBlci0xOmRlbW8=" },
        { "no scheme", new HandmadeToken().ToString() },
    };

    public static TheoryData<string, string> SignedInRoutes() => new()
    {
        { "POST", Orders },
        { "GET", Orders },
        { "GET", $"{Orders}/x" },
        { "POST", $"{Orders}/x/cancel" },
        { "GET", $"{Orders}/x/events" },
        { "GET", $"{Orders}/x/stream" },
        { "GET", $"{Orders}/x/shipment" },
        { "GET", "/api/v1/payments/x" },
        { "GET", "/api/v1/notifications" },
        { "GET", "/api/v1/notifications/stream" },
    };

    public static TheoryData<string, string> OperatorRoutes() => new()
    {
        { "PUT", "/api/v1/products/SKU-1001" },
        { "PUT", "/api/v1/stock/SKU-1001" },
        { "POST", "/api/v1/stock/SKU-1001/restocks" },
        { "POST", $"{Orders}/x/refund" },
        { "GET", "/api/v1/ops/invariants" },
        { "POST", "/api/v1/ops/reconciliations" },
        { "GET", "/api/v1/ops/dead-letters" },
        { "GET", "/api/v1/ops/dead-letters/x" },
        { "POST", "/api/v1/ops/dead-letters/replay" },
        { "POST", "/api/v1/ops/dead-letters/x/replay" },
        { "DELETE", "/api/v1/ops/dead-letters/x" },
        { "GET", "/api/v1/ops/workflows/x" },
    };

    [Theory]
    [MemberData(nameof(BadAuthorizations))]
    public async Task Token_ThatIsNoGood_IsRefused(string what, string authorization)
    {
        using var anonymous = ShopClient.Anonymous(shop.Gateway);

        var answer = await anonymous.GetAsync(Orders, ("Authorization", authorization));

        Assert.NotEmpty(what);
        Refusal.Is(answer, 401, "unauthenticated", Orders);
        Assert.Contains("error=\"invalid_token\"", answer.Headers.WwwAuthenticate.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Token_WithNothingWrong_IsTaken()
    {
        using var handmade = ShopClient.WithToken(shop.Gateway, new HandmadeToken().ToString());

        Assert.Equal(HttpStatusCode.OK, (await handmade.GetAsync(Orders)).Status);
    }

    [Theory]
    [MemberData(nameof(SignedInRoutes))]
    [MemberData(nameof(OperatorRoutes))]
    public async Task Nobody_OnARouteForUsers_MustSignIn(string method, string path)
    {
        using var anonymous = ShopClient.Anonymous(shop.Gateway);

        var answer = await anonymous.SendAsync(new HttpMethod(method), path, method == "GET" ? null : Bodies.Json("{}"));

        Refusal.Is(answer, 401, "unauthenticated", path);
        Assert.StartsWith("Bearer", answer.Headers.WwwAuthenticate.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(OperatorRoutes))]
    public async Task Customer_OnARouteForOperators_IsForbidden(string method, string path)
    {
        using var shopper = await shop.NewShopperAsync();

        var answer = await shopper.SendAsync(new HttpMethod(method), path, method == "GET" ? null : Bodies.Json("{}"), ("Idempotency-Key", "k"));

        Refusal.Is(answer, 403, "forbidden", path);
    }

    [Theory]
    [InlineData("shopper-1", "wrong")]
    [InlineData("shopper-1", "")]
    [InlineData("shopper-1", "Demo")]
    [InlineData("shopper-0", "demo")]
    [InlineData("shopper-01", "demo")]
    [InlineData("shopper-1\n", "demo")]
    [InlineData("Shopper-1", "demo")]
    [InlineData("admin", "demo")]
    [InlineData("", "demo")]
    public async Task SignIn_WithTheWrongNameOrPassword_IsRefused(string userName, string password)
    {
        using var anonymous = ShopClient.Anonymous(shop.Gateway);

        Refusal.Is(await anonymous.PostAsync(SignIn, new { userName, password }), 401, "unauthenticated", SignIn);
    }

    [Theory]
    [InlineData("{}", "userName", "password")]
    [InlineData("""{"userName":"shopper-1"}""", "password")]
    [InlineData("""{"userName":null,"password":"demo"}""", "userName")]
    [InlineData("""{"userName":"shopper-1","password":5}""", "password")]
    [InlineData("""{"userName":"shopper-1","password":"demo","role":"operator"}""", "role")]
    [InlineData("""{"userName":"shopper-1","userName":"operator-1","password":"demo"}""", "userName")]
    [InlineData("""{"username":"shopper-1","password":"demo"}""", "username")]
    public async Task SignIn_OfTheWrongForm_NamesTheMember(string body, params string[] members)
    {
        using var anonymous = ShopClient.Anonymous(shop.Gateway);

        Refusal.Is(await anonymous.PostTextAsync(SignIn, body), 400, "validation", SignIn, members);
    }

    /// <summary>The claims of one token under the signature of another.</summary>
    private static string Forged()
    {
        var signature = new HandmadeToken().ToString().Split('.')[2];
        return new HandmadeToken { Role = "operator", Signature = signature }.ToString();
    }
}
