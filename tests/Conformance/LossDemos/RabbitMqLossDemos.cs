using System.Text;
using System.Text.Json;
using DaprShop.TestKit;
using DaprShop.Tests.Servers;
using DaprShop.Tests.Wire;
using RabbitMQ.Client;

namespace DaprShop.Tests.LossDemos;

/// <summary>
/// Rows L6 to L10 of components/README.md: what Dapr's defaults do to a message on RabbitMQ, and that the files of
/// components/rabbitmq do not. Every message that counts as lost was answered 204.
/// </summary>
public sealed class RabbitMqLossDemos(SharedRabbitMq rabbit) : IAsyncLifetime, IClassFixture<SharedRabbitMq>
{
    private const string OurRoute = "/events/orders-confirmed";
    private const string OurType = "com.daprshop.order.confirmed.v1";
    private const string OurQueue = "notification-orders";
    private const string OurDeadLetters = "order-orders-notification-dead";

    private readonly string _topic = UniqueName.Next("events");

    private string Address => $"127.0.0.1:{rabbit.RabbitMq.Port}";

    private string Subscription =>
        $$"""
        apiVersion: dapr.io/v1alpha1
        kind: Subscription
        metadata: { name: events }
        spec: { pubsubname: pubsub, topic: {{_topic}}, route: /events }
        """;

    private string[] OurFiles => [Ours("pubsub.yaml"), Ours("resiliency.yaml"), Ours("subscriptions.yaml")];

