using System.Globalization;
using DaprShop.TestKit;
using DaprShop.Tests.PubSub;
using DaprShop.Tests.Wire;
using Google.Protobuf;
using Sidecar.Components;
using Sidecar.Grpc.DaprApi;
using Status = Sidecar.Grpc.DaprApi.TopicEventResponse.Types.TopicEventResponseStatus;

namespace DaprShop.Tests.Grpc;

/// <summary>Streaming subscriptions without any app, over the in-memory broker of daprd.</summary>
public sealed class TopicStreamServiceTests : IAsyncLifetime
{
    private const string Retries = """
        apiVersion: dapr.io/v1alpha1
        kind: Resiliency
        metadata: { name: r }
        spec:
          policies: { retries: { four: { policy: constant, duration: 1ms, maxRetries: 4 } } }
          targets: { components: { pubsub: { inbound: { retry: four } } } }
        """;

    private static readonly TimeSpan LongerThanARescan = TimeSpan.FromSeconds(120);

    private GrpcSidecar _sidecar = null!;

    public async Task InitializeAsync() => _sidecar = await GrpcSidecar.StartAsync(Yaml.Component("pubsub", "pubsub.in-memory"), Retries);

    public async Task DisposeAsync() => await _sidecar.DisposeAsync();

    [Fact]
    public async Task Subscribe_AnEvent_ComesWithEveryAttributeAndIsAnswered()
    {
        await using var stream = await SubscribedAsync("t");

        await PublishAsync("t", """{"n":1}""", "application/json", ("cloudevent.id", "e1"), ("cloudevent.type", "made"), ("cloudevent.subject", "s"));
        var sent = await EventAsync(stream);
        Answer(stream, sent, Status.Success);
        await PublishAsync("t", "text", "text/plain", ("cloudevent.id", "e2"));
        var next = await EventAsync(stream);

        Assert.Equal(
            ("e1", "app", "made", "1.0", "application/json", "t", "pubsub", "/", """{"n":1}"""),
            (sent.Id, sent.Source, sent.Type, sent.SpecVersion, sent.DataContentType, sent.Topic, sent.PubsubName, sent.Path, sent.Data.ToStringUtf8()));
        Assert.Equal(["subject", "time", "traceid", "traceparent", "tracestate"], sent.Extensions.Fields.Keys.Order(StringComparer.Ordinal));
        Assert.Equal("s", sent.Extensions.Fields["subject"].StringValue);
        Assert.Equal(("e2", "text"), (next.Id, next.Data.ToStringUtf8()));
    }

    [Fact]
    public async Task Subscribe_AComponentThatGoesAndComesBack_GoesOn()
    {
        await using var stream = await SubscribedAsync("t");

        _sidecar.Running.Rewrite("00.yaml", null);
        await Eventually.Get(() => _sidecar.Running.Http.SendTextAsync("GET", "/v1.0/metadata"), text => !text.Contains("STREAMING", StringComparison.Ordinal), LongerThanARescan);
        _sidecar.Running.Rewrite("00.yaml", Yaml.Component("pubsub", "pubsub.in-memory", ("marker", "2")));
        await Eventually.Get(() => _sidecar.Running.Http.SendTextAsync("GET", "/v1.0/metadata"), text => text.Contains("STREAMING", StringComparison.Ordinal), LongerThanARescan);
        await PublishAsync("t", "text", "text/plain", ("cloudevent.id", "e1"));

        Assert.Equal("e1", (await EventAsync(stream)).Id);
    }

