using System.Text;
using DaprShop.TestKit;
using DaprShop.Tests.PubSub;
using DaprShop.Tests.Wire;
using Google.Protobuf.WellKnownTypes;
using Sidecar.Components;
using Sidecar.Components.PubSub;
using Sidecar.Grpc;
using Sidecar.Grpc.DaprApi;
using Status = Sidecar.Grpc.DaprApi.TopicEventResponse.Types.TopicEventResponseStatus;

namespace DaprShop.Tests.Grpc;

/// <summary>Publish and subscribe with an app that speaks gRPC (dapr-contract.md 5.3, 5.4).</summary>
public sealed class GrpcAppTopicTests
{
    private const string Event =
        """{"id":"1","source":"pub","type":"t.v1","specversion":"1.0","datacontenttype":"application/json","topic":"orders","pubsubname":"pubsub","custom":"x","data":{"n":7}}""";

    private const string Trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    private readonly FakeBroker _broker = new();

    [Fact]
    public async Task Subscriptions_OfTheApp_ShowInMetadataWithTheirRules()
    {
        await using var app = await Subscribing(new TopicSubscription
        {
            PubsubName = "pubsub",
            Topic = "orders",
            Routes = new TopicRoutes { Rules = { new TopicRule { Match = "event.type == 't.v1'", Path = "/v1" } }, Default = "/other" },
            DeadLetterTopic = "dead",
        }).StartAsync();

        await using var sidecar = await StartAsync(app);

        var subscription = Assert.Single((await sidecar.CallAsync("GetMetadata", new GetMetadataRequest(), GetMetadataResponse.Parser)).Subscriptions);
        Assert.Equal(
            ("pubsub", "orders", "dead", PubsubSubscriptionType.Programmatic),
            (subscription.PubsubName, subscription.Topic, subscription.DeadLetterTopic, subscription.Type));
        Assert.Equal(
            [("event.type == 't.v1'", "/v1"), ("", "/other")], subscription.Rules.Rules.Select(rule => (rule.Match, rule.Path)));
    }

    [Fact]
    public async Task Event_ForTheApp_ComesAsTopicEventRequestWithTokenTraceAndMetadata()
    {
        await using var app = await Answering(Status.Success).StartAsync();
        await using var sidecar = await StartAsync(app);

        await _broker.Handler!(
            Message(Event.Replace("\"custom\"", $"\"traceparent\":\"{Trace}\",\"custom\"", StringComparison.Ordinal), ("key", "k1"), ("no good\u00e4", "x"), ("grpc-timeout", "1n")), default);

        var call = Assert.Single(app.CallsOf("OnTopicEvent"));
        var request = call.As<TopicEventRequest>();
        Assert.Equal(
            ("1", "pub", "t.v1", "1.0", "application/json", "orders", "pubsub", ""),
            (request.Id, request.Source, request.Type, request.SpecVersion, request.DataContentType, request.Topic, request.PubsubName, request.Path));
        Assert.Equal(("{\"n\":7}", "x"), (request.Data.ToStringUtf8(), request.Extensions.Fields["custom"].StringValue));
        Assert.Equal(("app-token", "k1", Trace), (call.Metadata["dapr-api-token"], call.Metadata["key"], call.Metadata["traceparent"]));
        Assert.Equal("AAAK92UZFs1D3YRI6yEcgDGcAbetaxaSAzMxAgE=".Length, call.Metadata["grpc-trace-bin"].Length + 1);
        Assert.False(call.Metadata.ContainsKey("grpc-timeout"));
    }

    [Theory]
    [InlineData(Status.Success, null, 0)]
    [InlineData(Status.Drop, null, 1)]
    [InlineData(Status.Retry, null, 1)]
    [InlineData((Status)9, null, 1)]
    public async Task Status_OfTheAnswer_DecidesAboutTheDeadLetterTopic(object status, string? failure, int deadLetters)
    {
        await using var app = await Answering((Status)status, deadLetterTopic: "dead").StartAsync();
        await using var sidecar = await StartAsync(app);

        var outcome = await Record.ExceptionAsync(() => _broker.Handler!(Message(Event), default));

        Assert.Equal(failure, outcome?.Message);
        Assert.Equal(deadLetters, _broker.Published.Count(message => message.Topic == "dead"));
    }

    [Theory]
    [InlineData(Status.Retry, "event 1 of topic orders was not delivered: the app answered RETRY")]
    [InlineData((Status)9, "event 1 of topic orders was not delivered: the app answered the unknown status 9")]
    [InlineData(Status.Drop, null)]
    public async Task Status_WithoutADeadLetterTopic_HandsRetriesBackToTheBroker(object status, string? failure)
    {
        await using var app = await Answering((Status)status).StartAsync();
        await using var sidecar = await StartAsync(app);

        Assert.Equal(failure, (await Record.ExceptionAsync(() => _broker.Handler!(Message(Event), default)))?.Message);
    }

