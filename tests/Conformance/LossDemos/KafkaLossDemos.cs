using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Confluent.Kafka;
using DaprShop.TestKit;
using DaprShop.TestKit.Servers;
using DaprShop.Tests.PubSub.Kafka;
using DaprShop.Tests.Servers;
using DaprShop.Tests.Wire;
using Sidecar.Components;
using Sidecar.Components.PubSub.Kafka;

namespace DaprShop.Tests.LossDemos;

/// <summary>
/// Rows L11 to L13 of components/README.md: what Dapr's defaults, or settings it takes without a word, do to a message on
/// Kafka, and that the files of components/kafka do not.
/// </summary>
public sealed class KafkaLossDemos : IAsyncLifetime
{
    private const string OurRoute = "/events/orders-confirmed";
    private const string OurType = "com.daprshop.order.confirmed.v1";
    private const string OurDeadLetters = "orders-notification-dead";
    private const int RequestTimedOut = 7;

    // Current and in memory: each test has a cluster of its own, because our files name their topics.
    private readonly MockKafkaCluster _cluster = MockKafkaCluster.Start();
    private readonly RawKafka _raw;

    public KafkaLossDemos() => _raw = new RawKafka(_cluster.Brokers);

    private string[] OurFiles => [Ours("pubsub.yaml"), Ours("resiliency.yaml"), Ours("subscriptions.yaml"), Subscription("dead", OurDeadLetters, "/dead")];

    public Task InitializeAsync()
    {
        foreach (var topic in new[] { "events", "orders", "payments", OurDeadLetters })
        {
            _cluster.CreateTopic(topic, 1);
        }

        return Task.CompletedTask;
    }

    public Task DisposeAsync()
    {
        _raw.Dispose();
        _cluster.Dispose();
        return Task.CompletedTask;
    }

    [Fact]
    public async Task L11_DaprsDefault_AGroupThatIsNewMissesWhatWasPublishedBefore()
    {
        await using var app = await EventApp.StartAsync((_, _) => 200);
        await using var publisher = await StartAsync("publisher", null, Broker());
        await PublishAsync(publisher, "events", "before");

        await using var sidecar = await StartAsync("app", app, Broker(), Subscription("events", "events", "/events"));
        var later = await PublishUntilOneArrivesAsync(publisher, app);

        Assert.Equal((0, true), (app.TimesGiven("before"), later > 0));
    }

    [Fact]
    public async Task L11_OurFiles_AGroupThatIsNewGetsWhatWasPublishedBefore()
    {
        await using var app = await EventApp.StartAsync((_, _) => 200);
        await using var publisher = await StartAsync("order", null, OurFiles);
        await PublishAsync(publisher, "orders", "before");

        await using var sidecar = await StartAsync("notification", app, OurFiles);

        await Eventually.True(() => app.TimesGiven("before") == 1);
        Assert.Equal(["before"], app.GivenTo(OurRoute));
    }

    [Fact]
    public async Task L12_RetryOff_TheNextMessageMarksAFailedOneAsDone()
    {
        string[] resources =
            [Broker(("initialOffset", "oldest"), ("consumeRetryEnabled", "false")), Subscription("events", "events", "/events")];
        await using var app = await EventApp.StartAsync((data, _) => data == "first" ? 500 : 200);
        await using (var sidecar = await StartAsync("app", app, resources))
        {
            await PublishAsync(sidecar, "events", "first");
            await PublishAsync(sidecar, "events", "second");
            await Eventually.True(() => app.TimesGiven("second") == 1);
        }

        await using var again = await StartAsync("app", app, resources);
        await PublishAsync(again, "events", "third");

        await Eventually.True(() => app.TimesGiven("third") == 1);
        Assert.Equal(["first", "second", "third"], app.GivenTo("/events"));
    }

    [Fact]
    public async Task L12_RetryOff_OnAQuietTopicTheFailedMessageComesBackAfterARestart()
    {
        string[] resources =
            [Broker(("initialOffset", "oldest"), ("consumeRetryEnabled", "false")), Subscription("events", "events", "/events")];
        await using var app = await EventApp.StartAsync((_, times) => times == 1 ? 500 : 200);
        await using (var sidecar = await StartAsync("app", app, resources))
        {
            await PublishAsync(sidecar, "events", "only");
            await Eventually.True(() => app.TimesGiven("only") == 1);
        }

        await using var again = await StartAsync("app", app, resources);

        await Eventually.True(() => app.TimesGiven("only") == 2);
        Assert.Equal(["only", "only"], app.GivenTo("/events"));
    }

    [Fact]
    public async Task L12_OurFiles_AFailedMessageEndsInTheDeadLetterTopicAndTheNextFollows()
    {
        await using var app = await EventApp.StartAsync((data, _) => data == "poison" ? 500 : 200);
        await using var sidecar = await StartAsync("notification", app, OurFiles);

        await PublishAsync(sidecar, "orders", "poison");
        await PublishAsync(sidecar, "orders", "sound");

        // Eight retries with growing pauses.
        await Eventually.True(() => app.GivenTo("/dead").Count == 1 && app.TimesGiven("sound") == 1);
        Assert.Equal(["poison"], app.GivenTo("/dead"));
        Assert.Equal(9, app.TimesGiven("poison"));
    }

