using System.Net;
using DaprShop.TestKit;
using DaprShop.TestKit.Shop;

namespace DaprShop.Tests.EndToEnd;

/// <summary>A shop that is watched: its traces go to a collector, and its sidecars ask for a token.</summary>
public sealed class WatchedShop : IAsyncLifetime
{
    public const string ApiToken = "token-of-the-sidecars";

    public OtlpReceiver Collector { get; private set; } = null!;

    public RunningShop Shop { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        Collector = await OtlpReceiver.StartAsync();
        Shop = await RunningShop.StartAsync(
            ShopFixture.ShortTimes(ShopFixture.PaymentWindow),
            new Dictionary<string, string>(Collector.Environment) { ["DAPR_API_TOKEN"] = ApiToken });
    }

    public async Task DisposeAsync()
    {
        await Shop.DisposeAsync();
        await Collector.DisposeAsync();
    }
}

public sealed class TraceTests(WatchedShop watched) : IClassFixture<WatchedShop>
{
    private static readonly string[] Services = ["catalog", "gateway", "inventory", "notification", "order", "payment", "provider"];

    /// <summary>
    /// Inventory's sidecar is not among them: what it writes is one batch for many orders, which no single trace can own. Only the first order of
    /// a stock has the look at its settings.
    /// </summary>
    private static readonly string[] WithOwnCalls = ["catalog", "gateway", "notification", "order", "payment"];

    [Fact]
    public async Task Order_FromTheGatewayToTheInbox_IsOneTrace()
    {
        using var shopper = await ShopClient.SignInAsync(watched.Shop.Gateway, "shopper-1");
        // Under one key, an order would belong to the trace of the attempt that reserved it, not of the one that was answered.
        var attempt = 0;
        var placed = await Eventually.Get(
            () => shopper.PlaceAsync($"k-{attempt++}", "tok_async", ("SKU-1001", 1)), answer => answer.Status == HttpStatusCode.Accepted);
        var traceId = Assert.Single(placed.Headers.GetValues("X-Trace-Id"));
        var id = placed.Json.GetProperty("id").GetString()!;
        await shopper.FollowAsync(id, "Confirmed");
        await Eventually.Get(async () => (await shopper.ReadAsync("/api/v1/notifications")).Body, inbox => inbox.Contains(id, StringComparison.Ordinal));

        var spans = await Eventually.Get(() => watched.Collector.Trace(traceId), IsWhole);

        Assert.Equal(Services, Apps(spans));
        Assert.Equal(WithOwnCalls, Sidecars(spans));
        Assert.Contains(spans, span => span.Source == "Dapr.Workflow");
        Assert.Single(spans, span => span.ParentId.Length == 0);
        Assert.Empty(Orphans(spans));
        Assert.Equal(spans.Count, spans.Select(span => span.Id).Distinct().Count());
    }

    [Fact]
    public async Task Order_WithTheClientsTraceparent_GoesOnInItsTrace()
    {
        const string traceId = "0af7651916cd43dd8448eb211c80319c";
        const string caller = "b7ad6b7169203331";
        using var shopper = await ShopClient.SignInAsync(watched.Shop.Gateway, "shopper-2");

        var answer = await shopper.GetAsync("/api/v1/products/SKU-1001", ("traceparent", $"00-{traceId}-{caller}-01"));
        // The span of the request itself ends last, and is exported last.
        var spans = await Eventually.Get(
            () => watched.Collector.Trace(traceId),
            spans => Apps(spans).Contains("catalog") && Orphans(spans).All(span => span.ParentId == caller));

        Assert.Equal(traceId, Assert.Single(answer.Headers.GetValues("X-Trace-Id")));
        Assert.Equal("gateway", Assert.Single(spans, span => span.ParentId == caller).Service);
    }

    [Theory]
    [InlineData("gateway")]
    [InlineData("order")]
    public async Task Sidecar_WithAnApiToken_AnswersNobodyWithoutIt(string appId)
    {
        const string path = "/v1.0/invoke/order/method/api/v1/orders";
        using var stranger = ShopClient.Anonymous(watched.Shop.Sidecar(appId));

        var without = await stranger.GetAsync(path, ("shop-user", "shopper-1"), ("shop-role", "operator"));
        var with = await stranger.GetAsync(path, ("shop-user", "shopper-1"), ("dapr-api-token", WatchedShop.ApiToken));

        Assert.Equal((HttpStatusCode.Unauthorized, "invalid api token"), (without.Status, without.Body));
        Assert.Equal(HttpStatusCode.OK, with.Status);
    }

    [Fact]
    public async Task Order_IsInTheMetricsAndLogsToo()
    {
        string[] expected =
        [
            "gateway http.server.request.duration", "inventory shop.stock.units", "notification shop.messages", "order dotnet.process.cpu.time",
            "order shop.orders.accepted", "order shop.outbox.age", "order shop.outbox.backlog", "order shop.outcomes.untold",
            "order shop.saga.duration", "payment shop.payment.duration",
        ];
        using var shopper = await ShopClient.SignInAsync(watched.Shop.Gateway, "shopper-3");
        var attempt = 0;
        var placed = await Eventually.Get(
            () => shopper.PlaceAsync($"k-{attempt++}", "tok_ok", ("SKU-1002", 1)), answer => answer.Status == HttpStatusCode.Accepted);
        var (orderId, traceId) = (placed.Json.GetProperty("id").GetString()!, Assert.Single(placed.Headers.GetValues("X-Trace-Id")));
        await shopper.FollowAsync(orderId, "Confirmed");

        await Eventually.Get(() => watched.Collector.Metrics, metrics => !expected.Except(metrics).Any());
        await Eventually.Get(
            () => watched.Collector.Logs(traceId),
            logs => logs.Any(record => record.Body.StartsWith($"Order {orderId} is Confirmed", StringComparison.Ordinal)) && logs.Any(record => record.Service == "payment"));
    }

    private static bool IsWhole(IReadOnlyList<Span> spans) =>
        Apps(spans).SequenceEqual(Services) && Sidecars(spans).SequenceEqual(WithOwnCalls) && spans.Any(span => span.ParentId.Length == 0) && Orphans(spans).Count == 0;

    /// <summary>Spans whose parent was never exported.</summary>
    private static List<Span> Orphans(IReadOnlyList<Span> spans) =>
        [.. spans.Where(span => span.ParentId.Length > 0 && spans.All(parent => parent.Id != span.ParentId))];

    private static IEnumerable<string> Apps(IReadOnlyList<Span> spans) =>
        spans.Where(span => !IsSidecar(span)).Select(span => span.Service).Distinct().Order(StringComparer.Ordinal);

    private static IEnumerable<string> Sidecars(IReadOnlyList<Span> spans) =>
        spans.Where(IsSidecar).Select(span => span.Service).Where(app => app != "inventory").Distinct().Order(StringComparer.Ordinal);

    private static bool IsSidecar(Span span) => span.Source.StartsWith("dapr/", StringComparison.Ordinal);
}
