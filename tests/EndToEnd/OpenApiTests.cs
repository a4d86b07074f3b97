using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using DaprShop.TestKit.Shop;

namespace DaprShop.Tests.EndToEnd;

/// <summary>The document is a promise: exactly the routes of the API that exist, each with the ways it may refuse.</summary>
[Collection(SharedShop.Name)]
public sealed partial class OpenApiTests(ShopFixture shop)
{
    /// <summary>Method, path, and the refusals a client must be ready for.</summary>
    private static readonly string[] Operations =
    [
        "POST /api/v1/tokens 400 401 500 503",
        "GET /api/v1/products 400 429 500 503",
        "GET /api/v1/products/{sku} 404 429 500 503",
        "PUT /api/v1/products/{sku} 400 401 403 412 413 429 500 503",
        "GET /api/v1/stock/{sku} 404 429 500 503",
        "PUT /api/v1/stock/{sku} 400 401 403 409 413 429 500 503",
        "POST /api/v1/stock/{sku}/restocks 400 401 403 404 413 422 429 500 503",
        "GET /api/v1/sales 400 429 500 503",
        "POST /api/v1/sales 400 401 403 409 413 422 429 500 503",
        "GET /api/v1/sales/{id} 404 429 500 503",
        "POST /api/v1/sales/{id}/orders 400 401 404 409 413 422 429 500 503",
        "POST /api/v1/orders 400 401 409 413 422 429 500 503",
        "GET /api/v1/orders 400 401 429 500 503",
        "GET /api/v1/orders/{id} 401 404 429 500 503",
        "POST /api/v1/orders/{id}/cancel 401 404 409 412 429 500 503",
        "POST /api/v1/orders/{id}/refund 400 401 403 404 409 429 500 503",
        "GET /api/v1/orders/{id}/events 401 404 429 500 503",
        "GET /api/v1/orders/{id}/stream 400 401 404 429 500 503",
        "GET /api/v1/orders/{id}/shipment 401 404 429 500 503",
        "GET /api/v1/cart 401 429 500 503",
        "PUT /api/v1/cart/items/{sku} 400 401 409 413 429 500 503",
        "DELETE /api/v1/cart/items/{sku} 400 401 429 500 503",
        "POST /api/v1/cart/checkout 400 401 409 413 422 429 500 503",
        "GET /api/v1/payments/{orderId} 401 404 429 500 503",
        "POST /webhooks/provider 400 413 429 500 503",
        "GET /api/v1/notifications 400 401 429 500 503",
        "GET /api/v1/notifications/stream 401 429 500 503",
        "GET /api/v1/points 400 401 404 429 500 503",
        "GET /api/v1/ops/invariants 401 403 429 500 503",
        "GET /api/v1/ops/outbox 401 403 429 500 503",
        "GET /api/v1/ops/reconciliations 400 401 403 429 500 503",
        "POST /api/v1/ops/reconciliations 401 403 409 429 500 503",
        "GET /api/v1/ops/dead-letters 400 401 403 429 500 503",
        "POST /api/v1/ops/dead-letters/replay 400 401 403 413 429 500 503",
        "GET /api/v1/ops/dead-letters/{id} 401 403 404 429 500 503",
        "POST /api/v1/ops/dead-letters/{id}/replay 400 401 403 404 409 413 429 500 503",
        "DELETE /api/v1/ops/dead-letters/{id} 401 403 404 409 429 500 503",
        "GET /api/v1/ops/settings 401 403 429 500 503",
        "PUT /api/v1/ops/settings 400 401 403 412 413 429 500 503",
        "GET /api/v1/ops/workflows/{orderId} 401 403 404 429 500 503",
    ];

