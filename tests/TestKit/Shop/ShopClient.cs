using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;

namespace DaprShop.TestKit.Shop;

/// <summary>An answer of the API, read to the end.</summary>
public sealed record Answer(HttpStatusCode Status, HttpResponseHeaders Headers, string Body)
{
    public string? ContentType { get; init; }

    /// <summary>What the resource can do, as a 405 names it.</summary>
    public IReadOnlyList<string> Allow { get; init; } = [];

    public JsonElement Json => JsonDocument.Parse(Body).RootElement;

    /// <summary>The problem's name, such as <c>sold-out</c>; null when this is no problem.</summary>
    public string? Problem =>
        Json.TryGetProperty("type", out var type) && type.GetString() is { } urn && urn.StartsWith("urn:daprshop:problem:", StringComparison.Ordinal)
            ? urn["urn:daprshop:problem:".Length..]
            : null;

    /// <summary>The members a validation problem names.</summary>
    public IReadOnlyList<string> Members =>
        Json.TryGetProperty("errors", out var errors) ? [.. errors.EnumerateObject().Select(error => error.Name)] : [];
}

/// <summary>A user of the public HTTP API. Knows nothing of the shop's code.</summary>
public sealed class ShopClient : IDisposable
{
    private readonly HttpClient _http;

    private ShopClient(string gateway, string? token)
    {
        Token = token;
        // A client may send any bytes in a header; .NET's own refuses to send others than ASCII.
        var handler = new SocketsHttpHandler { RequestHeaderEncodingSelector = (_, _) => Encoding.UTF8, AllowAutoRedirect = false };
        _http = new HttpClient(handler) { BaseAddress = new Uri(gateway), Timeout = TimeSpan.FromSeconds(30) };
        if (token is not null)
        {
            _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        }
    }

    /// <summary>The bearer token; null for an anonymous client.</summary>
    public string? Token { get; }

    /// <summary>Who signed in; null for everybody else.</summary>
    public string? User { get; private init; }

    public static ShopClient Anonymous(string gateway) => new(gateway, token: null);

    public static ShopClient WithToken(string gateway, string token) => new(gateway, token);

    public static async Task<ShopClient> SignInAsync(string gateway, string user)
    {
        using var anonymous = Anonymous(gateway);
        var answer = await StubbornlyAsync(() => anonymous.PostAsync("/api/v1/tokens", new { userName = user, password = "demo" }));
        return new ShopClient(gateway, answer.Json.GetProperty("accessToken").GetString()) { User = user };
    }

    public Task<Answer> GetAsync(string path, params (string Name, string Value)[] headers) =>
        SendAsync(HttpMethod.Get, path, content: null, headers);

    /// <summary>Reads, and again while the shop says that it cannot answer now: for whoever needs what is there, not how one request fares.</summary>
    public Task<Answer> ReadAsync(string path) => StubbornlyAsync(() => GetAsync(path));

    public Task<Answer> PostAsync(string path, object body, params (string Name, string Value)[] headers) =>
        SendAsync(HttpMethod.Post, path, JsonContent.Create(body), headers);

    public Task<Answer> PutAsync(string path, object body, params (string Name, string Value)[] headers) =>
        SendAsync(HttpMethod.Put, path, JsonContent.Create(body), headers);

    /// <summary>Sends text as it is, such as JSON that no serializer would write.</summary>
    public Task<Answer> PostTextAsync(string path, string text, params (string Name, string Value)[] headers) =>
        SendAsync(HttpMethod.Post, path, new StringContent(text, Encoding.UTF8, "application/json"), headers);

