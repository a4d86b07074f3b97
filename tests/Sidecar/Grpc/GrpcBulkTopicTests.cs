using System.Globalization;
using System.Text;
using DaprShop.TestKit;
using DaprShop.TestKit.Servers;
using DaprShop.Tests.PubSub;
using DaprShop.Tests.Wire;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Sidecar.Components;
using Sidecar.Components.PubSub;
using Sidecar.Grpc;
using Sidecar.Grpc.DaprApi;
using Status = Sidecar.Grpc.DaprApi.TopicEventResponse.Types.TopicEventResponseStatus;

namespace DaprShop.Tests.Grpc;

/// <summary>Bulk subscriptions of an app that speaks gRPC (dapr-contract.md 5.6).</summary>
public sealed class GrpcBulkTopicTests
{
    private const string Bulk = "OnBulkTopicEvent";
    private const string Alpha = "/dapr.proto.runtime.v1.AppCallbackAlpha/OnBulkTopicEventAlpha1";

    private const string Retries = """
        apiVersion: dapr.io/v1alpha1
        kind: Resiliency
        metadata: { name: r }
        spec:
          policies: { retries: { two: { policy: constant, duration: 1ms, maxRetries: 2 } } }
          targets: { components: { pubsub: { inbound: { retry: two } } } }
        """;

    private readonly FakeBroker _broker = new();

    [Fact]
    public async Task Batch_ForTheApp_IsDaprsMessageWithTokenAndMetadata()
    {
        await using var app = await Subscribing(2).On(Bulk, TopicEventBulkRequest.Parser, Succeed).StartAsync();
        await using var sidecar = await StartAsync(app);

        await DeliverAsync(1, 2);

        var call = Assert.Single(app.CallsOf(Bulk));
        var request = call.As<TopicEventBulkRequest>();
        Assert.Equal(
            ("orders", "pubsub", "com.dapr.event.sent.bulk", "/batch", "pubsub"),
            (request.Topic, request.PubsubName, request.Type, request.Path, request.Metadata["pubsubName"]));
        Assert.Equal(("app-token", "pubsub"), (call.Metadata["dapr-api-token"], call.Metadata["pubsubname"]));
        Assert.Equal(4, request.Entries.Select(entry => entry.EntryId).Append(request.Id).Append("").Distinct().Count());
        var entry = request.Entries[0];
        Assert.Equal(("application/cloudevents+json", "k1"), (entry.ContentType, entry.Metadata["key"]));
        var told = entry.CloudEvent;
        Assert.Equal(
            ("e1", "pub", "t.v1", "1.0", "application/json", "1"),
            (told.Id, told.Source, told.Type, told.SpecVersion, told.DataContentType, told.Data.ToStringUtf8()));
        Assert.Equal(["custom"], told.Extensions.Fields.Keys);
    }

    [Fact]
    public async Task Batch_OfRawMessages_HasTheirBytes()
    {
        await using var app = await new FakeGrpcApp().On(Bulk, TopicEventBulkRequest.Parser, Succeed).StartAsync();
        await using var sidecar = await StartAsync(
            app,
            """
            apiVersion: dapr.io/v2alpha1
            kind: Subscription
            metadata: { name: orders }
            spec:
              pubsubname: pubsub
              topic: orders
              routes: { default: /raw }
              metadata: { rawPayload: "true" }
              bulkSubscribe: { enabled: true, maxMessagesCount: 1, maxAwaitDurationMs: 600000 }
            """);

        await _broker.Handler!(new IncomingMessage("orders", new byte[] { 0, 255, 1 }, null, new Dictionary<string, string>()), default);

        var request = Assert.Single(app.CallsOf(Bulk)).As<TopicEventBulkRequest>();
        var entry = Assert.Single(request.Entries);
        Assert.Equal(("/raw", "application/octet-stream", TopicEventBulkRequestEntry.EventOneofCase.Bytes), (request.Path, entry.ContentType, entry.EventCase));
        Assert.Equal([0, 255, 1], entry.Bytes.ToByteArray());
    }

    [Fact]
    public async Task App_WithTheAlphaNameOnly_GetsTheBatchThere()
    {
        await using var app = await Subscribing(2).On(Alpha, TopicEventBulkRequest.Parser, Succeed).StartAsync();
        await using var sidecar = await StartAsync(app);

        await DeliverAsync(1, 2);

        Assert.Equal([1, 2], NumbersIn(Assert.Single(app.CallsOf(Alpha)).As<TopicEventBulkRequest>()));
    }

