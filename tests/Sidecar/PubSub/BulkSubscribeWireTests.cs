using System.Text.Json;
using DaprShop.TestKit;
using DaprShop.Tests.Wire;
using Sidecar.Components;
using Sidecar.Host;
using Sidecar.Invocation;

namespace DaprShop.Tests.PubSub;

/// <summary>Bulk subscriptions from the publisher to the app's route and back, over real drivers.</summary>
public sealed class BulkSubscribeWireTests : IAsyncLifetime
{
    private const string Retries = """
        apiVersion: dapr.io/v1alpha1
        kind: Resiliency
        metadata: { name: r }
        spec:
          policies:
            retries:
              two: { policy: constant, duration: 10ms, maxRetries: 2 }
          targets:
            components:
              pubsub: { inbound: { retry: two } }
        """;

    private readonly SharedClients _clients = new();
    private readonly string _folder = Directory.CreateTempSubdirectory("sidecar-bulk-").FullName;
    private FakeApp _app = null!;

    public async Task InitializeAsync() => _app = await FakeApp.StartAsync(Succeed);

    public async Task DisposeAsync()
    {
        await _app.DisposeAsync();
        await _clients.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    public static TheoryData<string> Drivers => ["pubsub.in-memory", "pubsub.sqlite"];

    [Theory]
    [MemberData(nameof(Drivers))]
    public async Task Batch_OfSoManyMessages_ComesAtOnceInTheirOrder(string type)
    {
        await using var sidecar = await StartAsync(type, Bulk(4, 600_000));

        await PublishAsync(sidecar, 1, 2, 3, 4, 5, 6, 7, 8);

        await Eventually.True(() => Batches().Count == 2);
        Assert.Equal([[1, 2, 3, 4], [5, 6, 7, 8]], Batches().Select(Numbers));
    }

    [Fact]
    public async Task Batch_ThatDoesNotFillUp_ComesWhenItsTimeIsOver()
    {
        await using var sidecar = await StartAsync("pubsub.sqlite", Bulk(100, 50));

        await PublishAsync(sidecar, 1, 2, 3);

        await Eventually.True(() => Batches().Sum(batch => Numbers(batch).Length) == 3);
        Assert.Equal([1, 2, 3], Batches().SelectMany(Numbers));
    }

    [Fact]
    public async Task Envelope_OfEvents_IsDaprs()
    {
        await using var sidecar = await StartAsync("pubsub.in-memory", Bulk(1, 600_000));

        await PublishAsync(sidecar, 7);

        await Eventually.True(() => Batches().Count == 1);
        var request = _app.Requests.Single(request => request.Target == "/t");
        Assert.Equal(("POST", "application/json"), (request.Method, request.Headers["Content-Type"]));
        var batch = Batches()[0];
        Assert.Equal(["id", "entries", "metadata", "topic", "pubsubname", "type"], batch.EnumerateObject().Select(member => member.Name));
        Assert.Equal(
            ("com.dapr.event.sent.bulk", "t", "pubsub", "pubsub"),
            (Text(batch, "type"), Text(batch, "topic"), Text(batch, "pubsubname"), Text(batch.GetProperty("metadata"), "pubsubName")));
        var entry = batch.GetProperty("entries")[0];
        Assert.Equal("application/cloudevents+json", Text(entry, "contentType"));
        Assert.Equal(("e7", "t", 7), (Text(entry.GetProperty("event"), "id"), Text(entry.GetProperty("event"), "topic"), entry.GetProperty("event").GetProperty("data").GetInt32()));
        Assert.NotEqual(Text(batch, "id"), Text(entry, "entryId"));
    }

    [Fact]
    public async Task Envelope_OfRawMessages_HasThemInBase64()
    {
        await using var sidecar = await StartAsync("pubsub.in-memory", Bulk(1, 600_000, metadata: """{"rawPayload":"true"}"""));

        await sidecar.Http.SendTextAsync("POST", "/v1.0/publish/pubsub/t?metadata.rawPayload=true", "abc");

        await Eventually.True(() => Batches().Count == 1);
        var entry = Batches()[0].GetProperty("entries")[0];
        Assert.Equal(("YWJj", "application/octet-stream"), (Text(entry, "event"), Text(entry, "contentType")));
    }

    [Theory]
    [MemberData(nameof(Drivers))]
    public async Task Entries_AreRetriedDroppedAndTakenEachByItsOwnStatus(string type)
    {
        _app.Answer = request => Answer(request, number => number switch { 1 => "SUCCESS", 2 => "RETRY", 3 => "DROP", _ => null });
        await using var sidecar = await StartAsync(type, Bulk(4, 600_000, deadLetterTopic: "dead"), Retries);

        await PublishAsync(sidecar, 1, 2, 3, 4);

        await Eventually.True(() => _app.Requests.Count(request => request.Target == "/dead") == 3);
        // Two and the one that is never named are sent twice more; then these go where the dropped one went before.
        Assert.Equal([[1, 2, 3, 4], [2, 4], [2, 4]], Batches().Select(Numbers));
        Assert.Equal(
            ["e2", "e3", "e4"],
            _app.Requests.Where(request => request.Target == "/dead").Select(request => Text(JsonDocument.Parse(request.Text).RootElement, "id")).Order());
    }

    [Fact]
    public async Task Entries_ThatAreNotTaken_ComeAgainFromTheBrokerAlone()
    {
        var refusals = 1;
        _app.Answer = request => Answer(request, number => number == 2 && refusals-- > 0 ? "RETRY" : "SUCCESS");
        await using var sidecar = await StartAsync("pubsub.sqlite", Bulk(3, 100));

        await PublishAsync(sidecar, 1, 2, 3);

        await Eventually.True(() => Batches().SelectMany(Numbers).Count(number => number == 2) == 2 && Batches().SelectMany(Numbers).Contains(3));
        Assert.Equal([1, 2, 2, 3], Batches().SelectMany(Numbers).Order());
    }

    [Fact]
    public async Task Request_ThatFailsAsAWhole_IsRepeatedWithAllEntries()
    {
        var failures = 2;
        _app.Answer = request => request.Target == "/t" && failures-- > 0 ? new AppAnswer(500) : Succeed(request);
        await using var sidecar = await StartAsync("pubsub.in-memory", Bulk(2, 600_000), Retries);

        await PublishAsync(sidecar, 1, 2);

        await Eventually.True(() => Batches().Count == 3);
        Assert.Equal([[1, 2], [1, 2], [1, 2]], Batches().Select(Numbers));
    }

    [Fact]
    public async Task Request_Answered404_DropsAllEntries()
    {
        _app.Answer = request => request.Target == "/t" ? new AppAnswer(404) : Succeed(request);
        await using var sidecar = await StartAsync("pubsub.in-memory", Bulk(2, 600_000, deadLetterTopic: "dead"), Retries);

        await PublishAsync(sidecar, 1, 2);

        await Eventually.True(() => _app.Requests.Count(request => request.Target == "/dead") == 2);
        Assert.Single(Batches());
    }

    [Fact]
    public async Task Rules_MakeOneBatchPerRoute()
    {
        const string Declarative = """
            apiVersion: dapr.io/v2alpha1
            kind: Subscription
            metadata: { name: t }
            spec:
              pubsubname: pubsub
              topic: t
              routes:
                rules:
                  - { match: event.data < 3.0, path: /few }
                  - { match: event.data < 5.0, path: /t }
              bulkSubscribe: { enabled: true, maxMessagesCount: 4, maxAwaitDurationMs: 600000 }
            """;
        await using var sidecar = await StartAsync("pubsub.in-memory", "[]", Declarative);

        await PublishAsync(sidecar, 9, 1, 3, 4, 2);

        await Eventually.True(() => Batches().Count == 1 && Batches("/few").Count == 1);
        Assert.Equal([3, 4], Numbers(Batches()[0]));
        Assert.Equal([1, 2], Numbers(Batches("/few")[0]));
    }

    [Fact]
    public async Task Sidecar_ThatEndsWithABatchInHand_LeavesItToTheNext()
    {
        await using (var first = await StartAsync("pubsub.sqlite", Bulk(100, 600_000)))
        {
            await PublishAsync(first, 1, 2, 3);
        }

        Assert.Empty(Batches());

        await using var second = await StartAsync("pubsub.sqlite", Bulk(3, 600_000));
        await Eventually.True(() => Batches().Count == 1);

        Assert.Equal([1, 2, 3], Numbers(Batches()[0]));
    }

    private static string Bulk(int count, int milliseconds, string? deadLetterTopic = null, string metadata = "{}") =>
        JsonSerializer.Serialize(new object[]
        {
            new
            {
                pubsubname = "pubsub",
                topic = "t",
                route = "/t",
                deadLetterTopic,
                metadata = JsonSerializer.Deserialize<JsonElement>(metadata),
                bulkSubscribe = new { enabled = true, maxMessagesCount = count, maxAwaitDurationMs = milliseconds },
            },
            new { pubsubname = "pubsub", topic = "dead", route = "/dead" },
        });

    private static string? Text(JsonElement element, string name) => element.GetProperty(name).GetString();

    private static int[] Numbers(JsonElement batch) =>
        [.. batch.GetProperty("entries").EnumerateArray().Select(entry => entry.GetProperty("event").GetProperty("data").GetInt32())];

    private static async Task PublishAsync(RunningSidecar sidecar, params int[] numbers)
    {
        foreach (var number in numbers)
        {
            await sidecar.Http.SendTextAsync("POST", $"/v1.0/publish/pubsub/t?metadata.cloudevent.id=e{number}", $"{number}");
        }
    }

    private static AppAnswer Succeed(AppRequest request) => Answer(request, _ => "SUCCESS");

    private static AppAnswer Answer(AppRequest request, Func<int, string?> statusOf)
    {
        var batch = request.Method == "POST" ? JsonDocument.Parse(request.Text).RootElement : default;
        if (batch.ValueKind != JsonValueKind.Object || !batch.TryGetProperty("entries", out var entries))
        {
            return new AppAnswer(200);
        }

        var statuses =
            from entry in entries.EnumerateArray()
            let cloudEvent = entry.GetProperty("event")
            let status = statusOf(cloudEvent.ValueKind == JsonValueKind.Object ? cloudEvent.GetProperty("data").GetInt32() : 0)
            where status is not null
            select new { entryId = Text(entry, "entryId"), status };
        return new AppAnswer(200, JsonSerializer.Serialize(new { statuses }));
    }

    private List<JsonElement> Batches(string path = "/t") =>
        [.. _app.Requests.Where(request => request.Target == path).Select(request => JsonDocument.Parse(request.Text).RootElement)];

    private Task<RunningSidecar> StartAsync(string type, string subscriptions, params string[] more)
    {
        var answer = _app.Answer;
        _app.Answer = request => request.Target == "/dapr/subscribe" ? new AppAnswer(200, subscriptions) : answer(request);
        (string, string)[] metadata = type == "pubsub.sqlite" ? [("connectionString", Path.Combine(_folder, "pubsub.db"))] : [];
        return RunningSidecar.StartAsync(new SidecarSetup
        {
            App = _app,
            Resources = [Yaml.Component("pubsub", type, metadata), .. more],
            Process = new SidecarProcess(_clients, new SidecarDirectory(), TimeProvider.System),
        });
    }
}