    [Theory]
    [InlineData("application/octet-stream", "\u0001\u0002", "\u0001\u0002")]
    [InlineData("application/json", "\"quoted\"", "\"quoted\"")]
    [InlineData("text/plain", "\"quoted\"", "\"quoted\"")]
    [InlineData("application/cloudevents+json", """{"id":"1","type":"t","source":"s","specversion":"1.0","datacontenttype":"application/json","data":[1, 2],"custom":{"deep":[true,null,1.5]}}""", "[1, 2]")]
    public async Task Subscribe_EachKindOfData_ComesAsItsBytes(string contentType, string data, string expected)
    {
        await using var stream = await SubscribedAsync("t");

        await PublishAsync("t", data, contentType);
        var sent = await EventAsync(stream);

        Assert.Equal(expected, sent.Data.ToStringUtf8());
        if (contentType.Contains("cloudevents", StringComparison.Ordinal))
        {
            Assert.Equal(
                "{ \"deep\": [ true, null, 1.5 ] }", JsonFormatter.Default.Format(sent.Extensions.Fields["custom"]));
        }
    }

    [Fact]
    public async Task Answer_RetryTwiceThenDrop_BringsTheSameEventThreeTimesThenTheNext()
    {
        await using var stream = await SubscribedAsync("t");
        await PublishAsync("t", "1", "", ("cloudevent.id", "e1"));
        await PublishAsync("t", "2", "", ("cloudevent.id", "e2"));

        List<string> ids = [];
        foreach (var status in new[] { Status.Retry, Status.Retry, Status.Drop })
        {
            var sent = await EventAsync(stream);
            ids.Add(sent.Id);
            Answer(stream, sent, status);
        }

        ids.Add((await EventAsync(stream)).Id);
        Assert.Equal(["e1", "e1", "e1", "e2"], ids);
    }

    [Theory]
    [InlineData(Status.Drop, 1)]
    [InlineData(Status.Retry, 5)]
    [InlineData((Status)9, 5)]
    public async Task Answer_ThatIsNoSuccess_EndsInTheDeadLetterTopic(object status, int deliveries)
    {
        await using var dead = await SubscribedAsync("dead");
        await using var stream = await SubscribedAsync("t", deadLetterTopic: "dead");

        await PublishAsync("t", "1", "", ("cloudevent.id", "e1"));
        for (var delivery = 0; delivery < deliveries; delivery++)
        {
            Answer(stream, await EventAsync(stream), (Status)status);
        }

        Assert.Equal("e1", (await EventAsync(dead)).Id);
    }

    [Fact]
    public async Task Subscribe_AThousandEvents_ComeInOrder()
    {
        await using var stream = await SubscribedAsync("t");
        for (var number = 0; number < 1000; number++)
        {
            await PublishAsync("t", number.ToString(CultureInfo.InvariantCulture), "text/plain");
        }

        List<string> seen = [];
        while (seen.Count < 1000)
        {
            var sent = await EventAsync(stream);
            seen.Add(sent.Data.ToStringUtf8());
            Answer(stream, sent, Status.Success);
        }

        Assert.Equal(Enumerable.Range(0, 1000).Select(number => number.ToString(CultureInfo.InvariantCulture)), seen);
    }

    [Fact]
    public async Task Subscribe_WhileTheStreamLives_IsInTheMetadata()
    {
        await using var stream = await SubscribedAsync("t", deadLetterTopic: "dead");

        var described = Assert.Single(await SubscriptionsAsync());
        stream.Complete();
        var end = await stream.EndAsync();

        Assert.Equal(
            ("pubsub", "t", "dead", PubsubSubscriptionType.Streaming, "/"),
            (described.PubsubName, described.Topic, described.DeadLetterTopic, described.Type, Assert.Single(described.Rules.Rules).Path));
        Assert.Equal("0 ", end);
        Assert.Empty(await SubscriptionsAsync());
    }

    [Fact]
    public async Task Stream_ThatIsCutOff_LeavesNoSubscription()
    {
        var stream = await SubscribedAsync("t");
        await PublishAsync("t", "1", "");
        await EventAsync(stream);

        await stream.DisposeAsync();

        await Eventually.Get(SubscriptionsAsync, subscriptions => subscriptions.Count == 0);
    }

