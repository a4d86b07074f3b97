using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Nodes;
using DaprShop.Contracts.Inventory;
using DaprShop.Gateway;
using DaprShop.Gateway.Authentication;
using DaprShop.Gateway.Limits;
using DaprShop.Gateway.SoldOut;
using DaprShop.ServiceDefaults.Faults;
using DaprShop.ServiceDefaults.Http;
using DaprShop.ServiceDefaults.Ids;
using DaprShop.ServiceDefaults.Json;
using DaprShop.TestKit;
using Microsoft.AspNetCore.Http;

namespace DaprShop.Tests.Gateway;

/// <summary>
/// A gateway by a clock of the test's own, before an order service that is sold out and an inventory that says so, unless a test says
/// otherwise.
/// </summary>
internal sealed class EdgeGateway : IAsyncDisposable
{
    public const string Sku = "SKU-1001";
    public const string Orders = "/api/v1/orders";
    public const string Body = """{"items":[{"sku":"SKU-1001","quantity":1}],"payment":{"source":"tok_ok"}}""";

    private readonly ConcurrentDictionary<string, string> _tokens = new();
    private readonly RunningService _service;

    private EdgeGateway(FakeSidecar sidecar, RunningService service, ManualClock clock)
    {
        (Sidecar, _service, Clock) = (sidecar, service, clock);
        sidecar.OnInvoke = context => context.Request.Path.Value!.Split('/')[3] switch
        {
            "order" => OnOrder(context),
            "inventory" => OnInventory(context),
            _ => Task.CompletedTask,
        };
    }

    public FakeSidecar Sidecar { get; }

    public ManualClock Clock { get; }

    public Func<HttpContext, Task> OnOrder { get; set; } = context => SoldOutAsync(context, Sku);

    public Func<HttpContext, Task> OnInventory { get; set; } = context => ViewAsync(context, SoldOut(version: 1));

    public IEnumerable<Recorded> Placed => Sidecar.Invocations.Where(call => call.Path == "/v1.0/invoke/order/method/api/v1/orders");

    public IEnumerable<Recorded> Questions =>
        Sidecar.Invocations.Where(call => call.Path.StartsWith("/v1.0/invoke/inventory/method/internal/sold-out/", StringComparison.Ordinal));

    public static async Task<EdgeGateway> StartAsync(JsonNode? settings = null)
    {
        var clock = new ManualClock();
        var sidecar = await FakeSidecar.StartAsync();
        sidecar.Settings = settings;
        var service = await RunningService.StartAsync(GatewayHost.Build, sidecar, clock);
        var gateway = new EdgeGateway(sidecar, service, clock);
        await Eventually.True(() => service.Get<SigningKey>().IsKnown);
        if (settings is not null)
        {
            await gateway.SettingsAreAsync(settings);
        }

        return gateway;
    }

    public static JsonObject Settings(int requestsPerSecond = 100, int burst = 400, int concurrentRequests = 2000) => new()
    {
        ["edge"] = new JsonObject { ["requestsPerSecond"] = requestsPerSecond, ["burst"] = burst, ["concurrentRequests"] = concurrentRequests },
        ["version"] = 1,
    };

    public static string OrderId(string user, string key) => DerivedIds.Order(user, Orders, key);

    public static SoldOutView SoldOut(long version, params string[] orderIds)
    {
        var filter = IdFilter.For(orderIds.Length);
        Array.ForEach(orderIds, filter.Add);
        return new SoldOutView(version, IsSoldOut: true, filter.ToBytes(), filter.Hashes);
    }

    public static SoldOutView UnitsLeft() => new(Version: 0, IsSoldOut: false, IdFilter.For(0).ToBytes(), Hashes: 7);

    public static Task ViewAsync(HttpContext context, SoldOutView view) => context.Response.WriteAsJsonAsync(view, ShopJson.Documents);

    public static Task SoldOutAsync(HttpContext context, string sku)
    {
        context.Response.StatusCode = 409;
        context.Response.Headers[ShopHeaders.SoldOut] = sku;
        context.Response.ContentType = Problems.ContentType;
        return context.Response.WriteAsync("""{"type":"urn:daprshop:problem:sold-out","title":"as the service words it"}""");
    }

    public static Task AcceptAsync(HttpContext context)
    {
        context.Response.StatusCode = 202;
        return context.Response.WriteAsync("{}");
    }

    public T Get<T>()
        where T : notnull => _service.Get<T>();

    public HttpClient Client => _service.Client;

    public Task StopAsync() => _service.StopAsync();

    /// <summary>Lets the gateway pull these settings: a second passes on its clock whenever it has not done so for a while.</summary>
    public async Task SettingsAreAsync(JsonNode settings)
    {
        Sidecar.Settings = settings;
        var limit = settings["edge"]!["requestsPerSecond"]!.GetValue<int>();
        for (var left = 60; Get<LiveSettings>().Edge.RequestsPerSecond != limit; left--)
        {
            try
            {
                await Eventually.True(() => Get<LiveSettings>().Edge.RequestsPerSecond == limit, TimeSpan.FromSeconds(1));
            }
            catch (TimeoutException) when (left > 0)
            {
                // Asleep: a question on its way must not be hurried, its patience is by the same clock.
                Clock.Advance(TimeSpan.FromSeconds(1));
            }
        }
    }

    public async Task<string> TokenAsync(string user)
    {
        if (!_tokens.TryGetValue(user, out var token))
        {
            var answer = await _service.SendAsync(
                HttpMethod.Post, "/api/v1/tokens", JsonSerializer.Serialize(new { userName = user, password = "demo" }));
            _tokens[user] = token = (await answer.JsonAsync()).GetProperty("accessToken").GetString()!;
        }

        return token;
    }

    public async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, string user, string? json = null) =>
        await _service.SendAsync(method, path, json, ("Authorization", $"Bearer {await TokenAsync(user)}"));

    public Task<HttpResponseMessage> AnonymousAsync(HttpMethod method, string path, string? json = null) => _service.SendAsync(method, path, json);

    public async Task<HttpResponseMessage> PlaceAsync(string user = "shopper-1", string? key = "k-1", string body = Body, string path = Orders)
    {
        var token = ("Authorization", $"Bearer {await TokenAsync(user)}");
        return await (key is null
            ? _service.SendAsync(HttpMethod.Post, path, body, token)
            : _service.SendAsync(HttpMethod.Post, path, body, token, ("Idempotency-Key", key)));
    }

    /// <summary>Lets the service refuse one buyer, and waits until the gateway knows why.</summary>
    public async Task<HttpResponseMessage> WarmAsync(string user = "shopper-1")
    {
        var answer = await PlaceAsync(user);
        await Eventually.True(() => Get<SoldOutCache>().Judge(Sku, "nobody") is not null);
        return answer;
    }

    public async ValueTask DisposeAsync()
    {
        await _service.DisposeAsync();
        await Sidecar.DisposeAsync();
    }
}
