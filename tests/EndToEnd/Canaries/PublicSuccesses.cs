using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using DaprShop.TestKit;
using DaprShop.TestKit.Shop;
using DaprShop.Tests.EndToEnd.BadInput;

namespace DaprShop.Tests.EndToEnd.Canaries;

/// <summary>
/// Every operation of the public API once or more so that it does what it is for: the users' ids are mail addresses, as an issuer may choose
/// them, and whatever text a request may carry is a canary.
/// </summary>
internal sealed partial class PublicSuccesses(CanarySender sender, RunningShop shop)
{
    private const string Sku = "WATCHED-1";
    private const string Sale = "watched-sale";

    private readonly string _shopper = $"Bearer {new HandmadeToken { User = sender.Book.Mail() }}";
    private readonly string _operator = $"Bearer {new HandmadeToken { User = sender.Book.Mail(), Role = "operator" }}";

    private CanaryBook Book => sender.Book;

    public async Task SendAsync()
    {
        await SignInAsync();
        await CatalogueAsync();
        var order = await OrdersAsync();
        await CartAsync();
        await PaymentsAsync(order);
        await NotificationsAsync();
        await OperationsAsync(order);
        await DeadLettersAsync();
    }

    private async Task SignInAsync()
    {
        await SendAsync("POST", "/api/v1/tokens", """{"userName":"shopper-1","password":"demo"}""");
        await sender.SendAsync(
            "POST /api/v1/tokens", "POST", $"{shop.Gateway}/api/v1/tokens",
            CanarySender.Json($$"""{"userName":"{{Book.Mail()}}","password":"{{Book.Secret()}}"}"""));
    }

    private async Task CatalogueAsync()
    {
        await SendAsync(
            "PUT", $"/api/v1/products/{Sku}",
            $$$"""{"name":"{{{Book.Name()}}}","brand":"{{{Book.Name()}}}","category":"{{{Book.Id()}}}","price":{"amount":1250,"currency":"CNY"},"description":"{{{Book.Street()}}} {{{Book.Card()}}} {{{Book.Phone()}}}"}""");
        await SendAsync("GET", $"/api/v1/products/{Sku}");
        await SendAsync("GET", "/api/v1/products", query: $"?category={Book.Id()}&q={Book.Mail()}&brand={Book.Id()}");
        await SendAsync("PUT", $"/api/v1/stock/{Sku}", """{"initial":50}""");
        await SendAsync("GET", $"/api/v1/stock/{Sku}");
        await SendAsync("POST", $"/api/v1/stock/{Sku}/restocks", """{"quantity":50}""");
        await SendAsync(
            "POST", "/api/v1/sales",
            $$$"""{"id":"{{{Sale}}}","sku":"{{{Sku}}}","price":{"amount":990,"currency":"CNY"},"quantity":10,"perUserLimit":2,"startsAt":"2026-01-01T00:00:00Z","endsAt":"2099-01-01T00:00:00Z"}""");
        await SendAsync("GET", "/api/v1/sales");
        await SendAsync("GET", $"/api/v1/sales/{Sale}");
    }

    private async Task<string> OrdersAsync()
    {
        var confirmed = await PlaceAsync("/api/v1/orders", "tok_webhook_forged", Sku);
        await EndsAsync(confirmed, "Confirmed");
        // The provider knows no such token: it is taken from the customer and refused by the provider.
        var refused = await PlaceAsync("/api/v1/orders", $"tok_{Book.Card()}", Sku);
        var cancelled = await PlaceAsync("/api/v1/orders", "tok_webhook_lost", Sku);
        await SendAsync("POST", $"/api/v1/orders/{cancelled}/cancel");
        foreach (var path in (string[])["", "/events", "/stream", "/shipment"])
        {
            await SendAsync("GET", $"/api/v1/orders/{confirmed}{path}");
        }

        await SendAsync("GET", "/api/v1/orders", query: $"?email={Book.Mail()}");
        await SendAsync("GET", "/api/v1/orders", query: $"?user={Uri.EscapeDataString(Book.Mail())}", asOperator: true);
        var ofSale = await SendAsync("POST", $"/api/v1/sales/{Sale}/orders", """{"quantity":1,"payment":{"source":"tok_ok"}}""");
        await EndsAsync(Id(ofSale), "Confirmed");
        await SendAsync("POST", $"/api/v1/orders/{confirmed}/refund", "{}", asOperator: true);
        await EndsAsync(confirmed, "Refunded");
        await EndsAsync(refused, "Cancelled");
        await EndsAsync(cancelled, "Cancelled");
        return confirmed;
    }

    private async Task CartAsync()
    {
        await SendAsync("PUT", $"/api/v1/cart/items/{Sku}", """{"quantity":1}""");
        await SendAsync("DELETE", $"/api/v1/cart/items/{Sku}");
        await SendAsync("PUT", $"/api/v1/cart/items/{Sku}", """{"quantity":2}""");
        await SendAsync("GET", "/api/v1/cart");
        var order = await SendAsync("POST", "/api/v1/cart/checkout", """{"payment":{"source":"tok_ok"}}""");
        await EndsAsync(Id(order), "Confirmed");
    }

    private async Task PaymentsAsync(string order)
    {
        await SendAsync("GET", $"/api/v1/payments/{order}");
        foreach (var type in (string[])["charge.succeeded", "charge.of.another.version"])
        {
            var body = $$"""{"id":"evt_watched","type":"{{type}}","chargeId":"ch_{{Book.Id()}}","reference":"{{Book.Mail()}}","amount":1,"currency":"CNY","createdAt":"2026-01-01T00:00:00Z"}""";
            await SendAsync("POST", "/webhooks/provider", body, headers: ("Provider-Signature", Sign(body)));
        }
    }