    public async Task<Answer> SendAsync(HttpMethod method, string path, HttpContent? content, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, path) { Content = content };
        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        using var response = await _http.SendAsync(request);
        return new Answer(response.StatusCode, response.Headers, await response.Content.ReadAsStringAsync())
        {
            ContentType = response.Content.Headers.ContentType?.MediaType,
            Allow = [.. response.Content.Headers.Allow.Order(StringComparer.Ordinal)],
        };
    }

    public Task<Answer> PlaceAsync(string key, string source, params (string Sku, int Quantity)[] lines) =>
        PostAsync(
            "/api/v1/orders",
            new { items = lines.Select(line => new { sku = line.Sku, quantity = line.Quantity }), payment = new { source } },
            ("Idempotency-Key", key));

    /// <summary>Repeats the same order until it is answered for good.</summary>
    public Task<Answer> PlaceStubbornlyAsync(string key, string source, params (string Sku, int Quantity)[] lines) =>
        StubbornlyAsync(() => PlaceAsync(key, source, lines));

    /// <summary>Repeats an order in a sale with its key while the answer is unknown or the shop is too busy, as a client has to.</summary>
    public Task<Answer> PlaceInSaleStubbornlyAsync(string saleId, string key, int quantity) =>
        StubbornlyAsync(() => PostAsync($"/api/v1/sales/{saleId}/orders", new { quantity, payment = new { source = "tok_ok" } }, ("Idempotency-Key", key)));

    public Task<Answer> RefundAsync(string orderId, string key) =>
        PostAsync($"/api/v1/orders/{orderId}/refund", new { }, ("Idempotency-Key", key));

    /// <summary>Repeats a refund with its key while the answer is unknown.</summary>
    public Task<Answer> RefundStubbornlyAsync(string orderId, string key) => StubbornlyAsync(() => RefundAsync(orderId, key));

    /// <summary>Repeats a request that may be repeated until it is answered for good, as the API tells a client to after 503 and timeouts.</summary>
    public static async Task<Answer> StubbornlyAsync(Func<Task<Answer>> ask)
    {
        return await Eventually.Get(
            async () =>
            {
                try
                {
                    return await ask();
                }
                catch (Exception failure) when (failure is HttpRequestException or TaskCanceledException)
                {
                    return null;
                }
            },
            answer => answer is { Status: not (HttpStatusCode.ServiceUnavailable or HttpStatusCode.TooManyRequests or HttpStatusCode.BadGateway) },
            TimeSpan.FromMinutes(2)) ?? throw new TimeoutException();
    }

    public async Task<JsonElement> OrderAsync(string id) => (await ReadAsync($"/api/v1/orders/{id}")).Json;

    /// <summary>Follows an order until it has the wanted status; fails early when it ends in another terminal one.</summary>
    public async Task<JsonElement> FollowAsync(string id, string status, TimeSpan? deadline = null)
    {
        var order = await Eventually.Get(
            () => ReadAsync($"/api/v1/orders/{id}"),
            answer => answer.Status == HttpStatusCode.OK && (Status(answer) == status || Status(answer) is "Confirmed" or "Cancelled"),
            deadline);
        return Status(order) == status
            ? order.Json
            : throw new InvalidOperationException($"Order {id} was to become {status} and is: {order.Body}");
    }

    /// <summary>Waits until a confirmed order is refunded.</summary>
    public async Task<JsonElement> FollowRefundAsync(string id, TimeSpan? deadline = null) =>
        (await Eventually.Get(
            () => ReadAsync($"/api/v1/orders/{id}"),
            answer => answer.Status == HttpStatusCode.OK && Status(answer) == "Refunded",
            deadline)).Json;

    public async Task<Stock> StockAsync(string sku)
    {
        var stock = (await ReadAsync($"/api/v1/stock/{sku}")).Json;
        long Units(string member) => stock.GetProperty(member).GetInt64();
        return new Stock(Units("initial"), Units("restocked"), Units("available"), Units("reserved"), Units("sold"));
    }

    public void Dispose() => _http.Dispose();

    private static string? Status(Answer answer) => answer.Json.GetProperty("status").GetString();
}

public sealed record Stock(long Initial, long Restocked, long Available, long Reserved, long Sold)
{
    public bool Balances => Initial + Restocked == Available + Reserved + Sold;
}
