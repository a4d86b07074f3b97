using System.Text;
using System.Text.Json;
using DaprShop.TestKit;
using DaprShop.Tests.Wire;
using Sidecar.Components;
using Sidecar.Components.PubSub;
using Sidecar.Components.State;
using Sidecar.Host;
using Sidecar.Invocation;

namespace DaprShop.Tests.PubSub;

/// <summary>The transactional outbox from the transaction to the subscriber, and what dies in between (dapr-contract.md 6).</summary>
public sealed class OutboxWireTests : IAsyncLifetime
{
    private const string Subscription = """
        apiVersion: dapr.io/v2alpha1
        kind: Subscription
        metadata: { name: orders }
        spec: { pubsubname: pubsub, topic: orders, routes: { default: /orders } }
        """;

    private readonly SharedClients _clients = new();
    private readonly string _folder = Directory.CreateTempSubdirectory("sidecar-outbox-").FullName;
    private FakeApp _app = null!;

    public async Task InitializeAsync() =>
        _app = await FakeApp.StartAsync(request => new AppAnswer(request.Target == "/dapr/subscribe" ? 404 : 200));

    public async Task DisposeAsync()
    {
        await _app.DisposeAsync();
        await _clients.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task Transaction_OverHttp_PublishesAnEventForEachUpsertAndNoneForADelete()
    {
        await using var sidecar = await StartAsync();

        var answer = await TransactAsync(
            sidecar,
            """{"operation":"upsert","request":{"key":"a","value":{"n":1},"metadata":{"contentType":"application/json"}}}""",
            """{"operation":"delete","request":{"key":"b"}}""",
            """{"operation":"upsert","request":{"key":"c","value":"text"}}""");

        Assert.Equal("204", answer);
        await Eventually.True(() => Events().Count == 2);
        var json = Events().Single(cloudEvent => Text(cloudEvent, "datacontenttype") == "application/json");
        var text = Events().Single(cloudEvent => Text(cloudEvent, "datacontenttype") == "text/plain");
        Assert.Equal("""{"n":1}""", json.GetProperty("data").GetRawText());
        Assert.Equal("text", Text(text, "data"));
        Assert.All(Events(), cloudEvent => Assert.Equal(
            ("app", "com.dapr.event.sent", "orders", "pubsub"),
            (Text(cloudEvent, "source"), Text(cloudEvent, "type"), Text(cloudEvent, "topic"), Text(cloudEvent, "pubsubname"))));
        Assert.All(Events(), cloudEvent => Assert.StartsWith("outbox-", Text(cloudEvent, "id"), StringComparison.Ordinal));
        Assert.Equal("""200 {"n":1}""", await sidecar.Http.SendTextAsync("GET", "/v1.0/state/store/a"));
    }

    [Fact]
    public async Task Metadata_OfAnUpsert_StandsOnTheEventExceptItsIdAndData()
    {
        await using var sidecar = await StartAsync();

        await TransactAsync(
            sidecar,
            """{"operation":"upsert","request":{"key":"a","value":"1","metadata":{"outbox.cloudevent.myapp":"mine","custom":"x","type":"made","id":"no","data":"no"}}}""");

        await Eventually.True(() => Events().Count == 1);
        var cloudEvent = Events()[0];
        Assert.Equal(("mine", "x", "made", "1"), (Text(cloudEvent, "outbox.cloudevent.myapp"), Text(cloudEvent, "custom"), Text(cloudEvent, "type"), Text(cloudEvent, "data")));
        Assert.StartsWith("outbox-", Text(cloudEvent, "id"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Projection_ChangesTheEventAndNotTheState()
    {
        await using var sidecar = await StartAsync();

        await TransactAsync(
            sidecar,
            """{"operation":"upsert","request":{"key":"1","value":"2"}}""",
            """{"operation":"upsert","request":{"key":"1","value":"3","metadata":{"outbox.projection":"true"}}}""");

        await Eventually.True(() => Events().Count == 1);
        Assert.Equal("3", Text(Events()[0], "data"));
        Assert.Equal("200 \"2\"", await sidecar.Http.SendTextAsync("GET", "/v1.0/state/store/1"));
    }

    [Fact]
    public async Task Markers_AreGoneOnceTheEventIsPublished()
    {
        var state = new FakeStateStore();
        await using var sidecar = await StartAsync(state: state);

        await TransactAsync(sidecar, """{"operation":"upsert","request":{"key":"a","value":"1"}}""");

        var marker = state.Operations.OfType<StateSet>().Single(set => set.Key.StartsWith("outbox-", StringComparison.Ordinal));
        await Eventually.True(() => state.Operations.OfType<StateDelete>().Any(delete => delete.Key == marker.Key));
        await Eventually.True(() => Events().Count == 1);
        Assert.Equal(marker.Key, Text(Events()[0], "id"));
    }

    [Fact]
    public async Task Sidecar_WithoutAnApp_RelaysAllTheSame()
    {
        await using var sidecar = await StartAsync(withApp: false);
        await using var other = await StartAsync("subscriber");

        await TransactAsync(sidecar, """{"operation":"upsert","request":{"key":"a","value":"1"}}""");

        await Eventually.True(() => Events().Count == 1);
        Assert.Equal("app", Text(Events()[0], "source"));
    }

    [Fact]
    public async Task Event_ThatCannotBeHandedOn_FailsTheTransactionAndStoresNothing()
    {
        var state = new FakeStateStore();
        await using var sidecar = await StartAsync(state: state, broker: new FakeBroker { IsBroken = true });

        var answer = await TransactAsync(sidecar, """{"operation":"upsert","request":{"key":"a","value":"1"}}""");

        Assert.StartsWith("500 ", answer, StringComparison.Ordinal);
        var error = JsonDocument.Parse(answer[4..]).RootElement;
        Assert.Equal(
            ("ERR_PUBLISH_OUTBOX", "error while publishing outbox message: the broker is away", "DAPR_PUBSUB_OUTBOX"),
            (Text(error, "errorCode"), Text(error, "message"), Text(error.GetProperty("details")[0], "reason")));
        Assert.Empty(state.Operations);
    }

    [Fact]
    public async Task Transaction_ThatIsNotCommitted_PublishesNothing()
    {
        var state = new FakeStateStore { Fault = new ComponentException(ComponentFault.EtagMismatch, "changed meanwhile") };
        var broker = new FakeBroker();
        await using var sidecar = await StartAsync(state: state, broker: broker, discards: true);

        var answer = await TransactAsync(sidecar, """{"operation":"upsert","request":{"key":"a","value":"1"}}""");
        state.Fault = null;
        var handedOn = Assert.Single(broker.Published);
        await Eventually.True(() => broker.Handler is not null);
        await broker.Handler!(new IncomingMessage(handedOn.Topic, handedOn.Data, null, handedOn.Metadata), CancellationToken.None);

        Assert.StartsWith("500 {\"errorCode\":\"ERR_STATE_TRANSACTION\"", answer, StringComparison.Ordinal);
        Assert.Equal("defaultappordersoutbox", handedOn.Topic);
        Assert.Single(broker.Published);
        Assert.Contains("is discarded: its transaction is not committed", sidecar.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Sidecar_ThatDiesAfterTheCommit_LeavesTheEventToTheNext()
    {
        // The broker has taken the event, and nobody relays it while the first one lives.
        var before = new FakeBroker();
        await using (var dying = await StartAsync(broker: before))
        {
            Assert.Equal("204", await TransactAsync(dying, """{"operation":"upsert","request":{"key":"a","value":"1"}}"""));
        }

        var handedOn = Assert.Single(before.Published);
        var after = new FakeBroker();
        await using var next = await StartAsync(broker: after);
        await Eventually.True(() => after.Handler is not null);
        await after.Handler!(new IncomingMessage(handedOn.Topic, handedOn.Data, null, handedOn.Metadata), CancellationToken.None);

        var published = Assert.Single(after.Published);
        Assert.Equal(("orders", "1"), (published.Topic, Text(JsonDocument.Parse(published.Data).RootElement, "data")));
        Assert.Equal("200 \"1\"", await next.Http.SendTextAsync("GET", "/v1.0/state/store/a"));
    }

    [Fact]
    public async Task Sidecar_ThatDiesBeforeTheMarkerIsRemoved_PublishesAgainAndNeverLoses()
    {
        var state = new FakeStateStore();
        var broker = new FakeBroker();
        await using var sidecar = await StartAsync(state: state, broker: broker);
        await TransactAsync(sidecar, """{"operation":"upsert","request":{"key":"a","value":"1"}}""");
        var handedOn = Assert.Single(broker.Published);
        var marker = state.Operations.OfType<StateSet>().Single(set => set.Key.StartsWith("outbox-", StringComparison.Ordinal));
        await Eventually.True(() => broker.Handler is not null);

        // The broker brings the event twice, as it does when the first relay died between the publication and its end.
        var message = new IncomingMessage(handedOn.Topic, handedOn.Data, null, handedOn.Metadata);
        await broker.Handler!(message, CancellationToken.None);
        await broker.Handler!(message, CancellationToken.None);

        Assert.Equal(["orders", "orders"], broker.Published.Skip(1).Select(published => published.Topic));
        Assert.Equal(2, state.Operations.OfType<StateDelete>().Count(delete => delete.Key == marker.Key));
    }

    [Fact]
    public async Task Relay_WhoseStoreFailsForAWhile_WaitsForIt()
    {
        var state = new FakeStateStore();
        var broker = new FakeBroker();
        await using var sidecar = await StartAsync(state: state, broker: broker);
        await TransactAsync(sidecar, """{"operation":"upsert","request":{"key":"a","value":"1"}}""");
        var handedOn = Assert.Single(broker.Published);
        await Eventually.True(() => broker.Handler is not null);

        state.Fault = new ComponentException(ComponentFault.Failed, "the store is away");
        var relaying = broker.Handler!(new IncomingMessage(handedOn.Topic, handedOn.Data, null, handedOn.Metadata), CancellationToken.None);
        await Eventually.True(() => sidecar.Log.Contains("waits for its store or broker", StringComparison.Ordinal));
        state.Fault = null;
        await relaying;

        Assert.Equal("orders", broker.Published[1].Topic);
    }

    [Fact]
    public async Task Stranger_InTheInternalTopic_IsRefusedAndPublishesNothing()
    {
        var broker = new FakeBroker();
        await using var sidecar = await StartAsync(state: new FakeStateStore(), broker: broker);
        await Eventually.True(() => broker.Handler is not null);

        foreach (var text in (string[])["not json", "[]", """{"data":1}"""])
        {
            var message = new IncomingMessage("t", Encoding.UTF8.GetBytes(text), null, new Dictionary<string, string>());
            await Assert.ThrowsAnyAsync<Exception>(() => broker.Handler!(message, CancellationToken.None));
        }

        Assert.Empty(broker.Published);
    }

    private static string? Text(JsonElement element, string name) => element.GetProperty(name).GetString();

    private static Task<string> TransactAsync(RunningSidecar sidecar, params string[] operations) =>
        sidecar.Http.SendTextAsync("POST", "/v1.0/state/store/transaction", $$"""{"operations":[{{string.Join(',', operations)}}]}""");

    private List<JsonElement> Events() =>
        [.. _app.Requests.Where(request => request.Target == "/orders").Select(request => JsonDocument.Parse(request.Text).RootElement)];

    private Task<RunningSidecar> StartAsync(
        string appId = "app", bool withApp = true, bool discards = false, FakeStateStore? state = null, FakeBroker? broker = null)
    {
        var (storeType, pubSubType) = (state is null ? "state.sqlite" : "state.fake", broker is null ? "pubsub.sqlite" : "pubsub.fake");
        List<(string, string)> outbox = [("outboxPublishPubsub", "pubsub"), ("outboxPublishTopic", "orders"), ("outboxDiscardWhenMissingState", $"{discards}")];
        if (state is null)
        {
            outbox.Add(("connectionString", Path.Combine(_folder, "state.db")));
        }

        (string, string)[] brokerFile = broker is null ? [("connectionString", Path.Combine(_folder, "pubsub.db"))] : [];
        return RunningSidecar.StartAsync(new SidecarSetup
        {
            AppId = appId,
            App = withApp && broker is null ? _app : null,
            Resources = [Yaml.Component("store", storeType, [.. outbox]), Yaml.Component("pubsub", pubSubType, brokerFile), Subscription],
            Drivers = new Dictionary<string, Func<IComponent>> { ["state.fake"] = () => state!, ["pubsub.fake"] = () => broker! },
            Process = new SidecarProcess(_clients, new SidecarDirectory(), TimeProvider.System),
        });
    }
}