    private async Task NotificationsAsync()
    {
        await Eventually.Get(
            async () => (await SendAsync("GET", "/api/v1/notifications", query: $"?email={Book.Mail()}")).Json.GetProperty("items").GetArrayLength(), count => count >= 3);
        await SendAsync("GET", "/api/v1/notifications/stream", headers: ("Last-Event-ID", Book.Id()));
    }

    private async Task OperationsAsync(string order)
    {
        foreach (var path in (string[])["invariants", "outbox", "reconciliations", "dead-letters", $"workflows/{order}", "settings"])
        {
            await SendAsync("GET", $"/api/v1/ops/{path}", query: $"?email={Book.Mail()}", asOperator: true);
        }

        await SendAsync("POST", "/api/v1/ops/reconciliations", asOperator: true);
        await SendAsync("PUT", "/api/v1/ops/settings", """{"edge":{"requestsPerSecond":1000,"burst":4000,"concurrentRequests":2000}}""", asOperator: true);
    }

    private async Task DeadLettersAsync()
    {
        foreach (var id in (string[])["poison-1", "poison-2"])
        {
            var content = CanarySender.Json(
                $$$"""{"specversion":"1.0","id":"{{{id}}}","type":"com.daprshop.order.confirmed.v1","source":"test","datacontenttype":"application/json","data":{"eventId":"{{{id}}}","orderId":"{{{id}}}","userId":"","email":"{{{Book.Mail()}}}","total":{"amount":1250,"currency":"CNY"},"at":"2026-01-01T00:00:00Z","version":3}}""");
            content.Headers.ContentType = new MediaTypeHeaderValue("application/cloudevents+json");
            await sender.SendAsync("sidecar", "POST", $"{shop.Sidecar("order")}/v1.0/publish/pubsub/orders", content, ("dapr-api-token", CanaryShop.ApiToken));
        }

        var letters = await Eventually.Get(
            async () => (await SendAsync("GET", "/api/v1/ops/dead-letters", query: "?subscription=orders-to-notification", asOperator: true)).Json.GetProperty("items")
                .EnumerateArray().Select(letter => letter.GetProperty("id").GetString()!).ToList(),
            found => found.Count >= 2);
        var payload = JsonSerializer.Serialize((await SendAsync("GET", $"/api/v1/ops/dead-letters/{letters[0]}", asOperator: true)).Json.GetProperty("payload"));
        await SendAsync(
            "POST", $"/api/v1/ops/dead-letters/{letters[0]}/replay",
            $$"""{"payload":{{payload.Replace("\"userId\":\"\"", $"\"userId\":\"{Book.Mail()}\"", StringComparison.Ordinal)}}}""", asOperator: true);
        await SendAsync("POST", "/api/v1/ops/dead-letters/replay", """{"subscription":"orders-to-notification"}""", asOperator: true);
        await SendAsync("DELETE", $"/api/v1/ops/dead-letters/{letters[1]}", asOperator: true);
    }

    private async Task<string> PlaceAsync(string path, string source, string sku) =>
        Id(await SendAsync("POST", path, $$$"""{"items":[{"sku":"{{{sku}}}","quantity":1}],"payment":{"source":"{{{source}}}"}}"""));

    private Task<Answer> EndsAsync(string order, string status) => Eventually.Get(
        () => SendAsync("GET", $"/api/v1/orders/{order}"), answer => answer.Json.GetProperty("status").GetString() == status);

    /// <summary>A request that succeeds at once or, while the shop is busy or not that far, after some repeats with the same key.</summary>
    private async Task<Answer> SendAsync(
        string method, string path, string? body = null, string query = "", bool asOperator = false, params (string Name, string Value)[] headers)
    {
        var key = $"{Book.Mail()} {Book.Card()}";
        var needsOperator = asOperator || (method is "PUT" or "POST" && OperatorsOnly().IsMatch(path));
        var answer = await Eventually.Get(
            () => sender.SendAsync(
                $"{method} {TemplateOf(path)}", method, shop.Gateway + path + query, body is null ? null : CanarySender.Json(body),
                [("Authorization", needsOperator ? _operator : _shopper), ("Idempotency-Key", key), .. headers]),
            answer => answer.Status is not (HttpStatusCode.ServiceUnavailable or HttpStatusCode.TooManyRequests)
                && !(answer.Status == HttpStatusCode.NotFound && path.EndsWith("/shipment", StringComparison.Ordinal)));
        Assert.True((int)answer.Status < 400, $"{method} {path}: {answer.Status} {answer.Body}");
        return answer;
    }

    /// <summary>The template of the OpenAPI document that the path was made of.</summary>
    private static string TemplateOf(string path) => Ids().Replace(path, match =>
        $"/{match.Groups["of"].Value}/{match.Groups["of"].Value switch
        {
            "products" or "stock" or "items" => "{sku}",
            "payments" or "workflows" => "{orderId}",
            _ => "{id}",
        }}");

    private static string Id(Answer answer) => answer.Json.GetProperty("id").GetString()!;

    private static string Sign(string body)
    {
        var at = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();
        var signature = HMACSHA256.HashData(
            Encoding.UTF8.GetBytes(HandmadeToken.DemoSecret("provider-webhook-secret")),
            Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{at}.{body}")));
        return string.Create(CultureInfo.InvariantCulture, $"t={at},v1={Convert.ToHexStringLower(signature)}");
    }

    [GeneratedRegex(@"/(?<of>products|stock|items|payments|workflows|orders|sales|dead-letters)/(?!replay\z)[^/]+")]
    private static partial Regex Ids();

    [GeneratedRegex(@"\A/api/v1/(products|stock|sales\z)")]
    private static partial Regex OperatorsOnly();
}
