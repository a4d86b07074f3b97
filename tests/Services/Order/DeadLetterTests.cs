using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using DaprShop.Contracts.Events;
using DaprShop.Order.DeadLetters;
using DaprShop.ServiceDefaults;
using DaprShop.ServiceDefaults.State;
using DaprShop.TestKit;
using DaprShop.Tests.Services.Messaging;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace DaprShop.Tests.Services.Order;

public sealed class DeadLetterTests : IAsyncLifetime
{
    private const string Letters = "/api/v1/ops/dead-letters";
    private const string ToNotification = "orders-to-notification";
    private static readonly (string, string)[] Operator = [("shop-user", "operator-1"), ("shop-role", "operator")];
    private static readonly (string, string)[] Colleague = [("shop-user", "operator-2"), ("shop-role", "operator")];

    private readonly ManualClock _clock = new(new DateTimeOffset(2026, 1, 31, 23, 59, 0, TimeSpan.Zero));
    private readonly ConcurrentQueue<(string App, string Path, string Body)> _deliveries = new();
    private FakeSidecar _sidecar = null!;
    private RunningService _order = null!;

    /// <summary>What the consumer answers; null: nothing that tells what became of it.</summary>
    private string? _answer = "SUCCESS";

    private DeliveryFailure? _note = new(3, "The OrderConfirmed names no user.", DateTimeOffset.UnixEpoch);

    public async Task InitializeAsync()
    {
        _sidecar = await FakeSidecar.StartAsync();
        _sidecar.OnInvoke = ConsumeAsync;
        _order = await RunningService.StartAsync(Build, _sidecar, _clock);
    }

    public async Task DisposeAsync()
    {
        await _order.DisposeAsync();
        await _sidecar.DisposeAsync();
    }

    [Fact]
    public async Task Received_DeadLetter_IsKeptWithWhyHowOftenAndItsTrace()
    {
        var poison = Envelope.Of(new { orderId = "o-1" });
        await ReceiveAsync(poison.ToJsonString());

        var letter = (await ListAsync()).Single();
        var detail = await GetAsync(Id(letter));

        Assert.Equal(
            (ToNotification, "orders", "com.daprshop.order.confirmed.v1", "event-1", Envelope.TraceId, "The OrderConfirmed names no user.", 3, "Open"),
            (Text(letter, "subscription"), Text(letter, "topic"), Text(letter, "eventType"), Text(letter, "eventId"), Text(letter, "traceId"),
                Text(letter, "reason"), letter.GetProperty("attempts").GetInt32(), Text(letter, "status")));
        Assert.Equal(_clock.GetUtcNow(), letter.GetProperty("receivedAt").GetDateTimeOffset());
        Assert.True(JsonNode.DeepEquals(poison, JsonNode.Parse(detail.GetProperty("payload").GetRawText())));
        Assert.False(letter.TryGetProperty("payload", out _));
        Assert.Contains(_sidecar.Invocations, asked => asked.Path == $"/v1.0/invoke/notification/method/internal/failures?subscription={ToNotification}&eventId=event-1");
    }

    [Fact]
    public async Task Received_Twice_IsOneLetterAlsoAfterMidnight()
    {
        using var counted = new CountedMessages(_order);
        await ReceiveAsync(Envelope.Of(new { }).ToJsonString());
        _clock.Advance(TimeSpan.FromHours(1));
        await ReceiveAsync(Envelope.Of(new { }).ToJsonString());

        Assert.Single(await ListAsync());
        Assert.Equal([$"orders {ToNotification} dead-lettered 1"], counted.All);
    }

    [Fact]
    public async Task Received_UnderOneEventIdWithOtherBytes_IsAnotherLetter()
    {
        await ReceiveAsync(Envelope.Of(new { a = 1 }).ToJsonString());
        await ReceiveAsync(Envelope.Of(new { a = 2 }).ToJsonString());

        Assert.Equal(2, (await ListAsync()).Select(Id).Distinct().Count());
    }

