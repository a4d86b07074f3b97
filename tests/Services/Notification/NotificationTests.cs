using System.Text.Json;
using System.Text.Json.Nodes;
using DaprShop.Contracts;
using DaprShop.Contracts.Api;
using DaprShop.Contracts.Events;
using DaprShop.Notification;
using DaprShop.Notification.Inbox;
using DaprShop.ServiceDefaults.Json;
using DaprShop.TestKit;

namespace DaprShop.Tests.Notification;

public sealed class NotificationTests : IAsyncLifetime
{
    private static readonly DateTimeOffset Start = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);
    private readonly ManualClock _clock = new();
    private FakeSidecar _sidecar = null!;
    private RunningService _notification = null!;

    public async Task InitializeAsync()
    {
        _sidecar = await FakeSidecar.StartAsync();
        _notification = await RunningService.StartAsync(NotificationHost.Build, _sidecar, _clock);
    }

    public async Task DisposeAsync()
    {
        await _notification.DisposeAsync();
        await _sidecar.DisposeAsync();
    }

    [Fact]
    public async Task Event_Confirmed_IsInTheInboxOfItsUserOnly()
    {
        var status = await DeliverAsync("orders-confirmed", Confirmed(1));

        var entry = (await InboxAsync("shopper-1")).Single();
        Assert.Equal("SUCCESS", status);
        Assert.Equal(("order-confirmed", "order-1", "Your order is paid (CNY 1299.05) and confirmed."), (entry.Kind, entry.OrderId, entry.Text));
        Assert.Equal(Start.AddSeconds(1), entry.CreatedAt);
        Assert.Empty(await InboxAsync("shopper-2"));
    }

    [Fact]
    public async Task Event_OrderRefunded_SaysHowMuchOnce()
    {
        var refunded = new OrderRefunded("order-1:refunded", "order-1", "shopper-1", new Money(129905, "CNY"), Start, 6);
        await DeliverAsync("orders-refunded", refunded);

        await DeliverAsync("orders-refunded", refunded);

        var entry = (await InboxAsync("shopper-1")).Single();
        Assert.Equal(("order-refunded", "order-1", "Your order is refunded (CNY 1299.05)."), (entry.Kind, entry.OrderId, entry.Text));
    }

    [Fact]
    public async Task Event_Redelivered_HasNoSecondEffect()
    {
        await DeliverAsync("orders-confirmed", Confirmed(1));
        await DeliverAsync("orders-cancelled", new OrderCancelled("e", "order-1", "shopper-1", "customer", Start, 4));
        await DeliverAsync("payments-refunded", new PaymentRefunded("e", "order-1", "shopper-1", "p", new Money(5, "CNY"), Start));

        var status = await DeliverAsync("orders-confirmed", Confirmed(1) with { EventId = "other", Version = 9 });

        Assert.Equal("SUCCESS", status);
        Assert.Equal(["payment-refunded", "order-cancelled", "order-confirmed"], (await InboxAsync("shopper-1")).Select(entry => entry.Kind));
    }

    [Fact]
    public async Task Event_RedeliveredAfterItWentToAPage_HasNoSecondEffect()
    {
        for (var number = 1; number <= 130; number++)
        {
            await DeliverAsync("orders-confirmed", Confirmed(number));
        }

        await DeliverAsync("orders-confirmed", Confirmed(1));

        var inbox = await InboxAsync("shopper-1");
        Assert.Equal(Enumerable.Range(1, 130).Reverse().Select(number => $"order-{number}"), inbox.Select(entry => entry.OrderId));
    }

    [Fact]
    public async Task Event_ManyAtOnce_AreAllThere()
    {
        // Writers that lose a swap pause for a moment, so time must pass here.
        await using var live = await RunningService.StartAsync(NotificationHost.Build, _sidecar);

        await Task.WhenAll(Enumerable.Range(1, 30).Select(number => live.SendAsync(
            HttpMethod.Post, "/events/orders-confirmed", Envelope.Of(Confirmed(number)).ToJsonString())));

        Assert.Equal(30, (await InboxAsync("shopper-1")).Select(entry => entry.OrderId).Distinct().Count());
    }

    [Theory]
    [InlineData("not json")]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("""{"orderId":"o","userId":""}""")]
    [InlineData("""{"orderId":"o","userId":"u"}""")]
    [InlineData("""{"orderId":"o","userId":"u","total":{"amount":"x","currency":"CNY"}}""")]
    public async Task Event_Poison_IsDroppedOnPurpose(string body)
    {
        var answer = await _notification.SendAsync(HttpMethod.Post, "/events/orders-confirmed", Envelope.Around(body));

        Assert.Equal("DROP", (await answer.JsonAsync()).GetProperty("status").GetString());
    }

    [Fact]
    public async Task Event_OfAnotherType_IsTakenAndIgnored()
    {
        Assert.Equal("SUCCESS", await DeliverAsync("orders", new { anything = 1 }));
        Assert.Equal("SUCCESS", await DeliverAsync("payments", new { anything = 1 }));
    }

    [Fact]
    public async Task Event_StoreIsDown_IsToBeRetried()
    {
        _sidecar.StoreIsUp = false;

        Assert.Equal("RETRY", await DeliverAsync("orders-confirmed", Confirmed(1)));
    }

    [Fact]
    public async Task Batch_GoodAndBadEntries_AreAnsweredEachForItself()
    {
        var answer = await DeliverBatchAsync(
            ("a", Envelope.Of(Confirmed(1))),
            ("b", Envelope.Of(new { orderId = "order-2" })),
            ("c", JsonValue.Create("bm90IGpzb24=")),
            ("d", new JsonObject()),
            ("e", Envelope.Of(Confirmed(3) with { UserId = "shopper-2" })),
            ("f", Envelope.Of(Confirmed(4))),
            ("g", Envelope.Of(Confirmed(1))));

        Assert.Equal(
            ["a SUCCESS", "b DROP", "c DROP", "d DROP", "e SUCCESS", "f SUCCESS", "g SUCCESS"],
            answer.Select(entry => $"{entry.Id} {entry.Status}"));
        Assert.Equal(["order-4", "order-1"], (await InboxAsync("shopper-1")).Select(entry => entry.OrderId));
        Assert.Equal(["order-3"], (await InboxAsync("shopper-2")).Select(entry => entry.OrderId));
    }

    [Fact]
    public async Task Batch_OverTheEndOfAPage_LosesNothingAndAddsNothingTwice()
    {
        (string, JsonNode?)[] batch = [.. Enumerable.Range(1, 130).Select(number => ($"e{number}", (JsonNode?)Envelope.Of(Confirmed(number))))];

        var first = await DeliverBatchAsync(batch);
        var again = await DeliverBatchAsync(batch);

        Assert.All(first.Concat(again), entry => Assert.Equal("SUCCESS", entry.Status));
        Assert.Equal(
            Enumerable.Range(1, 130).Reverse().Select(number => $"order-{number}"), (await InboxAsync("shopper-1")).Select(entry => entry.OrderId));
    }

    [Theory]
    [InlineData("orders-confirmed")]
    [InlineData("orders")]
    public async Task Batch_LongerThanAnyRequestOfAClient_IsTaken(string path)
    {
        // 150 KiB: a long event must not make the good ones with it look refused.
        var filler = new string('x', 50 * 1024);
        (string, JsonNode?)[] batch = [.. Enumerable.Range(1, 3).Select(number => ($"e{number}", (JsonNode?)Envelope.Of(new { filler })))];

        var answer = await DeliverBatchToAsync(path, [.. batch, ("good", Envelope.Of(Confirmed(1)))]);

        Assert.Equal(("good", "SUCCESS"), answer[^1]);
    }

    [Fact]
    public async Task Batch_StoreIsDown_EveryGoodEntryComesAgainAndBadOnesDoNot()
    {
        _sidecar.StoreIsUp = false;

        var answer = await DeliverBatchAsync(("a", Envelope.Of(Confirmed(1))), ("b", Envelope.Of(new { })));

        Assert.Equal([("a", "RETRY"), ("b", "DROP")], answer);
    }

    [Fact]
    public async Task Batch_OfOtherTypes_IsTakenAndIgnored()
    {
        var answer = await DeliverBatchToAsync("orders", ("a", Envelope.Of(new { })), ("b", null));

        Assert.Equal([("a", "SUCCESS"), ("b", "SUCCESS")], answer);
    }

    [Fact]
    public async Task List_Pages_CoverHeadAndSpilledPages()
    {
        for (var number = 1; number <= 120; number++)
        {
            await DeliverAsync("orders-confirmed", Confirmed(number));
        }

        var inbox = await InboxAsync("shopper-1", limit: 33);

        Assert.Equal(Enumerable.Range(1, 120).Reverse().Select(number => $"order-{number}"), inbox.Select(entry => entry.OrderId));
    }

    [Fact]
    public async Task Stream_NewEntry_IsSentWithItsNumberAndHeartbeatsFillTheSilence()
    {
        await DeliverAsync("orders-confirmed", Confirmed(1));
        using var answer = await _notification.SendAsync(HttpMethod.Get, "/api/v1/notifications/stream", null, ("shop-user", "shopper-1"));
        using var stream = new StreamReader(await answer.Content.ReadAsStreamAsync());

        Assert.Equal(": connected", await stream.ReadLineAsync());
        await DeliverAsync("orders-confirmed", Confirmed(2));
        Assert.Equal("id: 1", await NextLineAsync(stream));
        Assert.Equal("event: notification", await stream.ReadLineAsync());
        Assert.Contains("\"orderId\":\"order-2\"", await stream.ReadLineAsync());
        Assert.Equal(": still here", await NextLineAsync(stream));
    }

    [Fact]
    public async Task Stream_LastEventId_ResumesAfterIt()
    {
        for (var number = 1; number <= 3; number++)
        {
            await DeliverAsync("orders-confirmed", Confirmed(number));
        }

        using var answer = await _notification.SendAsync(
            HttpMethod.Get, "/api/v1/notifications/stream", null, ("shop-user", "shopper-1"), ("Last-Event-ID", "0"));
        using var stream = new StreamReader(await answer.Content.ReadAsStreamAsync());
        await stream.ReadLineAsync();

        Assert.Equal("id: 1", await NextLineAsync(stream));
    }

    [Fact]
    public void WithoutOldestPage_Head_KeepsNumbersAndTheNewestSpilledTime()
    {
        var entries = Enumerable.Range(0, InboxHead.MostEntries)
            .Select(number => new NotificationView($"{number}", "k", "o", "t", "x", Start.AddSeconds(number == 3 ? 500 : number)))
            .ToArray();
        var head = InboxHead.Empty with { Entries = entries };

        var spilled = head.WithoutOldestPage();

        Assert.Equal(head.Count, spilled.Count);
        Assert.Equal(50, spilled.First);
        Assert.Equal("50", spilled.Entries[0].Id);
        Assert.Equal(Start.AddSeconds(500), spilled.SpilledUpTo);
        Assert.Equal("49", head.OldestPage().Entries[^1].Id);
    }

    private static OrderConfirmed Confirmed(int number) =>
        new($"event-{number}", $"order-{number}", "shopper-1", new Money(129_905, "CNY"), Start.AddSeconds(number), 3);

    private Task<(string Id, string Status)[]> DeliverBatchAsync(params (string Id, JsonNode? Event)[] entries) =>
        DeliverBatchToAsync("orders-confirmed", entries);

    private async Task<(string Id, string Status)[]> DeliverBatchToAsync(string path, params (string Id, JsonNode? Event)[] entries)
    {
        var batch = new JsonObject
        {
            ["id"] = "batch-1",
            ["entries"] = new JsonArray([.. entries.Select(entry => new JsonObject
            {
                ["entryId"] = entry.Id,
                ["event"] = entry.Event?.DeepClone(),
                ["contentType"] = "application/cloudevents+json",
                ["metadata"] = new JsonObject(),
            })]),
            ["topic"] = "orders",
            ["pubsubname"] = "pubsub",
            ["type"] = "com.dapr.event.sent.bulk",
        };
        var answer = await _notification.SendAsync(HttpMethod.Post, $"/events/{path}", batch.ToJsonString());
        return
        [
            .. (await answer.JsonAsync()).GetProperty("statuses").EnumerateArray()
                .Select(entry => (entry.GetProperty("entryId").GetString()!, entry.GetProperty("status").GetString()!)),
        ];
    }

    /// <summary>Lets time pass until the stream says something that is not blank.</summary>
    private async Task<string?> NextLineAsync(StreamReader stream)
    {
        var line = stream.ReadLineAsync();
        await Eventually.True(() =>
        {
            _clock.Advance(TimeSpan.FromSeconds(1));
            return line.IsCompleted;
        });
        return await line is { Length: 0 } ? await NextLineAsync(stream) : await line;
    }

    private Task<string?> DeliverAsync(string route, object body) => _notification.DeliverAsync($"/events/{route}", Envelope.Of(body));

    private async Task<IReadOnlyList<NotificationView>> InboxAsync(string user, int limit = 100)
    {
        var entries = new List<NotificationView>();
        for (string? cursor = ""; cursor is not null;)
        {
            var path = $"/api/v1/notifications?limit={limit}{(cursor.Length > 0 ? "&cursor=" + cursor : "")}";
            var page = await (await _notification.SendAsync(HttpMethod.Get, path, null, ("shop-user", user))).JsonAsync();
            entries.AddRange(page.GetProperty("items").EnumerateArray().Select(item => JsonSerializer.Deserialize<NotificationView>(item, ShopJson.Documents)!));
            cursor = page.GetProperty("nextCursor").GetString();
        }

        return entries;
    }
}
