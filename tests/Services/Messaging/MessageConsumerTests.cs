using System.Text.Json.Nodes;
using DaprShop.Contracts;
using DaprShop.Contracts.Events;
using DaprShop.Notification;
using DaprShop.ServiceDefaults.Messaging;
using DaprShop.TestKit;

namespace DaprShop.Tests.Services.Messaging;

/// <summary>What every subscriber gets from the piece it runs its messages through, shown at the notification service.</summary>
public sealed class MessageConsumerTests : IAsyncLifetime
{
    private const string Path = "/events/orders-confirmed";
    private const string Named = "orders orders-to-notification";

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
    public async Task Dropped_Message_IsNotedWithTheMemberThatIsWrong()
    {
        var status = await _notification.DeliverAsync(Path, Envelope.Of(new { orderId = "o", userId = "u", total = new { amount = "x", currency = "CNY" } }));

        Assert.Equal("DROP", status);
        Assert.Equal((1, "The data are no OrderConfirmed: total.amount is of the wrong type or out of range."), await NoteAsync("event-1"));
    }

    [Fact]
    public async Task Failed_AgainAfterARestart_IsNotedWithAllAttempts()
    {
        await using (var first = await RunningService.StartAsync(NotificationHost.Build, _sidecar, _clock, "--Mail:Domain=shop.example"))
        {
            _sidecar.JobStatus = 500;
            Assert.Equal("RETRY", await first.DeliverAsync(Path, Envelope.Of(Confirmed(1))));
            Assert.Equal("RETRY", await first.DeliverAsync(Path, Envelope.Of(Confirmed(1))));
        }

        await using var second = await RunningService.StartAsync(NotificationHost.Build, _sidecar, _clock, "--Mail:Domain=shop.example");
        Assert.Equal("RETRY", await second.DeliverAsync(Path, Envelope.Of(Confirmed(1))));
        var note = await NoteAsync("event-1");
        _sidecar.JobStatus = 204;
        Assert.Equal("SUCCESS", await second.DeliverAsync(Path, Envelope.Of(Confirmed(1))));

        Assert.Equal(3, note?.Attempts);
        Assert.StartsWith("A dependency does not answer: ", note?.Reason, StringComparison.Ordinal);
        Assert.Null(await NoteAsync("event-1"));
    }

    [Fact]
    public async Task Failed_WhileNothingCanBeNoted_HasTheSameOutcome()
    {
        _sidecar.StoreIsUp = false;
        var bad = await _notification.DeliverAsync(Path, Envelope.Of(new { }, id: "bad"));
        var good = await _notification.DeliverAsync(Path, Envelope.Of(Confirmed(1)));
        _sidecar.StoreIsUp = true;

        Assert.Equal(("DROP", "RETRY"), (bad, good));
        Assert.Null(await NoteAsync("bad"));
        Assert.Equal("SUCCESS", await _notification.DeliverAsync(Path, Envelope.Of(Confirmed(1))));
    }

    [Fact]
    public async Task Counters_OfEachOutcome_CountMessages()
    {
        using var counted = new CountedMessages(_notification);

        await _notification.DeliverAsync(Path, Envelope.Of(Confirmed(1)));
        await _notification.DeliverAsync(Path, Envelope.Of(Confirmed(1)));
        await _notification.DeliverAsync(Path, Envelope.Of(new { }));
        await _notification.DeliverAsync("/events/payments", Envelope.Of(new { }));
        _sidecar.StoreIsUp = false;
        await _notification.DeliverAsync(Path, Envelope.Of(Confirmed(2)));

        Assert.Equal(
            [$"{Named} delivered 1", $"{Named} dropped 1", $"{Named} duplicate 1", $"{Named} retried 1", "payments payments-to-notification delivered 1"],
            counted.All);
    }

    [Fact]
    public async Task Batch_WithPoison_CountsAndNotesEachForItself()
    {
        using var counted = new CountedMessages(_notification);
        JsonNode[] events = [Envelope.Of(Confirmed(1), id: "a"), Envelope.Of(new { }, id: "b"), Envelope.Of(Confirmed(1), id: "c"), Nested(5_000), 7];

        var answer = await _notification.SendAsync(HttpMethod.Post, Path, Batch(events).ToJsonString(new() { MaxDepth = 10_000 }));

        Assert.Equal(
            ["SUCCESS", "DROP", "SUCCESS", "DROP", "DROP"],
            (await answer.JsonAsync()).GetProperty("statuses").EnumerateArray().Select(entry => entry.GetProperty("status").GetString()));
        Assert.Equal([$"{Named} delivered 1", $"{Named} dropped 3", $"{Named} duplicate 1"], counted.All);
        Assert.Equal((1, "The OrderConfirmed names no user, no order or no amount."), await NoteAsync("b"));
        Assert.Null(await NoteAsync("a"));
    }

    [Theory]
    [InlineData("""{"id":7,"data":{}}""")]
    [InlineData("""{"id":"\ud800","data":{}}""")]
    [InlineData("""{"id":null}""")]
    [InlineData("7")]
    [InlineData("not json")]
    public async Task Envelope_ThatNamesNoId_IsDroppedWithoutANote(string body)
    {
        using var answer = await _notification.SendAsync(HttpMethod.Post, Path, body);

        Assert.Equal("DROP", (await answer.JsonAsync()).GetProperty("status").GetString());
    }

    [Fact]
    public async Task Notes_OfMoreThanAShardKeeps_LoseTheOldest()
    {
        var notes = _notification.Get<FailureNotes>();
        (string, string)[] failed = [.. Enumerable.Range(1, 2_000).Select(number => ($"event-{number}", new string('x', 600)))];

        foreach (var chunk in failed.Chunk(500))
        {
            await notes.NoteAsync(Subscriptions.OrdersToNotification, chunk, CancellationToken.None);
        }

        var newest = await notes.FindAsync("orders-to-notification", "event-2000", CancellationToken.None);
        Assert.Equal((1, 503), (newest!.Attempts, newest.Reason.Length));
        Assert.Null(await notes.FindAsync("orders-to-notification", "event-1", CancellationToken.None));
        Assert.Null(await notes.FindAsync("payments-to-notification", "event-2000", CancellationToken.None));
    }

    private static OrderConfirmed Confirmed(int number) =>
        new($"event-{number}", $"order-{number}", "shopper-1", new Money(1205, "CNY"), new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero), 3);

    private static JsonObject Batch(IReadOnlyList<JsonNode> events) => new()
    {
        ["id"] = "batch-1",
        ["entries"] = new JsonArray([.. events.Select((one, number) => new JsonObject { ["entryId"] = $"{number}", ["event"] = one })]),
        ["topic"] = "orders",
        ["type"] = "com.dapr.event.sent.bulk",
    };

    private static JsonObject Nested(int depth)
    {
        var nested = new JsonObject();
        for (var level = 0; level < depth; level++)
        {
            nested = new JsonObject { ["data"] = nested };
        }

        return nested;
    }

    /// <summary>As the dead letters ask for it.</summary>
    private async Task<(int Attempts, string Reason)?> NoteAsync(string eventId)
    {
        using var answer = await _notification.SendAsync(HttpMethod.Get, $"/internal/failures?subscription=orders-to-notification&eventId={eventId}");
        if ((int)answer.StatusCode == 404)
        {
            return null;
        }

        var note = await answer.JsonAsync();
        return (note.GetProperty("attempts").GetInt32(), note.GetProperty("reason").GetString()!);
    }
}
