using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using DaprShop.TestKit;
using DaprShop.TestKit.Shop;

namespace DaprShop.Tests.EndToEnd;

/// <summary>A shop whose sidecars give a message up after three deliveries and a second or two.</summary>
public sealed class ImpatientShop : IAsyncLifetime
{
    public RunningShop Shop { get; private set; } = null!;

    public ShopClient Operator { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        Shop = await RunningShop.StartAsync(
            // No order comes to its deadline while a test looks for the letters of one that is not settled.
            ShopFixture.ShortTimes(TimeSpan.FromMinutes(5)),
            addresses: new Dictionary<string, string> { ["maxRetries: 8"] = "maxRetries: 2", ["maxInterval: 5s"] = "maxInterval: 1s" });
        Operator = await ShopClient.SignInAsync(Shop.Gateway, "operator-1");
    }

    public async Task DisposeAsync()
    {
        Operator.Dispose();
        await Shop.DisposeAsync();
    }
}

public sealed class DeadLetterTests(ImpatientShop shop) : IClassFixture<ImpatientShop>
{
    private const string Letters = "/api/v1/ops/dead-letters";
    private const string Confirmed = "com.daprshop.order.confirmed.v1";
    private const string Refunded = "com.daprshop.payment.refunded.v1";

    [Fact]
    public async Task Poison_AmongGoodEvents_IsListedAndCorrectedAndTakesEffectOnce()
    {
        using var shopper = await ShopClient.SignInAsync(shop.Shop.Gateway, "shopper-701");
        foreach (var name in (string[])["good-1", "poison", "good-2", "good-3"])
        {
            await PublishAsync("orders", Event(name, Confirmed, name == "poison" ? Data("poison", "") : Data(name, shopper.User!)), TraceOf(name));
        }

        await InboxAsync(shopper, "good-1", "good-2", "good-3");
        var letter = await LetterAsync("orders-to-notification", "poison");
        var payload = JsonNode.Parse((await shop.Operator.GetAsync($"{Letters}/{Id(letter)}")).Json.GetProperty("payload").GetRawText())!.AsObject();
        payload["data"]!["userId"] = shopper.User;
        var first = await shop.Operator.PostAsync($"{Letters}/{Id(letter)}/replay", new { payload });
        var second = await shop.Operator.PostAsync($"{Letters}/{Id(letter)}/replay", new { payload });

        Assert.Equal(
            ("orders", Confirmed, TraceOf("poison"), "The OrderConfirmed names no user, no order or no amount.", 1, "Open"),
            (Text(letter, "topic"), Text(letter, "eventType"), Text(letter, "traceId"), Text(letter, "reason"), letter.GetProperty("attempts").GetInt32(), Text(letter, "status")));
        Assert.Equal((HttpStatusCode.OK, "Replayed"), (first.Status, Text(first.Json, "status")));
        Assert.Equal((HttpStatusCode.OK, "Replayed"), (second.Status, Text(second.Json, "status")));
        Assert.Equal("operator-1 replayed", Assert.Single(Audit(second.Json)));
        await InboxAsync(shopper, "good-1", "good-2", "good-3", "poison");
        Assert.Empty(shop.Shop.ErrorLogs());
    }