    [Fact]
    public async Task Event_ThatTheAppDoesNotImplement_IsAcknowledgedAndNoDeadLetter()
    {
        await using var app = await Subscribing(Orders("dead")).StartAsync();
        await using var sidecar = await StartAsync(app);

        await _broker.Handler!(Message(Event), default);

        Assert.Empty(_broker.Published);
        Assert.Contains("the app does not implement OnTopicEvent", sidecar.Running.Log, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("14", 3)]
    [InlineData("1-13", 1)]
    public async Task Error_UnderAPolicyWithMatching_IsRetriedByItsCode(string codes, int calls)
    {
        await using var app = await Subscribing(Orders())
            .On("OnTopicEvent", TopicEventRequest.Parser, new Func<TopicEventRequest, TopicEventResponse>(_ => throw new GrpcException(GrpcStatusCode.Unavailable, "busy")))
            .StartAsync();
        await using var sidecar = await StartAsync(
            app,
            $$"""
            apiVersion: dapr.io/v1alpha1
            kind: Resiliency
            metadata: { name: r }
            spec:
              policies: { retries: { few: { policy: constant, duration: 1ms, maxRetries: 2, matching: { gRPCStatusCodes: "{{codes}}" } } } }
              targets: { components: { pubsub: { inbound: { retry: few } } } }
            """);

        var failure = await Record.ExceptionAsync(() => _broker.Handler!(Message(Event), default));

        Assert.Equal("event 1 of topic orders was not delivered: the app answered Unavailable: busy", failure?.Message);
        Assert.Equal(calls, app.CallsOf("OnTopicEvent").Count());
    }

    [Fact]
    public async Task Subscriptions_NotImplemented_AreNoneAndFilesCount()
    {
        await using var app = await new FakeGrpcApp()
            .On("OnTopicEvent", TopicEventRequest.Parser, _ => new TopicEventResponse()).StartAsync();
        await using var sidecar = await StartAsync(
            app,
            """
            apiVersion: dapr.io/v1alpha1
            kind: Subscription
            metadata: { name: orders }
            spec: { pubsubname: pubsub, topic: orders, route: /from-file }
            """);

        await _broker.Handler!(Message(Event), default);

        Assert.Equal("/from-file", Assert.Single(app.CallsOf("OnTopicEvent")).As<TopicEventRequest>().Path);
    }

    [Fact]
    public async Task Subscriptions_FailingAtFirst_AreAskedForAgain()
    {
        var asked = 0;
        await using var app = await new FakeGrpcApp()
            .On("ListTopicSubscriptions", Empty.Parser, _ => ++asked == 1
                ? throw new GrpcException(GrpcStatusCode.Unavailable, "starting")
                : new ListTopicSubscriptionsResponse { Subscriptions = { Orders() } })
            .StartAsync();

        await using var sidecar = await StartAsync(app);

        Assert.Equal(2, asked);
        Assert.NotNull(_broker.Handler);
    }

    [Fact]
    public async Task App_ThatSpeaksHttpOnly_IsNoCrash()
    {
        await using var app = await FakeApp.StartAsync();
        await using var sidecar = await GrpcSidecar.StartAsync(new SidecarSetup
        {
            Options = options => options with { AppPort = app.Port, AppProtocol = "grpc" },
            WaitUntilReady = false,
        });

        await Eventually.True(() => sidecar.Running.Log.Contains("could not start and is tried again", StringComparison.Ordinal));

        Assert.Equal(0, (await sidecar.CallAsync("GetMetadata", new GetMetadataRequest())).Status);
    }

    private static TopicSubscription Orders(string deadLetterTopic = "") => new() { PubsubName = "pubsub", Topic = "orders", DeadLetterTopic = deadLetterTopic };

    private static FakeGrpcApp Subscribing(TopicSubscription subscription) => new FakeGrpcApp()
        .On("ListTopicSubscriptions", Empty.Parser, _ => new ListTopicSubscriptionsResponse { Subscriptions = { subscription } });

    private static FakeGrpcApp Answering(Status status, string deadLetterTopic = "") => Subscribing(Orders(deadLetterTopic))
        .On("OnTopicEvent", TopicEventRequest.Parser, _ => new TopicEventResponse { Status = status });

    private static IncomingMessage Message(string body, params (string Name, string Value)[] metadata) => new(
        "orders", Encoding.UTF8.GetBytes(body), null, metadata.ToDictionary(item => item.Name, item => item.Value));

    private Task<GrpcSidecar> StartAsync(FakeGrpcApp app, params string[] resources) => GrpcSidecar.StartAsync(new SidecarSetup
    {
        Resources = [Yaml.Component("pubsub", "pubsub.fake"), .. resources],
        Drivers = new Dictionary<string, Func<IComponent>> { ["pubsub.fake"] = () => _broker },
        Options = options => options with { AppPort = app.Port, AppProtocol = "grpc", AppApiToken = "app-token" },
    });
}