    [Fact]
    public async Task L13_SeveralInFlightWithoutIdempotence_ARetriedMessageArrivesBehindTheNext()
    {
        // As daprd's producer is set: all replicas, five retries, five requests under way, and no numbers on them.
        using var producer = new ProducerBuilder<byte[]?, byte[]?>(_raw.Connect(new ProducerConfig
        {
            Acks = Acks.All,
            MessageSendMaxRetries = 5,
            MaxInFlight = 5,
            LingerMs = 0,
        })).Build();
        await producer.ProduceAsync("events", Record("warm"));
        // Time enough for the second to overtake it, also where this test gets none for a while.
        _cluster.FailNext(KafkaRequest.Produce, RequestTimedOut, delay: TimeSpan.FromSeconds(5));

        var first = producer.ProduceAsync("events", Record("first"));
        await Eventually.True(() => _cluster.PendingErrors() == 0);
        await Task.WhenAll(first, producer.ProduceAsync("events", Record("second")));

        Assert.Equal(["warm", "second", "first"], TextsOf("events", 3));
    }

    // The mock takes numbered batches in any order, so what a broker makes of the numbers cannot be shown here.
    [Fact]
    public void L13_OurFiles_TheProducerNumbersItsMessages()
    {
        var mistakes = new List<string>();
        var metadata = Regex.Matches(Ours("pubsub.yaml"), "- name: (\\w+)\\s+value: \"([^\"]*)\"")
            .ToDictionary(match => match.Groups[1].Value, match => match.Groups[2].Value);
        var spec = new ComponentSpec("pubsub", "pubsub.kafka", "v1", metadata, false, TimeSpan.FromSeconds(5), "pubsub.yaml");

        var producer = KafkaPubSubOptions.Parse(new ComponentMetadata(spec, mistakes), TimeSpan.FromSeconds(5)).Producer();

        Assert.Empty(mistakes);
        Assert.Equal((true, Acks.All, 5), (producer.EnableIdempotence, producer.Acks, producer.MaxInFlight));
    }

    [Fact]
    public async Task L13_CallerThatWaitsForEachPublication_GetsItsOrderOnAnyBroker()
    {
        string[] resources = [Ours("pubsub.yaml").Replace("\"2.0.0\"", "\"0.10.2.0\"", StringComparison.Ordinal)];
        await using var sidecar = await StartAsync("order", null, resources);
        await PublishAsync(sidecar, "orders", "warm");
        _cluster.FailNext(KafkaRequest.Produce, RequestTimedOut, delay: TimeSpan.FromMilliseconds(500));

        await PublishAsync(sidecar, "orders", "first");
        await PublishAsync(sidecar, "orders", "second");

        Assert.Equal(["warm", "first", "second"], TextsOf("orders", 3).Select(DataOf));
    }

    private static Task<RunningSidecar> StartAsync(string appId, EventApp? app, params string[] resources) =>
        RunningSidecar.StartAsync(new SidecarSetup { AppId = appId, App = app?.App, Resources = resources });

    private static async Task PublishAsync(RunningSidecar sidecar, string topic, string data) => Assert.Equal(
        "204", await sidecar.Http.SendTextAsync("POST", $"/v1.0/publish/pubsub/{topic}?metadata.cloudevent.type={OurType}", $"\"{data}\""));

    private static async Task<int> PublishUntilOneArrivesAsync(RunningSidecar publisher, EventApp app)
    {
        var sent = 0;
        return await Eventually.Get(
            async () =>
            {
                await PublishAsync(publisher, "events", $"later {sent++}");
                return app.GivenTo("/events").Count;
            },
            count => count > 0);
    }

    private static Message<byte[]?, byte[]?> Record(string text) => new() { Value = Encoding.UTF8.GetBytes(text) };

    private static string DataOf(string cloudEvent) => JsonDocument.Parse(cloudEvent).RootElement.GetProperty("data").GetString()!;

    private IEnumerable<string> TextsOf(string topic, int count) =>
        _raw.Read(topic, count, 0).Select(record => Encoding.UTF8.GetString(record.Message.Value!));

    private string Ours(string file) => SetFile.Read("kafka", file, "localhost:9092", _cluster.Brokers);

    private string Broker(params (string Name, string Value)[] metadata) =>
        Yaml.Component("pubsub", "pubsub.kafka", [("brokers", _cluster.Brokers), ("authType", "none"), .. metadata]);

    private static string Subscription(string name, string topic, string route) =>
        $$"""
        apiVersion: dapr.io/v1alpha1
        kind: Subscription
        metadata: { name: {{name}} }
        spec: { pubsubname: pubsub, topic: {{topic}}, route: {{route}} }
        """;
}