    [Fact]
    public async Task Poison_ThatFailsOnEveryDelivery_IsListedWithTheirNumberAndReplayedOnceItsCauseIsGone()
    {
        using var shopper = await ShopClient.SignInAsync(shop.Shop.Gateway, "shopper-702");
        await shop.Operator.PutAsync(
            "/api/v1/products/DEAD-1",
            new { name = "Dead letter", brand = "Test", category = "test", price = new { amount = 1250, currency = "CNY" }, description = "For one scenario." });
        await shop.Operator.PutAsync("/api/v1/stock/DEAD-1", new { initial = 5 });
        var neighbour = (await shopper.PlaceStubbornlyAsync("n", "tok_declined", ("DEAD-1", 1))).Json.GetProperty("id").GetString()!;
        await shopper.FollowAsync(neighbour, "Cancelled");
        var order = (await shopper.PlaceStubbornlyAsync("k", "tok_webhook_late", ("DEAD-1", 1))).Json.GetProperty("id").GetString()!;
        await PublishAsync("payments", Event("refund-1", Refunded, Refund(order, shopper.User!)), TraceOf("refund-1"));
        await PublishAsync("payments", Event("refund-2", Refunded, Refund(neighbour, shopper.User!)), TraceOf("refund-2"));

        await Eventually.Get(() => PaymentOfAsync(shopper, neighbour), status => status == "Refunded");
        var letter = await LetterAsync("payments-to-order", "refund-1");
        var early = await shop.Operator.SendAsync(HttpMethod.Post, $"{Letters}/{Id(letter)}/replay", content: null);
        await ShopClient.StubbornlyAsync(() => shopper.SendAsync(HttpMethod.Post, $"/api/v1/orders/{order}/cancel", content: null));
        await shopper.FollowAsync(order, "Cancelled");
        var replays = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => shop.Operator.SendAsync(HttpMethod.Post, $"{Letters}/{Id(letter)}/replay", content: null)));

        Assert.Equal((TraceOf("refund-1"), $"Order {order} is not settled yet.", 3), (Text(letter, "traceId"), Text(letter, "reason"), letter.GetProperty("attempts").GetInt32()));
        Assert.Equal((HttpStatusCode.Conflict, "illegal-transition"), (early.Status, early.Problem));
        Assert.Contains($"Order {order} is not settled yet.", early.Body, StringComparison.Ordinal);
        Assert.All(replays, replay => Assert.Equal((HttpStatusCode.OK, "Replayed"), (replay.Status, Text(replay.Json, "status"))));
        Assert.Equal(["operator-1 refused", "operator-1 replayed"], Audit(replays[0].Json));
        Assert.Equal("Refunded", await PaymentOfAsync(shopper, order));
        var timeline = (await shopper.ReadAsync($"/api/v1/orders/{order}/events")).Body;
        Assert.Equal(2, timeline.Split("late payment refunded").Length);
    }

    [Fact]
    public async Task Poison_ThatIsNoCloudEvent_IsKeptForEachSubscriberAndDiscarded()
    {
        using var shopper = await ShopClient.SignInAsync(shop.Shop.Gateway, "shopper-703");
        using var content = new ByteArrayContent(Encoding.UTF8.GetBytes("no event at all"));
        content.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
        await PublishAsync("orders", content, TraceOf("raw"), "?metadata.rawPayload=true");
        await PublishAsync("orders", Event("after", Confirmed, Data("after", shopper.User!)), TraceOf("after"));

        await InboxAsync(shopper, "after");
        foreach (var subscription in (string[])["orders-to-notification", "orders-to-order"])
        {
            var letter = await LetterAsync(subscription, eventId: null);
            var detail = await shop.Operator.GetAsync($"{Letters}/{Id(letter)}");
            var bare = await shop.Operator.SendAsync(HttpMethod.Post, $"{Letters}/{Id(letter)}/replay", content: null);
            var discarded = await shop.Operator.SendAsync(HttpMethod.Delete, $"{Letters}/{Id(letter)}", content: null);
            var again = await shop.Operator.SendAsync(HttpMethod.Delete, $"{Letters}/{Id(letter)}", content: null);

            Assert.Equal("no event at all", Encoding.UTF8.GetString(detail.Json.GetProperty("payloadBase64").GetBytesFromBase64()));
            Assert.Equal((HttpStatusCode.BadRequest, "payload"), (bare.Status, Assert.Single(bare.Members)));
            Assert.Equal((HttpStatusCode.OK, "Discarded"), (discarded.Status, Text(discarded.Json, "status")));
            Assert.Equal((HttpStatusCode.OK, "operator-1 discarded"), (again.Status, Assert.Single(Audit(again.Json))));
        }
    }

    [Fact]
    public async Task Many_OpenOnes_AreReplayedTogetherAndOnlyToTheirSubscriber()
    {
        using var shopper = await ShopClient.SignInAsync(shop.Shop.Gateway, "shopper-704");
        // Unknown orders, whose refund nobody can record: notification takes the events, order does not.
        string[] names = ["lost-1", "lost-2"];
        foreach (var name in names)
        {
            await PublishAsync("payments", Event(name, Refunded, Refund(name, shopper.User!)), TraceOf(name));
        }

        await InboxAsync(shopper, names);
        var letters = await Task.WhenAll(names.Select(name => LetterAsync("payments-to-order", name)));
        var answer = await shop.Operator.PostAsync($"{Letters}/replay", new { subscription = "payments-to-order" });

        Assert.Equal(HttpStatusCode.OK, answer.Status);
        Assert.True(answer.Json.GetProperty("done").GetBoolean());
        Assert.Superset(letters.Select(Id).ToHashSet(), answer.Json.GetProperty("refused").EnumerateArray().Select(id => id.GetString()).ToHashSet());
        await InboxAsync(shopper, names);
    }

    private static object Data(string order, string user) =>
        new { eventId = order, orderId = order, userId = user, total = new { amount = 1250, currency = "CNY" }, at = DateTimeOffset.UnixEpoch, version = 3 };

    private static object Refund(string order, string user) =>
        new { eventId = order, orderId = order, userId = user, paymentId = "pay-1", amount = new { amount = 1250, currency = "CNY" }, at = DateTimeOffset.UnixEpoch };

    private static async Task<string?> PaymentOfAsync(ShopClient shopper, string order) =>
        (await shopper.OrderAsync(order)).GetProperty("payment").GetProperty("status").GetString();

    private static StringContent Event(string id, string type, object data)
    {
        var content = new StringContent(JsonSerializer.Serialize(new { specversion = "1.0", id, type, source = "test", datacontenttype = "application/json", data }));
        content.Headers.ContentType = new MediaTypeHeaderValue("application/cloudevents+json");
        return content;
    }

    /// <summary>A trace id of the event's own.</summary>
    private static string TraceOf(string name) => Convert.ToHexStringLower(Encoding.UTF8.GetBytes(name.PadRight(16, '.')));

    private async Task PublishAsync(string topic, HttpContent content, string traceId, string query = "")
    {
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Post, $"{shop.Shop.Sidecar("order")}/v1.0/publish/pubsub/{topic}{query}") { Content = content };
        request.Headers.TryAddWithoutValidation("traceparent", $"00-{traceId}-b7ad6b7169203331-01");
        using var answer = await http.SendAsync(request);
        Assert.True(answer.StatusCode == HttpStatusCode.NoContent, await answer.Content.ReadAsStringAsync());
    }

    /// <summary>Waits for the letter of an event.</summary>
    private async Task<JsonElement> LetterAsync(string subscription, string? eventId)
    {
        var letters = await Eventually.Get(
            async () => (await shop.Operator.ReadAsync($"{Letters}?subscription={subscription}&status=Open&limit=100")).Json.GetProperty("items")
                .EnumerateArray().Where(letter => Text(letter, "eventId") == eventId).ToList(),
            found => found.Count > 0);
        return Assert.Single(letters);
    }

    /// <summary>Waits until the inbox has as many entries, which are those of these orders, each once.</summary>
    private static async Task InboxAsync(ShopClient shopper, params string[] orders)
    {
        var entries = await Eventually.Get(
            async () => (await shopper.ReadAsync("/api/v1/notifications")).Json.GetProperty("items").EnumerateArray().Select(entry => Text(entry, "orderId")).ToList(),
            found => found.Count >= orders.Length);
        Assert.Equal(orders.Order(StringComparer.Ordinal), entries.Order(StringComparer.Ordinal));
    }

    private static IEnumerable<string> Audit(JsonElement letter) =>
        letter.GetProperty("audit").EnumerateArray().Select(action => $"{Text(action, "by")} {Text(action, "action")}");

    private static string? Id(JsonElement letter) => Text(letter, "id");

    private static string? Text(JsonElement json, string member) => json.GetProperty(member).GetString();
}