    [Fact]
    public async Task Stop_WithAnEventInHand_WaitsForItsAnswerAndEndsTheStream()
    {
        var broker = new FakeBroker();
        var sidecar = await StartAsync(broker);
        await using var stream = await SubscribedAsync("t", on: sidecar);
        var handled = Deliver(broker, "e1");
        var sent = await EventAsync(stream);
        broker.InHand = handled;

        var stopped = sidecar.Running.Host.StopAsync(CancellationToken.None);
        Answer(stream, sent, Status.Success);

        Assert.Equal("0 ", await stream.EndAsync());
        await handled;
        await stopped;
        await sidecar.DisposeAsync();
    }

    [Fact]
    public async Task Answers_JustBeforeTheEndOfTheStream_Count()
    {
        var broker = new FakeBroker();
        await using var sidecar = await StartAsync(broker);
        for (var time = 0; time < 50; time++)
        {
            await using var stream = await SubscribedAsync("t", on: sidecar);
            var handled = Deliver(broker, $"e{time}");
            Answer(stream, await EventAsync(stream), Status.Success);

            stream.Complete();

            Assert.Equal("0 ", await stream.EndAsync());
            await handled;
        }
    }

    [Fact]
    public async Task Stream_ThatEndsWithAnEventInHand_LeavesItWithTheBroker()
    {
        var broker = new FakeBroker();
        await using var sidecar = await StartAsync(broker);
        await using var stream = await SubscribedAsync("t", "dead", sidecar);
        var handled = Deliver(broker, "e1");
        await EventAsync(stream);

        stream.Complete();

        Assert.Equal("0 ", await stream.EndAsync());
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => handled);
        Assert.Empty(broker.Published);
    }

    [Fact]
    public async Task Events_WithOneId_ComeOneAfterTheOther()
    {
        var broker = new FakeBroker();
        await using var sidecar = await StartAsync(broker);
        await using var stream = await SubscribedAsync("t", on: sidecar);

        var handled = new[] { Deliver(broker, "e1"), Deliver(broker, "e1") };
        Answer(stream, await EventAsync(stream), Status.Success);
        Answer(stream, await EventAsync(stream), Status.Success);

        await Task.WhenAll(handled);
    }

    [Theory]
    [InlineData("", "t", "2 pubsubName is required")]
    [InlineData("pubsub", "", "2 topic is required")]
    [InlineData("nope", "t", "3 pubsub nope is not found")]
    public async Task Subscribe_ToWhatIsNotThere_IsRefused(string pubSub, string topic, string expected)
    {
        await using var stream = Open(_sidecar);

        stream.Send(Initial(pubSub, topic));

        Assert.Equal(expected, await stream.EndAsync());
        Assert.Empty(await SubscriptionsAsync());
    }

    [Fact]
    public async Task Subscribe_ToAnUnknownPubSub_HasTheReasonAsItsOnlyDetail() =>
        Assert.Equal(
            "3 pubsub nope is not found | DAPR_PUBSUB_NOT_FOUND dapr.io",
            await _sidecar.EndAsync("SubscribeTopicEventsAlpha1", Initial("nope", "t")));

    [Fact]
    public async Task FirstMessage_ThatIsNoInitialRequest_IsRefused()
    {
        await using var stream = Open(_sidecar);

        stream.Send(new SubscribeTopicEventsRequestAlpha1 { EventProcessed = new SubscribeTopicEventsRequestProcessedAlpha1 { Id = "x" } });

        Assert.Equal("2 initial request is required", await stream.EndAsync());
    }

    [Fact]
    public async Task SecondInitialRequest_EndsTheStreamAndTheSubscription()
    {
        await using var stream = await SubscribedAsync("t");

        stream.Send(Initial("pubsub", "t"));

        Assert.Equal("2 duplicate initial request received", await stream.EndAsync());
        Assert.Empty(await SubscriptionsAsync());
    }

    [Fact]
    public async Task Answers_ToUnknownEvents_MeanNothing()
    {
        await using var stream = await SubscribedAsync("t");

        Answer(stream, new TopicEventRequest { Id = "nobody" }, Status.Success);
        stream.Send(new SubscribeTopicEventsRequestAlpha1());
        await PublishAsync("t", "1", "", ("cloudevent.id", "e1"));

        Assert.Equal("e1", (await EventAsync(stream)).Id);
    }

    [Fact]
    public async Task Subscribe_ToATopicOutOfScope_IsRefused()
    {
        await using var scoped = await GrpcSidecar.StartAsync(Yaml.Component("pubsub", "pubsub.in-memory", ("subscriptionScopes", "app=other")));
        await using var stream = Open(scoped);

        stream.Send(Initial("pubsub", "t"));

        Assert.Equal("2 topic t is not allowed for app id app", await stream.EndAsync());
    }

    private static SubscribeTopicEventsRequestAlpha1 Initial(string pubSub, string topic, string? deadLetterTopic = null)
    {
        var initial = new SubscribeTopicEventsRequestInitialAlpha1 { PubsubName = pubSub, Topic = topic };
        if (deadLetterTopic is not null)
        {
            initial.DeadLetterTopic = deadLetterTopic;
        }

        return new SubscribeTopicEventsRequestAlpha1 { InitialRequest = initial };
    }

    private static DuplexCall Open(GrpcSidecar sidecar) =>
        new(new Uri($"http://127.0.0.1:{sidecar.Running.Host.Options.GrpcPort}"), GrpcSidecar.PathOf("SubscribeTopicEventsAlpha1"));

    private static async Task<TopicEventRequest> EventAsync(DuplexCall stream)
    {
        var message = await stream.NextAsync(SubscribeTopicEventsResponseAlpha1.Parser);
        Assert.NotNull(message?.EventMessage);
        return message.EventMessage;
    }

    private static void Answer(DuplexCall stream, TopicEventRequest sent, Status status) => stream.Send(new SubscribeTopicEventsRequestAlpha1
    {
        EventProcessed = new SubscribeTopicEventsRequestProcessedAlpha1 { Id = sent.Id, Status = new TopicEventResponse { Status = status } },
    });

    private static Task<GrpcSidecar> StartAsync(FakeBroker broker) => GrpcSidecar.StartAsync(new SidecarSetup
    {
        Resources = [Yaml.Component("pubsub", "pubsub.fake")],
        Drivers = new Dictionary<string, Func<IComponent>> { ["pubsub.fake"] = () => broker },
    });

    private static Task Deliver(FakeBroker broker, string id) => broker.Handler!(
        new("t", System.Text.Encoding.UTF8.GetBytes($$"""{"id":"{{id}}"}"""), null, new Dictionary<string, string>()), CancellationToken.None);

    private async Task<DuplexCall> SubscribedAsync(string topic, string? deadLetterTopic = null, GrpcSidecar? on = null)
    {
        var stream = Open(on ?? _sidecar);
        stream.Send(Initial("pubsub", topic, deadLetterTopic));
        Assert.NotNull((await stream.NextAsync(SubscribeTopicEventsResponseAlpha1.Parser))?.InitialResponse);
        return stream;
    }

    private async Task PublishAsync(string topic, string data, string contentType, params (string Name, string Value)[] metadata)
    {
        var request = new PublishEventRequest { PubsubName = "pubsub", Topic = topic, Data = ByteString.CopyFromUtf8(data), DataContentType = contentType };
        request.Metadata.Add(metadata.ToDictionary(pair => pair.Name, pair => pair.Value));
        Assert.Equal("0 ", await _sidecar.EndAsync("PublishEvent", request));
    }

    private async Task<IReadOnlyList<PubsubSubscription>> SubscriptionsAsync() =>
        (await _sidecar.CallAsync("GetMetadata", new GetMetadataRequest(), GetMetadataResponse.Parser)).Subscriptions;
}
