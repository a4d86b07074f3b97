using System.Text.Json;
using System.Text.Json.Nodes;
using DaprShop.Tests.Services.Messaging;

namespace DaprShop.Tests.Services.Order;

public sealed class DeadLetterReplayTests : DeadLetterScene
{
    [Fact]
    public async Task Replay_AsItCame_GoesToItsOneConsumerAndIsTakenOnce()
    {
        using var counted = new CountedMessages(Order);
        var poison = Envelope.Of(new { orderId = "o-1" }).ToJsonString();
        var id = await ReceiveAsync(poison);

        var first = await ReplayAsync(id);
        var second = await ReplayAsync(id);

        Assert.Equal((200, "Replayed"), (first.Status, Text(first.Json, "status")));
        Assert.Equal((200, "Replayed"), (second.Status, Text(second.Json, "status")));
        Assert.Equal([("notification", "/events/orders-confirmed", poison)], Deliveries);
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

        var sent = JsonNode.Parse(Deliveries.Single().Body)!;
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
        Assert.Equal("/events/orders-cancelled", Deliveries.Single().Path);
        Assert.Equal(id, (string?)JsonNode.Parse(Deliveries.Single().Body)!["id"]);
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
        Assert.Empty(Deliveries);
    }

    [Theory]
    [InlineData("DROP", "The OrderConfirmed names no user.")]
    [InlineData("RETRY", "The OrderConfirmed names no user.")]
    [InlineData("413", "notification answered 413.")]
    public async Task Replay_ThatTheConsumerRefuses_StaysOpenWithWhyAndMayBeEdited(string answer, string why)
    {
        var id = await ReceiveAsync(Envelope.Of(new { }).ToJsonString());
        Answer = answer;
        var refused = await ReplayAsync(id);
        Answer = "SUCCESS";
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
        Answer = null;
        var unknown = await ReplayAsync(id);
        var other = await ReplayAsync(id, edited.DeepClone());
        var discarded = await DiscardAsync(id);
        Clock.Advance(TimeSpan.FromSeconds(61));
        var later = await ReplayAsync(id, edited.DeepClone());
        Answer = "SUCCESS";
        var repeated = await ReplayAsync(id, edited.DeepClone());

        Assert.Equal((503, 409, 409, 503, 200), (unknown.Status, other.Status, discarded.Status, later.Status, repeated.Status));
        Assert.Equal(3, Deliveries.Count);
        Assert.Equal(["operator-1 unanswered False", "operator-1 unanswered True", "operator-1 replayed True"], Audit(repeated.Json));
    }

    [Fact]
    public async Task Replay_ByManyAtOnce_IsReplayedOnceInTheBooks()
    {
        await using var live = await RunningService.StartAsync(Build, Sidecar);
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
        Assert.Empty(Deliveries);
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
            Clock.Advance(TimeSpan.FromSeconds(1));
            await ReceiveAsync(Envelope.Of(new { }, id: $"event-{number}").ToJsonString());
        }

        await ReceiveAsync(Envelope.Of(new { }, id: "other").ToJsonString(), "orders-to-order");
        await ReceiveAsync("not json"u8.ToArray());

        var first = await ReplayManyAsync(ToNotification);
        var second = await ReplayManyAsync(ToNotification, Text(first.Json, "nextCursor"));

        Assert.Equal((49, 1, false), (Count(first.Json, "replayed"), Count(first.Json, "refused"), first.Json.GetProperty("done").GetBoolean()));
        Assert.Equal((11, 0, true), (Count(second.Json, "replayed"), Count(second.Json, "refused"), second.Json.GetProperty("done").GetBoolean()));
        Assert.Equal(60, Deliveries.Count);
        Assert.Equal([null, "other"], (await ListAsync("&status=Open")).Select(letter => Text(letter, "eventId")).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task ReplayMany_ConsumerStopsAnswering_EndsThere()
    {
        var id = await ReceiveAsync(Envelope.Of(new { }).ToJsonString());
        Answer = null;

        var answer = await ReplayManyAsync(ToNotification);

        Assert.Equal((200, id, false), (answer.Status, Text(answer.Json, "unanswered"), answer.Json.GetProperty("done").GetBoolean()));
    }

    [Theory]
    [InlineData("""{"subscription":"nobody"}""", "subscription")]
    [InlineData("""{"subscription":"orders-to-notification","cursor":"x"}""", "cursor")]
    [InlineData("""{}""", "subscription")]
    public async Task ReplayMany_BodyThatCannotBe_NamesTheMember(string body, string member)
    {
        using var answer = await Order.SendAsync(HttpMethod.Post, Letters + "/replay", body, Operator);

        Assert.Equal(400, (int)answer.StatusCode);
        Assert.Equal([member], await answer.ErrorMembersAsync());
    }
}
