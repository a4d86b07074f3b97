using DaprShop.TestKit;
using DaprShop.Tests.Servers;
using DaprShop.Tests.Wire;
using StackExchange.Redis;

namespace DaprShop.Tests.LossDemos;

/// <summary>
/// What Dapr's defaults, or settings it takes without a word, do to a message on Redis, and that the files of
/// components/redis do not (L2 excepted). components/README.md names the values.
/// </summary>
public sealed class RedisPubSubLossDemos(OwnRedis redis) : IAsyncLifetime, IClassFixture<OwnRedis>
{
    private const string OurRoute = "/events/orders-confirmed";
    private const string OurType = "com.daprshop.order.confirmed.v1";
    private const string OurDeadLetters = "orders-notification-dead";

    private ConnectionMultiplexer _connection = null!;

    private string Address => $"127.0.0.1:{redis.Server.Port}";

    private IDatabase Server => _connection.GetDatabase();

    // The last one stands in for somebody who looks after the dead letters.
    private string[] OurFiles => [Ours("pubsub.yaml"), Ours("resiliency.yaml"), Ours("subscriptions.yaml"), Subscription("dead", OurDeadLetters, "/dead")];

    public async Task InitializeAsync()
    {
        _connection = await ConnectionMultiplexer.ConnectAsync($"{Address},allowAdmin=true,syncTimeout=30000");
        // Our files name their topics, so a test must find none of the last one's messages.
        Server.Execute("FLUSHALL");
    }

    public Task DisposeAsync()
    {
        _connection.Dispose();
        return Task.CompletedTask;
    }

    [Fact]
    public async Task L1_DaprsDefault_OneFailureOfTheAppLosesTheMessage()
    {
        await using var app = await EventApp.StartAsync((data, times) => data == "first" && times == 1 ? 500 : 200);
        await using var sidecar = await StartAsync("app", app, Broker(), Subscription("events", "events", "/events"));

        await PublishAsync(sidecar, "events", "first");
        await Eventually.True(() => app.TimesGiven("first") == 1);
        await PublishAsync(sidecar, "events", "second");
        await Eventually.True(() => app.TimesGiven("second") == 1 && PendingOf("events", "app") == 0);

        Assert.Equal(["first", "second"], app.GivenTo("/events"));
    }

    [Fact]
    public async Task L1_OurFiles_FailuresOfTheAppAreRetriedUntilItSucceeds()
    {
        await using var app = await EventApp.StartAsync((_, times) => times < 3 ? 500 : 200);
        await using var sidecar = await StartAsync("notification", app, OurFiles);

        await PublishAsync(sidecar, "orders", "first");

        await Eventually.True(() => app.TimesGiven("first") == 3 && PendingOf("orders", "notification") == 0);
        Assert.Equal(["first", "first", "first"], app.GivenTo(OurRoute));
        Assert.Empty(app.GivenTo("/dead"));
    }

    [Fact]
    public async Task L2_DeadLetterTopicOnTheServerThatIsFull_LosesTheMessage()
    {
        var isFull = new TaskCompletionSource();
        await using var app = await EventApp.StartAsync((data, _) => data == "poison" ? 500 : 200, until: isFull.Task);
        await using var sidecar = await StartAsync(
            "app", app, Broker(), Subscription("events", "events", "/events", deadLetterTopic: "dead"), Subscription("dead", "dead", "/dead"));
        await PublishAsync(sidecar, "events", "poison");
        await Eventually.True(() => app.TimesGiven("poison") == 1);

        Server.Execute("CONFIG", "SET", "maxmemory", "1");
        isFull.SetResult();
        try
        {
            await Eventually.True(() => PendingOf("events", "app") == 0);
        }
        finally
        {
            Server.Execute("CONFIG", "SET", "maxmemory", "0");
        }

        await PublishAsync(sidecar, "events", "sound");
        await Eventually.True(() => app.TimesGiven("sound") == 1 && PendingOf("events", "app") == 0);
        Assert.Equal(["poison", "sound"], app.GivenTo("/events"));
        Assert.Equal(0, (int)Server.Execute("XLEN", "dead"));
    }

