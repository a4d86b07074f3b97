using System.Net;
using DaprShop.TestKit.Shop;

namespace DaprShop.Tests.EndToEnd.BadInput;

[Collection(SharedShop.Name)]
public sealed class RoutingInputTests(ShopFixture shop)
{
    [Theory]
    [InlineData("GET", "/nothing")]
    [InlineData("GET", "/api")]
    [InlineData("GET", "/api/v2/orders")]
    [InlineData("GET", "/API/V1/nothing")]
    [InlineData("POST", "/api/v1/orders/x")]
    [InlineData("GET", "/v1.0/state/statestore/x")]
    [InlineData("POST", "/v1.0/invoke/order/method/api/v1/orders")]
    [InlineData("GET", "/dapr/subscribe")]
    [InlineData("GET", "/dapr/config")]
    [InlineData("PUT", "/actors/Cart/x/method/GetAsync")]
    [InlineData("GET", "/internal/orders/x")]
    [InlineData("GET", "/internal/failures?subscription=orders-to-order&eventId=x")]
    [InlineData("POST", "/dead-letters/orders-to-order")]
    [InlineData("POST", "/internal/orders/batch")]
    [InlineData("GET", "/openapi/v2.json")]
    [InlineData("GET", "/docs/secrets.json")]
    public async Task Route_ThatIsNone_IsAProblem(string method, string path)
    {
        var answer = await shop.Operator.SendAsync(new HttpMethod(method), path, method is "GET" or "DELETE" ? null : Bodies.Json("{}"));

        // A path that exists for another method is 405: still no resource for this one.
        Assert.True(answer.Status is HttpStatusCode.NotFound or HttpStatusCode.MethodNotAllowed, answer.Body);
        Refusal.Is(answer, (int)answer.Status, path == "/api/v1/orders/x" ? "method-not-allowed" : "not-found", path);
    }

    [Theory]
    [InlineData("/api/v1/orders/..%2F..%2Fdapr%2Fsubscribe")]
    [InlineData("/api/v1/orders/%2E%2E%2Fx")]
    [InlineData("/api/v1/orders/a%7C%7Cb")]
    [InlineData("/api/v1/orders/a%20b")]
    [InlineData("/api/v1/orders/%C3%A9")]
    [InlineData("/api/v1/orders/0123456789012345678901234567890123456789012345678901234567890123456789")]
    [InlineData("/api/v1/stock/..%2Fx")]
    [InlineData("/api/v1/products/a%3Fb")]
    [InlineData("/api/v1/payments/a%23b")]
    public async Task Id_ThatCannotBeOne_DoesNotExist(string path)
    {
        var answer = await shop.Operator.GetAsync(path);

        Assert.Equal((HttpStatusCode.NotFound, "not-found"), (answer.Status, answer.Problem));
        Refusal.TellsNothing(answer.Body);
    }

    [Theory]
    [InlineData("DELETE", "/api/v1/orders", "GET, POST")]
    [InlineData("PUT", "/api/v1/orders", "GET, POST")]
    [InlineData("DELETE", "/api/v1/orders/x", "GET")]
    [InlineData("GET", "/api/v1/orders/x/cancel", "POST")]
    [InlineData("POST", "/api/v1/orders/x/stream", "GET")]
    [InlineData("GET", "/api/v1/orders/x/refund", "POST")]
    [InlineData("PUT", "/api/v1/ops/reconciliations", "GET, POST")]
    [InlineData("POST", "/api/v1/ops/dead-letters", "GET")]
    [InlineData("POST", "/api/v1/ops/dead-letters/x", "DELETE, GET")]
    [InlineData("GET", "/api/v1/ops/dead-letters/x/replay", "POST")]
    [InlineData("POST", "/api/v1/products", "GET")]
    [InlineData("PATCH", "/api/v1/products/SKU-1001", "GET, PUT")]
    [InlineData("DELETE", "/api/v1/stock/SKU-1001", "GET, PUT")]
    [InlineData("GET", "/api/v1/stock/SKU-1001/restocks", "POST")]
    [InlineData("DELETE", "/api/v1/cart", "GET")]
    [InlineData("GET", "/api/v1/cart/items/SKU-1001", "DELETE, PUT")]
    [InlineData("GET", "/api/v1/cart/checkout", "POST")]
    [InlineData("GET", "/api/v1/tokens", "POST")]
    [InlineData("GET", "/webhooks/provider", "POST")]
    [InlineData("POST", "/api/v1/notifications", "GET")]
    [InlineData("BREW", "/api/v1/orders", "GET, POST")]
    public async Task Method_ThatARouteHasNot_NamesThoseItHas(string method, string path, string allow)
    {
        using var outsider = ShopClient.Anonymous(shop.Gateway);

        var answer = await outsider.SendAsync(new HttpMethod(method), path, content: null);

        Refusal.Is(answer, 405, "method-not-allowed", path);
        Assert.Equal(allow, string.Join(", ", answer.Allow));
    }