    [Fact]
    public async Task Document_OfTheShop_HasExactlyTheRoutesAndTheirRefusals()
    {
        var document = await DocumentAsync();

        var operations = Each(document).Select(operation => $"{operation.Method} {operation.Path} {string.Join(' ', Refusals(operation.Value))}");

        Assert.StartsWith("3.1.", document.GetProperty("openapi").GetString(), StringComparison.Ordinal);
        Assert.Equal(Operations.Order(StringComparer.Ordinal), operations.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Document_EveryRefusal_IsAProblem()
    {
        var document = await DocumentAsync();

        var others = Each(document)
            .SelectMany(operation => operation.Value.GetProperty("responses").EnumerateObject()
                .Where(answer => answer.Name[0] is '4' or '5' && !answer.Value.GetProperty("content").TryGetProperty("application/problem+json", out _))
                .Select(answer => $"{operation.Method} {operation.Path} {answer.Name}"));

        Assert.Empty(others);
    }

    [Fact]
    public async Task Document_Security_NamesTheRoutesThatNeedNoToken()
    {
        var document = await DocumentAsync();

        var open = Each(document).Where(operation => !operation.Value.TryGetProperty("security", out _)).Select(operation => $"{operation.Method} {operation.Path}");

        Assert.Equal(
            [
                "GET /api/v1/products", "GET /api/v1/products/{sku}", "GET /api/v1/sales", "GET /api/v1/sales/{id}", "GET /api/v1/stock/{sku}",
                "POST /api/v1/tokens", "POST /webhooks/provider",
            ],
            open.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Document_IdempotentRoutes_RequireTheKey()
    {
        var document = await DocumentAsync();

        var idempotent = Each(document)
            .Where(operation => operation.Value.TryGetProperty("parameters", out var parameters) && parameters.EnumerateArray().Any(
                parameter => parameter.GetProperty("name").GetString() == "Idempotency-Key" && parameter.GetProperty("required").GetBoolean()))
            .Select(operation => $"{operation.Method} {operation.Path}");

        Assert.Equal(
            [
                "POST /api/v1/cart/checkout", "POST /api/v1/orders", "POST /api/v1/orders/{id}/refund", "POST /api/v1/sales",
                "POST /api/v1/sales/{id}/orders", "POST /api/v1/stock/{sku}/restocks",
            ],
            idempotent.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Document_EveryReference_LeadsSomewhere()
    {
        var document = await DocumentAsync();

        var dangling = Reference().Matches(document.GetRawText()).Select(match => match.Groups[1].Value).Distinct()
            .Where(pointer => !pointer.Split('/').Aggregate((JsonElement?)document, (at, member) => at is { } here && here.TryGetProperty(member, out var next) ? next : null).HasValue);

        Assert.Empty(dangling);
    }

    [Theory]
    [InlineData("/docs", "text/html")]
    [InlineData("/docs/docs.css", "text/css")]
    [InlineData("/docs/docs.js", "text/javascript")]
    public async Task Docs_EveryFile_ComesFromHereAndNamesNoOtherPlace(string path, string contentType)
    {
        using var anonymous = ShopClient.Anonymous(shop.Gateway);

        var answer = await anonymous.GetAsync(path);

        Assert.Equal((HttpStatusCode.OK, contentType), (answer.Status, answer.ContentType));
        Assert.DoesNotMatch(ExternalAddress(), answer.Body);
        Assert.Contains("default-src 'none'", Assert.Single(answer.Headers.GetValues("Content-Security-Policy")), StringComparison.Ordinal);
    }

    private async Task<JsonElement> DocumentAsync()
    {
        using var anonymous = ShopClient.Anonymous(shop.Gateway);
        return (await anonymous.GetAsync("/openapi/v1.json")).Json;
    }

    private static IEnumerable<(string Method, string Path, JsonElement Value)> Each(JsonElement document) =>
        from path in document.GetProperty("paths").EnumerateObject()
        from operation in path.Value.EnumerateObject()
        select (operation.Name.ToUpperInvariant(), path.Name, operation.Value);

    private static IEnumerable<string> Refusals(JsonElement operation) =>
        operation.GetProperty("responses").EnumerateObject().Select(answer => answer.Name).Where(status => status[0] is '4' or '5').Order(StringComparer.Ordinal);

    [GeneratedRegex("""(https?:)?//[a-zA-Z0-9][a-zA-Z0-9.-]*\.[a-z]""")]
    private static partial Regex ExternalAddress();

    [GeneratedRegex("""
        "\$ref":\s*"#/([^"]+)"
        """)]
    private static partial Regex Reference();
}