    [Fact]
    public async Task App_WithNeitherName_DropsTheBatchAndNoDeadLetter()
    {
        await using var app = await Subscribing(2, "dead").StartAsync();
        await using var sidecar = await StartAsync(app);

        await DeliverAsync(1, 2);

        Assert.Empty(_broker.Published);
        Assert.Contains("2 events of topic orders were dropped: the app implements neither OnBulkTopicEvent", sidecar.Running.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Entries_AreTakenRetriedAndDroppedEachByItsOwnStatus()
    {
        await using var app = await Subscribing(5, "dead")
            .On(Bulk, TopicEventBulkRequest.Parser, request => Answer(request, number => number switch
            {
                1 => Status.Success,
                2 => Status.Retry,
                3 => Status.Drop,
                4 => (Status)9,
                _ => null,
            }))
            .StartAsync();
        await using var sidecar = await StartAsync(app, Retries);

        await DeliverAsync(1, 2, 3, 4, 5);

        // What was not taken, and the one that is never named, is sent twice more.
        Assert.Equal([[1, 2, 3, 4, 5], [2, 4, 5], [2, 4, 5]], app.CallsOf(Bulk).Select(call => NumbersIn(call.As<TopicEventBulkRequest>())));
        Assert.Equal(4, _broker.Published.Count(message => message.Topic == "dead"));
    }

    [Fact]
    public async Task Entry_ThatIsNotTaken_GoesBackToTheBrokerAlone()
    {
        await using var app = await Subscribing(3)
            .On(Bulk, TopicEventBulkRequest.Parser, request => Answer(request, number => number == 2 ? Status.Retry : Status.Success))
            .StartAsync();
        await using var sidecar = await StartAsync(app);

        var ends = await EndsAsync(Event(1), Event(2), Event(3));

        Assert.Equal([null, "event e2 of topic orders was not delivered: the app answered RETRY", null], ends);
    }

    [Fact]
    public async Task Answer_AboutStrangers_IsNoAnswerForTheEntries()
    {
        await using var app = await Subscribing(1)
            .On(Bulk, TopicEventBulkRequest.Parser, _ => new TopicEventBulkResponse { Statuses = { new TopicEventBulkResponseEntry { EntryId = "who", Status = Status.Success } } })
            .StartAsync();
        await using var sidecar = await StartAsync(app);

        var ends = await EndsAsync(Event(1));

        Assert.Equal(["event e1 of topic orders was not delivered: the app's answer does not name the entry"], ends);
        Assert.Contains("The app answered about entry who, which was not in the batch of topic orders", sidecar.Running.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Answer_ThatIsNoMessage_RetriesAllEntries()
    {
        // The bytes of another message: a number where the list of statuses stands.
        await using var app = await Subscribing(2)
            .On(Bulk, TopicEventBulkRequest.Parser, _ => new BytesValue { Value = ByteString.CopyFrom(0x0A, 0x7F) })
            .StartAsync();
        await using var sidecar = await StartAsync(app, Retries);

        var ends = await EndsAsync(Event(1), Event(2));

        Assert.All(ends, end => Assert.Contains("the app answered Internal: failed to unmarshal", end, StringComparison.Ordinal));
        Assert.Equal(3, app.CallsOf(Bulk).Count());
    }

    [Theory]
    [InlineData("14", 3)]
    [InlineData("1-13", 1)]
    public async Task Error_OfTheCall_IsRetriedByItsCode(string codes, int calls)
    {
        await using var app = await Subscribing(2)
            .On(Bulk, TopicEventBulkRequest.Parser, new Func<TopicEventBulkRequest, TopicEventBulkResponse>(_ => throw new GrpcException(GrpcStatusCode.Unavailable, "busy")))
            .StartAsync();
        await using var sidecar = await StartAsync(
            app, Retries.Replace("maxRetries: 2", $"maxRetries: 2, matching: {{ gRPCStatusCodes: \"{codes}\" }}", StringComparison.Ordinal));

        var ends = await EndsAsync(Event(1), Event(2));

        Assert.Equal(
            ["event e1 of topic orders was not delivered: the app answered Unavailable: busy", "event e2 of topic orders was not delivered: the app answered Unavailable: busy"],
            ends);
        Assert.Equal(calls, app.CallsOf(Bulk).Count());
    }

    [Fact]
    public async Task Event_ThatNoMessageCanTell_FailsAlone()
    {
        await using var app = await Subscribing(2).On(Bulk, TopicEventBulkRequest.Parser, Succeed).StartAsync();
        await using var sidecar = await StartAsync(app);

        var first = await EndsAsync(Event(1), Event(2).Replace("\"x\"", "\"\\ud800\"", StringComparison.Ordinal));
        var later = await EndsAsync(Event(3), Event(4));

        Assert.Null(first[0]);
        Assert.StartsWith("event e2 of topic orders was not delivered: the event is no message: ", first[1], StringComparison.Ordinal);
        Assert.Equal([null, null], later);
    }

    [Fact]
    public async Task App_ThatDiesWithABatchInHand_LeavesAllOfItWithTheBroker()
    {
        var dies = true;
        await using var app = await Subscribing(2)
            .On(Bulk, TopicEventBulkRequest.Parser, async (request, call) =>
            {
                if (dies)
                {
                    await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, call.Cancelled);
                }

                return Succeed(request);
            })
            .StartAsync();
        await using var way = FaultyProxy.Start(app.Port);
        await using var sidecar = await StartAsync(way.Port);

        var dying = EndsAsync(Event(1), Event(2));
        await Eventually.True(() => app.CallsOf(Bulk).Any());
        way.Cut();
        var ends = await dying;
        dies = false;
        var again = await EndsAsync(Event(1), Event(2));

        Assert.All(ends, end => Assert.Contains("was not delivered", end, StringComparison.Ordinal));
        Assert.Equal([null, null], again);
        Assert.Equal([[1, 2], [1, 2]], app.CallsOf(Bulk).Select(call => NumbersIn(call.As<TopicEventBulkRequest>())));
    }

    private static FakeGrpcApp Subscribing(int count, string deadLetterTopic = "") => new FakeGrpcApp()
        .On("ListTopicSubscriptions", Empty.Parser, _ => new ListTopicSubscriptionsResponse
        {
            Subscriptions =
            {
                new TopicSubscription
                {
                    PubsubName = "pubsub",
                    Topic = "orders",
                    DeadLetterTopic = deadLetterTopic,
                    Routes = new TopicRoutes { Default = "/batch" },
                    BulkSubscribe = new BulkSubscribeConfig { Enabled = true, MaxMessagesCount = count, MaxAwaitDurationMs = 600_000 },
                },
            },
        });

    private static TopicEventBulkResponse Succeed(TopicEventBulkRequest request) => Answer(request, _ => Status.Success);

    private static TopicEventBulkResponse Answer(TopicEventBulkRequest request, Func<int, Status?> statusOf) => new()
    {
        Statuses =
        {
            from entry in request.Entries
            let status = statusOf(NumberOf(entry))
            where status is not null
            select new TopicEventBulkResponseEntry { EntryId = entry.EntryId, Status = status.Value },
        },
    };

    private static int[] NumbersIn(TopicEventBulkRequest request) => [.. request.Entries.Select(NumberOf)];

    private static int NumberOf(TopicEventBulkRequestEntry entry) => int.Parse(entry.CloudEvent?.Data.ToStringUtf8() ?? "0", CultureInfo.InvariantCulture);

    private static string Event(int number) =>
        $$"""{"id":"e{{number}}","source":"pub","type":"t.v1","specversion":"1.0","datacontenttype":"application/json","topic":"orders","pubsubname":"pubsub","custom":"x","data":{{number}}}""";

    private async Task DeliverAsync(params int[] numbers) => Assert.All(await EndsAsync([.. numbers.Select(Event)]), Assert.Null);

    /// <summary>Hands the events over together, as a broker does; why each was not taken, null for those that were.</summary>
    private async Task<IReadOnlyList<string?>> EndsAsync(params string[] events) => await Task.WhenAll(events.Select(async (body, index) =>
    {
        var metadata = new Dictionary<string, string> { ["key"] = $"k{index + 1}" };
        return (await Record.ExceptionAsync(() => _broker.Handler!(new IncomingMessage("orders", Encoding.UTF8.GetBytes(body), null, metadata), default)))?.Message;
    }));

    private Task<GrpcSidecar> StartAsync(FakeGrpcApp app, params string[] resources) => StartAsync(app.Port, resources);

    private Task<GrpcSidecar> StartAsync(int port, params string[] resources) => GrpcSidecar.StartAsync(new SidecarSetup
    {
        Resources = [Yaml.Component("pubsub", "pubsub.fake"), .. resources],
        Drivers = new Dictionary<string, Func<IComponent>> { ["pubsub.fake"] = () => _broker },
        Options = options => options with { AppPort = port, AppProtocol = "grpc", AppApiToken = "app-token" },
    });
}
