using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using DaprShop.TestKit;
using DaprShop.Tests.Services.Messaging;

namespace DaprShop.Tests.Services.Order;

public sealed class DeadLetterTests : DeadLetterScene
{
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
        Assert.Equal(Clock.GetUtcNow(), letter.GetProperty("receivedAt").GetDateTimeOffset());
        Assert.True(JsonNode.DeepEquals(poison, JsonNode.Parse(detail.GetProperty("payload").GetRawText())));
        Assert.False(letter.TryGetProperty("payload", out _));
        Assert.Contains(Sidecar.Invocations, asked => asked.Path == $"/v1.0/invoke/notification/method/internal/failures?subscription={ToNotification}&eventId=event-1");
    }

    [Fact]
    public async Task Received_Twice_IsOneLetterAlsoAfterMidnight()
    {
        using var counted = new CountedMessages(Order);
        await ReceiveAsync(Envelope.Of(new { }).ToJsonString());
        Clock.Advance(TimeSpan.FromHours(1));
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
        Sidecar.StoreIsUp = false;
        var received = ReceiveRawAsync(Encoding.UTF8.GetBytes(Envelope.Of(new { }).ToJsonString()));
        for (var second = 0; second < 20; second++)
        {
            Clock.Advance(TimeSpan.FromSeconds(1));
        }

        Sidecar.StoreIsUp = true;
        // Of the 35 s that it keeps trying, 15 are left: an attempt under way is not hurried.
        for (var left = 10; !received.IsCompleted && left > 0; left--)
        {
            Clock.Advance(TimeSpan.FromSeconds(1));
            await Record.ExceptionAsync(() => received.WaitAsync(TimeSpan.FromSeconds(10)));
        }

        Assert.Equal("SUCCESS", await received.WaitAsync(TimeSpan.FromMinutes(2)));
        Assert.Single(await ListAsync());
    }

    [Fact]
    public async Task Received_WhileTheStoreStaysAway_IsToComeAgain()
    {
        Sidecar.StoreIsUp = false;
        var received = ReceiveRawAsync(Encoding.UTF8.GetBytes(Envelope.Of(new { }).ToJsonString()));
        await Eventually.True(() =>
        {
            Clock.Advance(TimeSpan.FromSeconds(10));
            return received.IsCompleted;
        });

        Assert.Equal("RETRY", await received);
    }

    [Fact]
    public async Task Reason_OfAConsumerThatWasAway_IsAskedForWhenSomebodyLooks()
    {
        var note = Note;
        Note = null;
        await ReceiveAsync(Envelope.Of(new { }).ToJsonString());
        var letter = (await ListAsync()).Single();
        Note = note;

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
            Clock.Advance(TimeSpan.FromSeconds(1));
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
        using var answer = await Order.SendAsync(HttpMethod.Get, Letters + query, null, Operator);

        Assert.Equal((400, "validation"), ((int)answer.StatusCode, await answer.ProblemAsync()));
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
        using var answer = await Order.SendAsync(new HttpMethod(method), Letters + path, null, Operator);
        using var customer = await Order.SendAsync(new HttpMethod(method), Letters + path, null, ("shop-user", "shopper-1"));

        Assert.Equal((404, "not-found"), ((int)answer.StatusCode, await answer.ProblemAsync()));
        Assert.Equal((403, "forbidden"), ((int)customer.StatusCode, await customer.ProblemAsync()));
    }
}