    [Theory]
    [InlineData("shop-user", "shopper-1")]
    [InlineData("shop-role", "operator")]
    [InlineData("dapr-caller-app-id", "gateway")]
    [InlineData("dapr-api-token", "x")]
    [InlineData("dapr-app-id", "provider")]
    [InlineData("X-Forwarded-User", "operator-1")]
    public async Task Header_OfTheInside_MakesNobodyOfAStranger(string name, string value)
    {
        using var anonymous = ShopClient.Anonymous(shop.Gateway);

        var answer = await anonymous.GetAsync("/api/v1/orders", (name, value), ("shop-role", "operator"));

        Refusal.Is(answer, 401, "unauthenticated", "/api/v1/orders");
    }

    [Fact]
    public async Task Header_OfTheInside_MakesNoOperatorOfACustomer()
    {
        using var owner = await shop.NewShopperAsync();
        using var stranger = await shop.NewShopperAsync();
        var id = (await owner.PlaceStubbornlyAsync("k", "tok_ok", (await shop.NewProductAsync(5), 1))).Json.GetProperty("id").GetString()!;

        var order = await stranger.GetAsync($"/api/v1/orders/{id}", ("shop-user", owner.User!), ("shop-role", "operator"));
        var list = await stranger.GetAsync("/api/v1/orders", ("Shop-User", owner.User!));
        var stock = await stranger.PutAsync("/api/v1/stock/SPOOFED", new { initial = 1 }, ("shop-role", "operator"), ("shop-user", "operator-1"));

        Refusal.Is(order, 404, "not-found", $"/api/v1/orders/{id}");
        Assert.Equal("""{"items":[],"nextCursor":null}""", list.Body);
        Refusal.Is(stock, 403, "forbidden", "/api/v1/stock/SPOOFED");
    }

    [Fact]
    public async Task Header_OfAProxy_ChangesNoAddressInTheAnswer()
    {
        using var shopper = await shop.NewShopperAsync();
        var sku = await shop.NewProductAsync(5);

        var placed = await shopper.SendAsync(
            HttpMethod.Post, "/api/v1/orders", Bodies.Json($$$"""{"items":[{"sku":"{{{sku}}}","quantity":1}],"payment":{"source":"tok_ok"}}"""),
            ("Idempotency-Key", "k"), ("X-Forwarded-Host", "evil.example"), ("X-Forwarded-Proto", "https"), ("X-Forwarded-Prefix", "/evil"), ("Forwarded", "host=evil.example"));

        Assert.Equal(HttpStatusCode.Accepted, placed.Status);
        Assert.Equal($"/api/v1/orders/{placed.Json.GetProperty("id").GetString()}", placed.Headers.Location!.ToString());
        Assert.DoesNotContain("evil", placed.Body, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("catalog", "/api/v1/products")]
    [InlineData("order", "/api/v1/orders")]
    [InlineData("order", "/api/v1/cart")]
    [InlineData("order", "/dapr/config")]
    [InlineData("order", "/dapr/subscribe")]
    [InlineData("inventory", "/api/v1/stock/SKU-1001")]
    [InlineData("payment", "/api/v1/payments/x")]
    [InlineData("notification", "/api/v1/notifications")]
    public async Task Service_CalledAroundItsSidecar_AnswersNobody(string appId, string path)
    {
        using var around = ShopClient.Anonymous(shop.Shop.App(appId));

        var bare = await around.GetAsync(path, ("shop-user", "operator-1"), ("shop-role", "operator"));
        var guessed = await around.GetAsync(path, ("shop-user", "operator-1"), ("shop-role", "operator"), ("dapr-api-token", "guess"));

        Refusal.Is(bare, 401, "unauthenticated", path);
        Refusal.Is(guessed, 401, "unauthenticated", path);
    }

    [Theory]
    [InlineData("gateway", "/v1.0/state/statestore/x", 500, "ERR_STATE_STORE_NOT_CONFIGURED")]
    [InlineData("order", "/v1.0/state/statestore/a||b", 400, "ERR_MALFORMED_REQUEST")]
    [InlineData("order", "/v1.0/invoke/nobody/method/x", 500, "ERR_DIRECT_INVOKE")]
    [InlineData("gateway", "/v1.0/secrets/nostore/x", 401, "ERR_SECRET_STORE_NOT_FOUND")]
    public async Task Sidecar_AskedForWhatItHasNot_AnswersWithDaprsErrors(string appId, string path, int status, string errorCode)
    {
        using var around = ShopClient.Anonymous(shop.Shop.Sidecar(appId));

        var answer = await around.GetAsync(path);

        Assert.Equal(((HttpStatusCode)status, errorCode), (answer.Status, answer.Json.GetProperty("errorCode").GetString()));
        Assert.DoesNotContain("   at ", answer.Body, StringComparison.Ordinal);
    }
}