    [Theory]
    [InlineData("bm90IGpzb24=")]
    [InlineData("/wD/")]
    [InlineData("")]
    [InlineData("WzFd")]
    public async Task Received_WhatIsNoCloudEvent_IsKeptByteForByte(string base64)
    {
        await ReceiveAsync(Convert.FromBase64String(base64));

        var letter = await GetAsync(Id((await ListAsync()).Single()));

        Assert.Equal(base64, Text(letter, "payloadBase64"));
        Assert.Equal((JsonValueKind.Null, JsonValueKind.Null), (letter.GetProperty("payload").ValueKind, letter.GetProperty("eventId").ValueKind));
        Assert.Equal(0, letter.GetProperty("attempts").GetInt32());
        Assert.StartsWith("The message is no CloudEvent", Text(letter, "reason"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Received_OddOrLarge_IsKept()
    {
        var nested = $$"""{"id":"deep","data":{{string.Concat(Enumerable.Repeat("{\"x\":", 5_000))}}1{{new string('}', 5_001)}}""";
        await ReceiveAsync("""{"id":7,"type":{},"traceparent":5,"data":null}""");
        await ReceiveAsync($$"""{"id":"{{new string('i', 5_000)}}","data":"{{new string('x', 3_000_000)}}"}""");
        await ReceiveAsync(nested);

        var letters = await ListAsync();
        var details = await Task.WhenAll(letters.Select(letter => GetAsync(Id(letter))));

        Assert.Equal(["deep"], letters.Select(letter => Text(letter, "eventId")).OfType<string>());
        Assert.Equal(nested, Encoding.UTF8.GetString(Convert.FromBase64String(details.Select(detail => Text(detail, "payloadBase64")).OfType<string>().Single())));
        Assert.Equal(
            3_000_000,
            details.Where(detail => detail.GetProperty("payload").ValueKind == JsonValueKind.Object).Max(detail => Text(detail.GetProperty("payload"), "data")?.Length));
    }

    [Fact]
    public async Task Received_WhileTheStoreIsAway_IsKeptOnceItIsBack()
    {
        _sidecar.StoreIsUp = false;
        var received = ReceiveRawAsync(Encoding.UTF8.GetBytes(Envelope.Of(new { }).ToJsonString()));
        for (var second = 0; second < 20; second++)
        {
            _clock.Advance(TimeSpan.FromSeconds(1));
        }

        _sidecar.StoreIsUp = true;
        await Eventually.True(() =>
        {
            _clock.Advance(TimeSpan.FromSeconds(1));
            return received.IsCompleted;
        });

        Assert.Equal("SUCCESS", await received);
        Assert.Single(await ListAsync());
    }

    [Fact]
    public async Task Received_WhileTheStoreStaysAway_IsToComeAgain()
    {
        _sidecar.StoreIsUp = false;
        var received = ReceiveRawAsync(Encoding.UTF8.GetBytes(Envelope.Of(new { }).ToJsonString()));
        await Eventually.True(() =>
        {
            _clock.Advance(TimeSpan.FromSeconds(10));
            return received.IsCompleted;
        });

        Assert.Equal("RETRY", await received);
    }

    [Fact]
    public async Task Reason_OfAConsumerThatWasAway_IsAskedForWhenSomebodyLooks()
    {
        var note = _note;
        _note = null;
        await ReceiveAsync(Envelope.Of(new { }).ToJsonString());
        var letter = (await ListAsync()).Single();
        _note = note;

        var detail = await GetAsync(Id(letter));

        Assert.Equal(JsonValueKind.Null, letter.GetProperty("reason").ValueKind);
        Assert.Equal(("The OrderConfirmed names no user.", 3), (Text(detail, "reason"), detail.GetProperty("attempts").GetInt32()));
    }

    [Fact]
    public async Task List_ManyLettersOfSeveralSubscriptionsAndDays_IsPagedNewestFirst()
    {
        var expected = new List<string>();
        for (var number = 1; number <= 230; number++)
        {
            _clock.Advance(TimeSpan.FromSeconds(1));
            var id = string.Create(CultureInfo.InvariantCulture, $"event-{number}");
            await ReceiveAsync(Envelope.Of(new { }, id: id).ToJsonString(), number % 50 == 0 ? "payments-to-order" : ToNotification);
            expected.Insert(0, id);
        }

        await ReceiveAsync(Envelope.Of(new { }, id: "event-1").ToJsonString());

        Assert.Equal(expected, (await ListAsync(limit: 33)).Select(letter => Text(letter, "eventId")));
        Assert.Equal(
            ["event-200", "event-150", "event-100", "event-50"],
            (await ListAsync("&subscription=payments-to-order", limit: 3)).Select(letter => Text(letter, "eventId")));
        Assert.Empty(await ListAsync("&subscription=orders-to-order"));
    }

    [Fact]
    public async Task Replay_AsItCame_GoesToItsOneConsumerAndIsTakenOnce()
    {
        using var counted = new CountedMessages(_order);
        var poison = Envelope.Of(new { orderId = "o-1" }).ToJsonString();
        var id = await ReceiveAsync(poison);

        var first = await ReplayAsync(id);
        var second = await ReplayAsync(id);

        Assert.Equal((200, "Replayed"), (first.Status, Text(first.Json, "status")));
        Assert.Equal((200, "Replayed"), (second.Status, Text(second.Json, "status")));
        Assert.Equal([("notification", "/events/orders-confirmed", poison)], _deliveries);
        Assert.Equal(["operator-1 replayed False"], Audit(second.Json));
        Assert.Equal(JsonValueKind.Null, (await GetAsync(id)).GetProperty("replayedPayload").ValueKind);
        Assert.Equal([$"orders {ToNotification} dead-lettered 1", $"orders {ToNotification} replayed 1"], counted.All);
    }

    [Fact]
    public async Task Replay_Edited_KeepsTheEventAndShowsWhatWasTaken()
    {
        var id = await ReceiveAsync(Envelope.Of(new { orderId = "o-1" }).ToJsonString());
        var edited = Envelope.Of(new { orderId = "o-1", userId = "shopper-1" });
        edited.Remove("id");

        var replayed = await ReplayAsync(id, new JsonObject { ["payload"] = edited.DeepClone() });
        var again = await ReplayAsync(id, new JsonObject { ["payload"] = edited.DeepClone() });
        var other = await ReplayAsync(id);

        var sent = JsonNode.Parse(_deliveries.Single().Body)!;
        Assert.Equal(("event-1", "shopper-1", Envelope.TraceId), (
            (string?)sent["id"], (string?)sent["data"]!["userId"], ((string?)sent["traceparent"])!.Split('-')[1]));
        Assert.Equal((200, 200, 409), (replayed.Status, again.Status, other.Status));
        Assert.Equal(["operator-1 replayed True"], Audit(again.Json));
        Assert.Equal("shopper-1", (await GetAsync(id)).GetProperty("replayedPayload").GetProperty("data").GetProperty("userId").GetString());
    }

    [Fact]
    public async Task Replay_OfWhatIsNoCloudEvent_NeedsOneAndGetsTheLettersIdAsItsOwn()
    {
        var id = await ReceiveAsync("not json"u8.ToArray());

        var bare = await ReplayAsync(id);
        var replayed = await ReplayAsync(id, JsonNode.Parse("""{"payload":{"type":"com.daprshop.order.cancelled.v1","data":{}}}"""));

        Assert.Equal((400, "payload"), (bare.Status, bare.Json.GetProperty("errors").EnumerateObject().Single().Name));
        Assert.Equal(200, replayed.Status);
        Assert.Equal("/events/orders-cancelled", _deliveries.Single().Path);
        Assert.Equal(id, (string?)JsonNode.Parse(_deliveries.Single().Body)!["id"]);
    }

    [Theory]
    [InlineData("""{"payload":7}""", "payload")]
    [InlineData("""{"payload":[]}""", "payload")]
    [InlineData("""{"payload":{"type":"com.daprshop.order.confirmed.v1"}}""", "payload.data")]
    [InlineData("""{"payload":{"data":{}}}""", "payload.type")]
    [InlineData("""{"payload":{"type":"com.daprshop.payment.failed.v1","data":{}}}""", "payload.type")]
    [InlineData("""{"payload":{"type":7,"data":{}}}""", "payload.type")]
    [InlineData("""{"payload":{"type":"com.daprshop.order.confirmed.v1","id":"other","data":{}}}""", "payload.id")]
    [InlineData("""{"payload":{"type":"com.daprshop.order.confirmed.v1","id":7,"data":{}}}""", "payload.id")]
    [InlineData("""{"data":{}}""", "data")]
    public async Task Replay_WithAPayloadThatIsNone_NamesTheMember(string body, string member)
    {
        var id = await ReceiveAsync(Envelope.Of(new { }).ToJsonString());

        var answer = await ReplayAsync(id, JsonNode.Parse(body));

        Assert.Equal((400, member), (answer.Status, string.Join(' ', answer.Json.GetProperty("errors").EnumerateObject().Select(error => error.Name))));
        Assert.Empty(_deliveries);
    }

    [Theory]
    [InlineData("DROP", "The OrderConfirmed names no user.")]
    [InlineData("RETRY", "The OrderConfirmed names no user.")]
    [InlineData("413", "notification answered 413.")]
    public async Task Replay_ThatTheConsumerRefuses_StaysOpenWithWhyAndMayBeEdited(string answer, string why)
    {
        var id = await ReceiveAsync(Envelope.Of(new { }).ToJsonString());
        _answer = answer;
        var refused = await ReplayAsync(id);
        _answer = "SUCCESS";
        var replayed = await ReplayAsync(id, new JsonObject { ["payload"] = Envelope.Of(new { b = 1 }) });

        Assert.Equal((409, 200), (refused.Status, replayed.Status));
        Assert.Equal($"Not replayed: {why}", Text(refused.Json, "detail"));
        Assert.Equal(["operator-1 refused False", "operator-1 replayed True"], Audit(replayed.Json));
    }

    [Fact]
    public async Task Replay_WithoutAnAnswer_MayBeRepeatedAsItIsAndNotEditedMeanwhile()
    {
        var id = await ReceiveAsync(Envelope.Of(new { }).ToJsonString());
        var edited = new JsonObject { ["payload"] = Envelope.Of(new { b = 1 }) };
        _answer = null;
        var unknown = await ReplayAsync(id);
        var other = await ReplayAsync(id, edited.DeepClone());
        var discarded = await DiscardAsync(id);
        _clock.Advance(TimeSpan.FromSeconds(61));
        var later = await ReplayAsync(id, edited.DeepClone());
        _answer = "SUCCESS";
        var repeated = await ReplayAsync(id, edited.DeepClone());

        Assert.Equal((503, 409, 409, 503, 200), (unknown.Status, other.Status, discarded.Status, later.Status, repeated.Status));
        Assert.Equal(3, _deliveries.Count);
        Assert.Equal(["operator-1 unanswered False", "operator-1 unanswered True", "operator-1 replayed True"], Audit(repeated.Json));
    }

    [Fact]
    public async Task Replay_ByManyAtOnce_IsReplayedOnceInTheBooks()
    {
        await using var live = await RunningService.StartAsync(Build, _sidecar);
        using var counted = new CountedMessages(live);
        var id = await ReceiveAsync(Envelope.Of(new { }).ToJsonString());

        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => live.SendAsync(HttpMethod.Post, $"{Letters}/{id}/replay", null, Operator)));

        Assert.All(answers, answer => Assert.Equal(200, (int)answer.StatusCode));
        Assert.Equal(["operator-1 replayed False"], Audit(await GetAsync(id)));
        Assert.Equal([$"orders {ToNotification} replayed 1"], counted.All);
    }

    [Fact]
    public async Task Discard_OpenLetter_IsInTheAuditAndFinal()
    {
        var id = await ReceiveAsync(Envelope.Of(new { }).ToJsonString());

        var first = await DiscardAsync(id);
        var second = await DiscardAsync(id);
        var replay = await ReplayAsync(id);

        Assert.Equal((200, 200, 409), (first.Status, second.Status, replay.Status));
        Assert.Equal(["operator-2 discarded False"], Audit(second.Json));
        Assert.Empty(_deliveries);
        Assert.Empty(await ListAsync("&status=Open"));
        Assert.Single(await ListAsync("&status=Discarded"));
    }

    [Fact]
    public async Task Discard_ReplayedLetter_IsRefused()
    {
        var id = await ReceiveAsync(Envelope.Of(new { }).ToJsonString());
        await ReplayAsync(id);

        Assert.Equal(409, (await DiscardAsync(id)).Status);
        Assert.Single(await ListAsync("&status=Replayed"));
    }

    [Fact]
    public async Task ReplayMany_OpenOnesOfASubscription_GoesOnAfterItsCursor()
    {
        for (var number = 1; number <= 60; number++)
        {
            _clock.Advance(TimeSpan.FromSeconds(1));
            await ReceiveAsync(Envelope.Of(new { }, id: $"event-{number}").ToJsonString());
        }

        await ReceiveAsync(Envelope.Of(new { }, id: "other").ToJsonString(), "orders-to-order");
        await ReceiveAsync("not json"u8.ToArray());

        var first = await ReplayManyAsync(ToNotification);
        var second = await ReplayManyAsync(ToNotification, Text(first.Json, "nextCursor"));

        Assert.Equal((49, 1, false), (Count(first.Json, "replayed"), Count(first.Json, "refused"), first.Json.GetProperty("done").GetBoolean()));
        Assert.Equal((11, 0, true), (Count(second.Json, "replayed"), Count(second.Json, "refused"), second.Json.GetProperty("done").GetBoolean()));
        Assert.Equal(60, _deliveries.Count);
        Assert.Equal([null, "other"], (await ListAsync("&status=Open")).Select(letter => Text(letter, "eventId")).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task ReplayMany_ConsumerStopsAnswering_EndsThere()
    {
        var id = await ReceiveAsync(Envelope.Of(new { }).ToJsonString());
        _answer = null;

        var answer = await ReplayManyAsync(ToNotification);

        Assert.Equal((200, id, false), (answer.Status, Text(answer.Json, "unanswered"), answer.Json.GetProperty("done").GetBoolean()));
    }

    [Theory]
    [InlineData("?subscription=nobody", "subscription")]
    [InlineData("?subscription=", "subscription")]
    [InlineData("?status=open", "status")]
    [InlineData("?status=0", "status")]
    [InlineData("?limit=0", "limit")]
    [InlineData("?cursor=x", "cursor")]
    [InlineData("?cursor=WyJkZWFkLWxldHRlcnMiLCJ4IiwieSJd", "cursor")]
    public async Task List_QueryThatCannotBe_NamesTheMember(string query, string member)
    {
        using var answer = await _order.SendAsync(HttpMethod.Get, Letters + query, null, Operator);

        Assert.Equal((400, "validation"), ((int)answer.StatusCode, await answer.ProblemAsync()));
        Assert.Equal([member], await answer.ErrorMembersAsync());
    }

    [Theory]
    [InlineData("""{"subscription":"nobody"}""", "subscription")]
    [InlineData("""{"subscription":"orders-to-notification","cursor":"x"}""", "cursor")]
    [InlineData("""{}""", "subscription")]
    public async Task ReplayMany_BodyThatCannotBe_NamesTheMember(string body, string member)
    {
        using var answer = await _order.SendAsync(HttpMethod.Post, Letters + "/replay", body, Operator);

        Assert.Equal(400, (int)answer.StatusCode);
        Assert.Equal([member], await answer.ErrorMembersAsync());
    }

    [Theory]
    [InlineData("GET", "/x")]
    [InlineData("GET", "/00000000-0000-5000-8000-000000000001")]
    [InlineData("POST", "/00000000-0000-5000-8000-000000000001/replay")]
    [InlineData("DELETE", "/00000000-0000-5000-8000-000000000001")]
    [InlineData("DELETE", "/..%2F..%2Fsettings")]
    public async Task Letter_ThatIsNone_DoesNotExist(string method, string path)
    {
        using var answer = await _order.SendAsync(new HttpMethod(method), Letters + path, null, Operator);
        using var customer = await _order.SendAsync(new HttpMethod(method), Letters + path, null, ("shop-user", "shopper-1"));

        Assert.Equal((404, "not-found"), ((int)answer.StatusCode, await answer.ProblemAsync()));
        Assert.Equal((403, "forbidden"), ((int)customer.StatusCode, await customer.ProblemAsync()));
    }

    private static WebApplication Build(WebApplicationBuilder builder)
    {
        builder.AddServiceDefaults();
        builder.Services.AddSingleton<BulkReads>();
        builder.Services.AddDeadLetters();
        var app = builder.Build();
        app.MapDefaultEndpoints();
        app.MapDeadLetterDelivery();
        app.MapDeadLetters();
        return app;
    }

    /// <summary>The consumers, as the sidecar brings them what they are asked.</summary>
    private async Task ConsumeAsync(HttpContext context)
    {
        var parts = context.Request.Path.Value!.Split("/method", 2);
        if (parts[1] == "/internal/failures")
        {
            await (_note is null ? Results.NotFound() : Results.Json(_note)).ExecuteAsync(context);
            return;
        }

        using var reader = new StreamReader(context.Request.Body);
        _deliveries.Enqueue((parts[0].Split('/')[^1], parts[1], await reader.ReadToEndAsync()));
        Assert.Equal("application/cloudevents+json", context.Request.ContentType);
        await (_answer switch
        {
            null => Results.StatusCode(StatusCodes.Status500InternalServerError),
            "413" => Results.StatusCode(StatusCodes.Status413PayloadTooLarge),
            _ => Results.Json(new { status = _answer }),
        }).ExecuteAsync(context);
    }

    private Task<string> ReceiveAsync(string message, string subscription = ToNotification) => ReceiveAsync(Encoding.UTF8.GetBytes(message), subscription);

    /// <returns>The letter's id.</returns>
    private async Task<string> ReceiveAsync(byte[] message, string subscription = ToNotification)
    {
        Assert.Equal("SUCCESS", await ReceiveRawAsync(message, subscription));
        return DeadLetterStore.IdOf(Subscriptions.All.Single(known => known.Name == subscription), DeadMessage.Of(message));
    }

    private Task<string?> ReceiveRawAsync(byte[] message, string subscription = ToNotification) => _order.DeliverAsync($"/dead-letters/{subscription}", new JsonObject
    {
        ["data_base64"] = Convert.ToBase64String(message),
        ["datacontenttype"] = "application/octet-stream",
        ["id"] = "of the sidecar",
        ["specversion"] = "1.0",
        ["type"] = "com.dapr.event.sent",
    });

    private async Task<IReadOnlyList<JsonElement>> ListAsync(string filter = "", int limit = 100)
    {
        var letters = new List<JsonElement>();
        for (string? cursor = ""; cursor is not null;)
        {
            using var answer = await _order.SendAsync(
                HttpMethod.Get, $"{Letters}?limit={limit}{filter}{(cursor.Length > 0 ? "&cursor=" + cursor : "")}", null, Operator);
            var page = await answer.JsonAsync();
            letters.AddRange(page.GetProperty("items").EnumerateArray());
            cursor = Text(page, "nextCursor");
        }

        return letters;
    }

    private async Task<JsonElement> GetAsync(string id)
    {
        using var answer = await _order.SendAsync(HttpMethod.Get, $"{Letters}/{id}", null, Operator);
        Assert.Equal(200, (int)answer.StatusCode);
        return await answer.JsonAsync();
    }

    private Task<(int Status, JsonElement Json)> ReplayAsync(string id, JsonNode? body = null) =>
        SendAsync(HttpMethod.Post, $"{Letters}/{id}/replay", body?.ToJsonString(), Operator);

    private Task<(int Status, JsonElement Json)> ReplayManyAsync(string subscription, string? cursor = null) =>
        SendAsync(HttpMethod.Post, $"{Letters}/replay", JsonSerializer.Serialize(new { subscription, cursor }), Operator);

    private Task<(int Status, JsonElement Json)> DiscardAsync(string id) => SendAsync(HttpMethod.Delete, $"{Letters}/{id}", null, Colleague);

    private async Task<(int Status, JsonElement Json)> SendAsync(HttpMethod method, string path, string? body, (string, string)[] caller)
    {
        using var answer = await _order.SendAsync(method, path, body, caller);
        return ((int)answer.StatusCode, await answer.JsonAsync());
    }

    private static IEnumerable<string> Audit(JsonElement letter) => letter.GetProperty("audit").EnumerateArray()
        .Select(action => $"{Text(action, "by")} {Text(action, "action")} {action.GetProperty("edited").GetBoolean()}");

    private static int Count(JsonElement json, string member) => json.GetProperty(member).GetArrayLength();

    private static string Id(JsonElement letter) => Text(letter, "id")!;

    private static string? Text(JsonElement json, string member) => json.GetProperty(member).GetString();
}