    [Fact]
    public async Task L3_RetriesLongerThanTheProcessingTimeout_NeverComeToTheirEnd()
    {
        // Dapr's default timeout of 60 s and interval of 15 s, sixty times faster; ten attempts take four times as long.
        const string Policy = """
            apiVersion: dapr.io/v1alpha1
            kind: Resiliency
            metadata: { name: long }
            spec:
              policies: { retries: { long: { policy: constant, duration: 400ms, maxRetries: 9 } } }
              targets: { components: { pubsub: { inbound: { retry: long } } } }
            """;
        await using var app = await EventApp.StartAsync((_, _) => 500);
        string[] resources =
        [
            Broker(("processingTimeout", "1s"), ("redeliverInterval", "250ms")), Policy,
            Subscription("events", "events", "/events", deadLetterTopic: "dead"), Subscription("dead", "dead", "/dead"),
        ];
        await using var sidecar = await StartAsync("app", app, resources);

        await PublishAsync(sidecar, "events", "poison");

        await Eventually.True(() => app.TimesGiven("poison") > 20);
        Assert.Empty(app.GivenTo("/dead"));
    }

    [Fact]
    public async Task L3_AppSlowerThanTheProcessingTimeout_IsGivenTheSameMessageAgainWhileItWorks()
    {
        await using var app = await EventApp.StartAsync((_, _) => 200, takes: TimeSpan.FromSeconds(2.5));
        string[] resources = [Broker(("processingTimeout", "1s"), ("redeliverInterval", "250ms")), Subscription("events", "events", "/events")];
        await using var one = await StartAsync("app", app, resources);
        await using var two = await StartAsync("app", app, resources);

        await PublishAsync(one, "events", "slow");

        await Eventually.True(() => app.MostAtOnce >= 2);
        Assert.True(app.TimesGiven("slow") >= 2);
    }

    [Fact]
    public async Task L3_OurFiles_RetriesEndBeforeAnybodyElseMayTakeTheMessage()
    {
        await using var app = await EventApp.StartAsync((data, _) => data == "poison" ? 500 : 200, takes: TimeSpan.FromMilliseconds(500));
        await using var one = await StartAsync("notification", app, OurFiles);
        await using var two = await StartAsync("notification", app, OurFiles);

        await PublishAsync(one, "orders", "poison");
        await PublishAsync(two, "orders", "sound");

        // Eight retries with growing pauses: 31 s at most.
        await Eventually.True(() => app.GivenTo("/dead").Count == 1 && PendingOf("orders", "notification") == 0);
        Assert.Equal((9, 1, 1), (app.TimesGiven("poison"), app.TimesGiven("sound"), app.MostAtOnce));
    }

    [Theory]
    [InlineData("redeliverInterval")]
    [InlineData("processingTimeout")]
    public async Task L4_RedeliverySwitchedOff_AKilledSidecarTakesItsMessageWithIt(string member)
    {
        await using var app = await EventApp.StartAsync((_, _) => 200);
        string[] resources = [Broker((member, "0")), Subscription("events", "events", "/events")];
        await DieWithAMessageInHandAsync("app", "events", resources);
        LetTheTimeoutPass("events", "app");

        await using var heir = await StartAsync("app", app, resources);
        await PublishAsync(heir, "events", "later");

        await Eventually.True(() => app.TimesGiven("later") == 1 && PendingOf("events", "app") == 1);
        Assert.Equal(["later"], app.GivenTo("/events"));
    }

    [Fact]
    public async Task L4_OurFiles_AnotherSidecarTakesOverFromAKilledOne()
    {
        await using var app = await EventApp.StartAsync((_, _) => 200);
        await DieWithAMessageInHandAsync("notification", "orders", OurFiles);
        LetTheTimeoutPass("orders", "notification");

        await using var heir = await StartAsync("notification", app, OurFiles);

        await Eventually.True(() => app.TimesGiven("in hand") == 1 && PendingOf("orders", "notification") == 0);
        Assert.Equal(["in hand"], app.GivenTo(OurRoute));
    }