    /// <summary>Our files name their topics, so a test must find nothing of the last one.</summary>
    public async Task InitializeAsync()
    {
        if ((await NamesAsync("list_policies")).Contains("full"))
        {
            await rabbit.RabbitMq.ControlAsync("clear_policy", "full");
        }

        await using var connection = await ConnectAsync();
        await using var channel = await connection.CreateChannelAsync();
        foreach (var queue in await NamesAsync("list_queues"))
        {
            await channel.QueueDeleteAsync(queue);
        }

        foreach (var exchange in (await NamesAsync("list_exchanges")).Where(name => !name.StartsWith("amq.", StringComparison.Ordinal)))
        {
            await channel.ExchangeDeleteAsync(exchange);
        }
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task L6_DaprsDefault_WhatIsPublishedWhileTheConsumerIsAwayIsLost()
    {
        await using var app = await EventApp.StartAsync((_, _) => 200);
        string[] resources = [Broker(), Subscription];
        await SubscribeAndLeaveAsync("app", app, resources);
        await using var publisher = await StartAsync("order", null, Broker());

        await PublishAsync(publisher, _topic, "while away");

        await using var back = await StartAsync("app", app, resources);
        await PublishAsync(publisher, _topic, "later");
        await Eventually.True(() => app.TimesGiven("later") == 1);
        Assert.Equal(["later"], app.GivenTo("/events"));
    }

    [Fact]
    public async Task L6_OurFiles_WhatIsPublishedWhileTheConsumerIsAwayIsDelivered()
    {
        await using var app = await EventApp.StartAsync((_, _) => 200);
        await SubscribeAndLeaveAsync("notification", app, OurFiles);
        await using var publisher = await StartAsync("order", null, OurFiles);

        await PublishAsync(publisher, "orders", "while away");

        await using var back = await StartAsync("notification", app, OurFiles);
        await Eventually.True(() => app.TimesGiven("while away") == 1);
        Assert.Equal(["while away"], app.GivenTo(OurRoute));
    }

    [Fact]
    public async Task L7_DaprsDefaultDeliveryMode_AKilledBrokerForgetsWhatItConfirmed()
    {
        await using var app = await EventApp.StartAsync((_, _) => 200);
        // The queue itself is durable by default and stays; even the confirms were asked for.
        string[] resources = [Broker(("deletedWhenUnused", "false"), ("publisherConfirm", "true")), Subscription];
        await SubscribeAndLeaveAsync("app", app, resources);
        await PublishManyAsync(_topic, 100, resources[0]);

        await RestartAsync();

        await using var back = await StartAsync("app", app, resources);
        await PublishAsync(back, _topic, "later");
        await Eventually.True(() => app.TimesGiven("later") == 1);
        Assert.Equal(["later"], app.GivenTo("/events"));
    }

    [Fact]
    public async Task L7_OurFiles_AKilledBrokerStillHasEveryMessage()
    {
        await using var app = await EventApp.StartAsync((_, _) => 200);
        await SubscribeAndLeaveAsync("notification", app, OurFiles);
        await PublishManyAsync("orders", 100, OurFiles);

        await RestartAsync();

        await using var back = await StartAsync("notification", app, OurFiles);
        await Eventually.Get(() => app.GivenTo(OurRoute).Distinct().Count(), count => count == 100);
    }

    [Fact]
    public async Task L8_DaprsDefault_OneFailureOfTheAppLosesTheMessage()
    {
        await using var app = await EventApp.StartAsync((data, times) => data == "first" && times == 1 ? 500 : 200);
        await using var sidecar = await StartAsync("app", app, Broker(), Subscription);

        await PublishAsync(sidecar, _topic, "first");
        await Eventually.True(() => app.TimesGiven("first") == 1);
        await PublishAsync(sidecar, _topic, "second");
        await Eventually.True(() => app.TimesGiven("second") == 1);
        await EmptyAsync($"app-{_topic}");

        Assert.Equal(["first", "second"], app.GivenTo("/events"));
    }

    [Fact]
    public async Task L8_OurFiles_FailuresAreRetriedAndWhatTheAppRefusesIsKeptThoughNobodyReadsIt()
    {
        await using var app = await EventApp.StartAsync((data, times) => data == "refused" ? 404 : times < 3 ? 500 : 200);
        await using var sidecar = await StartAsync("notification", app, OurFiles);

        await PublishAsync(sidecar, "orders", "stubborn");
        await PublishAsync(sidecar, "orders", "refused");

        await Eventually.True(() => app.TimesGiven("stubborn") == 3);
        Assert.Equal("refused", await TakeAsync(OurDeadLetters));
        await EmptyAsync(OurQueue);
    }

    [Fact]
    public async Task L9_DaprsDefault_WhatTheBrokerRefusedCountsAsPublished()
    {
        await using var app = await EventApp.StartAsync((_, _) => 200);
        string[] resources = [Broker(("deletedWhenUnused", "false")), Subscription];
        await SubscribeAndLeaveAsync("app", app, resources);
        await FillAsync($"app-{_topic}");
        await using var publisher = await StartAsync("order", null, resources[0]);

        await PublishAsync(publisher, _topic, "kept");
        await PublishAsync(publisher, _topic, "refused");

        await using var back = await StartAsync("app", app, resources);
        await Eventually.True(() => app.TimesGiven("kept") == 1);
        await EmptyAsync($"app-{_topic}");
        Assert.Equal(["kept"], app.GivenTo("/events"));
    }

    [Fact]
    public async Task L9_OurFiles_WhatTheBrokerRefusesIsAnErrorToThePublisher()
    {
        await using var app = await EventApp.StartAsync((_, _) => 200);
        await SubscribeAndLeaveAsync("notification", app, OurFiles);
        await FillAsync(OurQueue);
        await using var publisher = await StartAsync("order", null, OurFiles);

        // A replicated queue begins to refuse a little after it is full.
        var answers = new List<string>();
        while (answers.Count < 100 && answers.TrueForAll(answer => answer.Length == 0))
        {
            using var answer = await publisher.Http.PostAsync(
                new Uri("/v1.0/publish/pubsub/orders", UriKind.Relative), new StringContent("\"x\"", Encoding.UTF8, "application/json"));
            answers.Add(await answer.Content.ReadAsStringAsync());
        }

        Assert.Contains("negative confirm", answers[^1], StringComparison.Ordinal);
        await Eventually.Get(() => CountAsync(OurQueue), count => count == answers.Count - 1);
    }

    [Fact]
    public async Task L10_DaprsDefault_WhatIsPublishedBeforeTheFirstSubscriberIsLost()
    {
        await using var app = await EventApp.StartAsync((_, _) => 200);
        string[] safeButForTheOrder = [Broker(("deletedWhenUnused", "false"), ("publisherConfirm", "true"), ("deliveryMode", "2")), Subscription];
        await using var publisher = await StartAsync("order", null, safeButForTheOrder[0]);

        await PublishAsync(publisher, _topic, "early");

        await using var first = await StartAsync("app", app, safeButForTheOrder);
        await PublishAsync(publisher, _topic, "later");
        await Eventually.True(() => app.TimesGiven("later") == 1);
        Assert.Equal(["later"], app.GivenTo("/events"));
    }

    [Fact]
    public async Task L10_OurFiles_WhatIsPublishedBeforeTheFirstSubscriberIsDelivered()
    {
        await using var app = await EventApp.StartAsync((_, _) => 200);
        await using var publisher = await StartAsync("order", null, OurFiles);

        await PublishAsync(publisher, "orders", "early");

        await using var first = await StartAsync("notification", app, OurFiles);
        await Eventually.True(() => app.TimesGiven("early") == 1);
        Assert.Equal(["early"], app.GivenTo(OurRoute));
    }

    private static Task<RunningSidecar> StartAsync(string appId, EventApp? app, params string[] resources) =>
        RunningSidecar.StartAsync(new SidecarSetup { AppId = appId, App = app?.App, Resources = resources });

    private static async Task PublishAsync(RunningSidecar sidecar, string topic, string data) => Assert.Equal(
        "204", await sidecar.Http.SendTextAsync("POST", $"/v1.0/publish/pubsub/{topic}?metadata.cloudevent.type={OurType}", $"\"{data}\""));

    private static async Task SubscribeAndLeaveAsync(string appId, EventApp app, string[] resources)
    {
        await using var early = await StartAsync(appId, app, resources);
    }

    private static async Task PublishManyAsync(string topic, int count, params string[] resources)
    {
        await using var publisher = await StartAsync("order", null, resources);
        await Parallel.ForEachAsync(Enumerable.Range(0, count), async (n, _) => await PublishAsync(publisher, topic, $"{n}"));
    }

    private async Task RestartAsync()
    {
        await rabbit.KillAsync();
        await rabbit.RabbitMq.StartAgainAsync();
    }

    /// <summary>The queue holds one message and refuses the next, as any queue with a limit does.</summary>
    private Task FillAsync(string queue) => rabbit.RabbitMq.ControlAsync(
        "set_policy", "full", $"^{queue}$", """{"max-length":1,"overflow":"reject-publish"}""", "--apply-to", "queues");

    private async Task<string> TakeAsync(string queue)
    {
        await using var connection = await ConnectAsync();
        await using var channel = await connection.CreateChannelAsync();
        var message = await Eventually.Get<BasicGetResult?>(() => channel.BasicGetAsync(queue, autoAck: true), got => got is not null);
        return JsonDocument.Parse(message!.Body).RootElement.GetProperty("data").GetString()!;
    }

    /// <summary>Nothing waits in the queue, and nobody has anything of it in hand.</summary>
    private Task EmptyAsync(string queue) => Eventually.Get(() => CountAsync(queue), count => count == 0);

    private async Task<int> CountAsync(string queue)
    {
        // Quorum queues report their numbers with a delay; the node itself knows them.
        using var queues = JsonDocument.Parse(await rabbit.RabbitMq.ControlAsync("-q", "list_queues", "name", "messages", "--formatter", "json"));
        return queues.RootElement.EnumerateArray().Single(item => item.GetProperty("name").GetString() == queue).GetProperty("messages").GetInt32();
    }

    private async Task<IEnumerable<string>> NamesAsync(string list) =>
        JsonDocument.Parse(await rabbit.RabbitMq.ControlAsync("-q", list, "--formatter", "json")).RootElement.EnumerateArray()
            .Select(item => item.GetProperty("name").GetString()!).Where(name => name.Length > 0);

    private Task<IConnection> ConnectAsync() =>
        new ConnectionFactory { HostName = "127.0.0.1", Port = rabbit.RabbitMq.Port, AutomaticRecoveryEnabled = false }.CreateConnectionAsync();

    private string Ours(string file) => SetFile.Read("rabbitmq", file, "localhost:5672", Address);

    private string Broker(params (string Name, string Value)[] metadata) =>
        Yaml.Component("pubsub", "pubsub.rabbitmq", [("hostname", Address), .. metadata]);
}
