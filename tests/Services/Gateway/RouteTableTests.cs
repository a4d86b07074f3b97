using System.Text.Json;
using DaprShop.Gateway;
using DaprShop.Gateway.Routes;

namespace DaprShop.Tests.Gateway;

public class RouteTableTests
{
    /// <summary>The public routes of the API that exist so far, and who may call them.</summary>
    private static readonly string[] Api =
    [
        "DELETE /api/v1/cart/items/{sku} SignedIn",
        "DELETE /api/v1/ops/dead-letters/{id} Operator",
        "GET /api/v1/cart SignedIn",
        "GET /api/v1/notifications SignedIn",
        "GET /api/v1/notifications/stream SignedIn",
        "GET /api/v1/ops/dead-letters Operator",
        "GET /api/v1/ops/dead-letters/{id} Operator",
        "GET /api/v1/ops/invariants Operator",
        "GET /api/v1/ops/outbox Operator",
        "GET /api/v1/ops/reconciliations Operator",
        "GET /api/v1/ops/settings Operator",
        "GET /api/v1/ops/workflows/{orderId} Operator",
        "GET /api/v1/orders SignedIn",
        "GET /api/v1/orders/{id} SignedIn",
        "GET /api/v1/orders/{id}/events SignedIn",
        "GET /api/v1/orders/{id}/shipment SignedIn",
        "GET /api/v1/orders/{id}/stream SignedIn",
        "GET /api/v1/payments/{orderId} SignedIn",
        "GET /api/v1/points SignedIn",
        "GET /api/v1/products Anyone",
        "GET /api/v1/products/{sku} Anyone",
        "GET /api/v1/sales Anyone",
        "GET /api/v1/sales/{id} Anyone",
        "GET /api/v1/stock/{sku} Anyone",
        "POST /api/v1/cart/checkout SignedIn",
        "POST /api/v1/ops/dead-letters/replay Operator",
        "POST /api/v1/ops/dead-letters/{id}/replay Operator",
        "POST /api/v1/ops/reconciliations Operator",
        "POST /api/v1/orders SignedIn",
        "POST /api/v1/orders/{id}/cancel SignedIn",
        "POST /api/v1/orders/{id}/refund Operator",
        "POST /api/v1/sales Operator",
        "POST /api/v1/sales/{id}/orders SignedIn",
        "POST /api/v1/stock/{sku}/restocks Operator",
        "POST /api/v1/tokens Anyone",
        "POST /webhooks/provider Anyone",
        "PUT /api/v1/cart/items/{sku} SignedIn",
        "PUT /api/v1/ops/settings Operator",
        "PUT /api/v1/products/{sku} Operator",
        "PUT /api/v1/stock/{sku} Operator",
    ];

    [Fact]
    public void Table_Routes_AreThoseOfTheApi()
    {
        var table = RouteTable.All.Select(route => $"{route.Method} {route.Template} {route.Access}").Order(StringComparer.Ordinal);

        Assert.Equal(Api, table);
    }

    [Fact]
    public void Table_NeedingAKey_AreOrdersRefundsSalesAndRestocks()
    {
        Assert.Equal(["restock", "placeOrder", "refundOrder", "createSale", "placeSaleOrder", "checkoutCart"], RouteTable.All.Where(route => route.Idempotent).Select(route => route.Name));
    }

    [Fact]
    public async Task Document_Paths_AreThoseOfTheTable()
    {
        var document = await DocumentAsync();

        var operations = document.GetProperty("paths").EnumerateObject()
            .SelectMany(path => path.Value.EnumerateObject().Select(operation => $"{operation.Name.ToUpperInvariant()} {path.Name}"));

        Assert.Equal(
            RouteTable.All.Select(route => $"{route.Method} {route.Template}").Order(StringComparer.Ordinal),
            operations.Order(StringComparer.Ordinal));
        Assert.StartsWith("3.1", document.GetProperty("openapi").GetString());
    }

    [Fact]
    public async Task Document_PlaceOrder_SaysAllThatAClientNeeds()
    {
        var operation = (await DocumentAsync()).GetProperty("paths").GetProperty("/api/v1/orders").GetProperty("post");

        var key = operation.GetProperty("parameters").EnumerateArray().Single(parameter => parameter.GetProperty("name").GetString() == "Idempotency-Key");
        Assert.True(key.GetProperty("required").GetBoolean());
        Assert.Equal("header", key.GetProperty("in").GetString());
        var body = operation.GetProperty("requestBody").GetProperty("content").GetProperty("application/json");
        Assert.Equal("tok_ok", body.GetProperty("example").GetProperty("payment").GetProperty("source").GetString());
        var answers = operation.GetProperty("responses");
        Assert.Equal(
            ["202", "400", "401", "409", "413", "422", "429", "500", "503"], answers.EnumerateObject().Select(answer => answer.Name));
        Assert.True(answers.GetProperty("409").GetProperty("content").TryGetProperty("application/problem+json", out _));
        Assert.True(answers.GetProperty("429").GetProperty("headers").TryGetProperty("Retry-After", out _));
        Assert.True(operation.GetProperty("security")[0].TryGetProperty("bearer", out _));
    }

    [Fact]
    public async Task Document_EveryRequestBody_HasAnExampleThatBinds()
    {
        var document = await DocumentAsync();

        foreach (var route in RouteTable.All.Where(route => route.RequestExample is not null))
        {
            var example = document.GetProperty("paths").GetProperty(route.Template).GetProperty(route.Method.ToLowerInvariant())
                .GetProperty("requestBody").GetProperty("content").GetProperty("application/json").GetProperty("example").GetRawText();
            Assert.NotNull(JsonSerializer.Deserialize(example, route.Request!, DaprShop.ServiceDefaults.Json.ShopJson.Requests));
        }
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/swagger")]
    [InlineData("/scalar")]
    public async Task Habit_Path_LeadsToThePage(string path)
    {
        await using var gateway = await RunningService.StartAsync(GatewayHost.Build);

        var answer = await gateway.SendAsync(HttpMethod.Get, path);

        Assert.Equal("/docs", answer.Headers.Location?.OriginalString);
    }

    [Fact]
    public async Task Page_Files_LoadNothingFromElsewhere()
    {
        await using var gateway = await RunningService.StartAsync(GatewayHost.Build);

        foreach (var path in (string[])["/docs", "/docs/docs.css", "/docs/docs.js"])
        {
            var answer = await gateway.SendAsync(HttpMethod.Get, path);
            Assert.Equal(200, (int)answer.StatusCode);
            Assert.DoesNotContain("://", await answer.Content.ReadAsStringAsync());
            Assert.Contains("default-src 'none'", answer.Headers.GetValues("Content-Security-Policy").Single());
        }
    }

    private static async Task<JsonElement> DocumentAsync()
    {
        await using var gateway = await RunningService.StartAsync(GatewayHost.Build);
        return await (await gateway.SendAsync(HttpMethod.Get, "/openapi/v1.json")).JsonAsync();
    }
}