    [Fact]
    public async Task L5_MaxLenApprox_TrimsWhatNobodyHasReadYet()
    {
        await using var app = await EventApp.StartAsync((_, _) => 200);
        string[] resources = [Broker(("maxLenApprox", "100")), Subscription("events", "events", "/events")];
        await SubscribeAndLeaveAsync("app", app, resources);
        await PublishManyAsync("events", 1000, Broker(("maxLenApprox", "100")));

        await using var late = await StartAsync("app", app, resources);
        await PublishAsync(late, "events", "last");

        await Eventually.True(() => app.TimesGiven("last") == 1 && PendingOf("events", "app") == 0);
        Assert.InRange(app.GivenTo("/events").Count, 1, 300);
    }

    [Fact]
    public async Task L5_OurFiles_KeepEveryMessageForAConsumerThatIsAway()
    {
        await using var app = await EventApp.StartAsync((_, _) => 200);
        await SubscribeAndLeaveAsync("notification", app, OurFiles);
        await PublishManyAsync("orders", 1000, OurFiles);

        await using var late = await StartAsync("notification", app, OurFiles);

        await Eventually.True(() => app.GivenTo(OurRoute).Count >= 1000 && PendingOf("orders", "notification") == 0);
        Assert.Equal(1000, app.GivenTo(OurRoute).Distinct().Count());
    }

    private static Task<RunningSidecar> StartAsync(string appId, EventApp? app, params string[] resources) =>
        RunningSidecar.StartAsync(new SidecarSetup { AppId = appId, App = app?.App, Resources = resources });

    private static async Task PublishAsync(RunningSidecar sidecar, string topic, string data) => Assert.Equal(
        "204", await sidecar.Http.SendTextAsync("POST", $"/v1.0/publish/pubsub/{topic}?metadata.cloudevent.type={OurType}", $"\"{data}\""));

    private static async Task SubscribeAndLeaveAsync(string appId, EventApp app, string[] resources)
    {
        await using var early = await StartAsync(appId, app, resources);
    }

    /// <summary>By another app, which does not subscribe.</summary>
    private static async Task PublishManyAsync(string topic, int count, params string[] resources)
    {
        await using var publisher = await StartAsync("order", null, resources);
        await Parallel.ForEachAsync(Enumerable.Range(0, count), async (n, _) => await PublishAsync(publisher, topic, $"{n}"));
    }

    private static async Task DieWithAMessageInHandAsync(string appId, string topic, string[] resources)
    {
        var folder = Directory.CreateTempSubdirectory("loss-demo-").FullName;
        await using var mute = await EventApp.StartAsync((_, _) => 200, takes: TimeSpan.FromHours(1));
        await using var victim = await ChildSidecar.StartAsync(folder, appId, mute.App, resources);
        await victim.Http.SendTextAsync("POST", $"/v1.0/publish/pubsub/{topic}?metadata.cloudevent.type={OurType}", "\"in hand\"");
        await Eventually.True(() => mute.TimesGiven("in hand") == 1);

        await victim.KillAsync();
        Directory.Delete(folder, recursive: true);
    }

    /// <summary>The one pending message looks as if its consumer had been silent for a minute, the default and our setting.</summary>
    private void LetTheTimeoutPass(string topic, string group)
    {
        var pending = (RedisResult[])Assert.Single((RedisResult[])Server.Execute("XPENDING", topic, group, "-", "+", 10));
        Server.Execute("XCLAIM", topic, group, group, 0, (string)pending[0], "IDLE", 60_000, "JUSTID");
    }

    private string Ours(string file) => SetFile.Read("redis", file, "localhost:6379", Address);

    private string Broker(params (string Name, string Value)[] metadata) =>
        Yaml.Component("pubsub", "pubsub.redis", [("redisHost", Address), .. metadata]);

    private static string Subscription(string name, string topic, string route, string? deadLetterTopic = null) =>
        $$"""
        apiVersion: dapr.io/v1alpha1
        kind: Subscription
        metadata: { name: {{name}} }
        spec: { pubsubname: pubsub, topic: {{topic}}, route: {{route}}{{(deadLetterTopic is null ? "" : $", deadLetterTopic: {deadLetterTopic}")}} }
        """;

    private int PendingOf(string topic, string group) => (int)((RedisResult[])Server.Execute("XPENDING", topic, group))[0];
}
