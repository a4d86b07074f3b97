using DaprShop.Tests.Servers;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;
using Sidecar.Components;

namespace DaprShop.Tests.PubSub;

/// <summary>
/// Exchanges, queues and bindings are daprd's: the broker accepts a second declaration only when it is the same, so
/// declaring as daprd would is the comparison.
/// </summary>
public sealed class RabbitMqTopologyTests : RabbitMqPubSubTests
{
    // Nothing of it may be deleted before it was compared.
    private static readonly (string, string)[] Kept = [("deletedWhenUnused", "false")];

    [Fact]
    public async Task Subscribe_NothingGiven_DeclaresDaprdsDefaults()
    {
        var broker = await StartAsync();
        await using var subscription = await SubscribeAsync(broker, new Recorder());

        await AssertExchangeAsync(Topic, "fanout", durable: true, autoDelete: true);
        await AssertQueueAsync(Queue, durable: true, autoDelete: true, ("x-queue-type", "classic"));
        await AssertBoundAsync(Queue, Topic, "");
    }

    [Fact]
    public async Task Subscribe_EverythingGiven_DeclaresAsDaprdWould()
    {
        var broker = await StartAsync(
            ("durable", "false"), ("deletedWhenUnused", "false"), ("exchangeKind", "topic"), ("enableDeadLetter", "true"), ("maxLen", "70"), ("maxLenBytes", "80000"));
        var metadata = new Dictionary<string, string>
        {
            ["maxPriority"] = "300",
            ["singleActiveConsumer"] = "yes",
            ["routingKey"] = "a.*,b.c",
            ["maxLen"] = "71",
            ["maxLenBytes"] = "81000",
        };
        await using var subscription = await SubscribeAsync(broker, new Recorder(), metadata);

        await AssertExchangeAsync(Topic, "topic", durable: false, autoDelete: false);
        await AssertQueueAsync(
            Queue, durable: false, autoDelete: false, ("x-queue-type", "classic"), ("x-max-priority", (byte)255), ("x-single-active-consumer", true),
            ("x-max-length", 71L), ("x-max-length-bytes", 81000L), ("x-dead-letter-exchange", $"dlx-{Queue}"));
        await AssertExchangeAsync($"dlx-{Queue}", "fanout", durable: true, autoDelete: false);
        await AssertQueueAsync($"dlq-{Queue}", durable: true, autoDelete: false, ("x-queue-mode", "lazy"), ("x-max-length", 70L), ("x-max-length-bytes", 80000L));
        await AssertBoundAsync(Queue, Topic, "a.*");
        await AssertBoundAsync(Queue, Topic, "b.c");
        await AssertBoundAsync($"dlq-{Queue}", $"dlx-{Queue}", "");
    }

    [Theory]
    [InlineData("quorum", "")]
    [InlineData("classic", "quorum")]
    public async Task Subscribe_QuorumByComponentOrSubscription_DeclaresAQuorumQueue(string component, string subscription)
    {
        var broker = await StartAsync([.. Kept, ("queueType", component)]);
        await using var running = await SubscribeAsync(broker, new Recorder(), new() { ["queueType"] = subscription });

        await AssertQueueAsync(Queue, durable: true, autoDelete: false, ("x-queue-type", "quorum"));
    }

    [Fact]
    public async Task Subscribe_WithAQueueName_UsesItInPlaceOfTheConsumers()
    {
        var queue = UniqueName.Next("own");
        var broker = await StartAsync([.. Kept, ("enableDeadLetter", "true")]);
        await using var subscription = await SubscribeAsync(broker, new Recorder(), new() { ["queueName"] = queue });

        await AssertQueueAsync(queue, durable: true, autoDelete: false, ("x-queue-type", "classic"), ("x-dead-letter-exchange", $"dlx-{queue}"));
        await AssertAbsentAsync(Queue);
    }

    [Fact]
    public async Task Subscribe_ConsumerIdOfTheComponent_BeginsTheQueuesName()
    {
        var broker = await StartAsync([.. Kept, ("consumerID", "other")]);
        await using var subscription = await SubscribeAsync(broker, new Recorder(), group: "ignored");

        await AssertQueueAsync($"other-{Topic}", durable: true, autoDelete: false, ("x-queue-type", "classic"));
    }

    [Fact]
    public async Task Publish_NobodySubscribed_DeclaresTheExchangeOnly()
    {
        var broker = await StartAsync(Kept);

        await PublishAsync(broker, "x");

        await AssertExchangeAsync(Topic, "fanout", durable: true, autoDelete: false);
        await AssertAbsentAsync(Queue);
    }

    [Fact]
    public async Task Queue_ThereWithOtherArguments_IsAnErrorThatNamesItAndTheRemedy()
    {
        var classic = await StartAsync(Kept);
        await (await SubscribeAsync(classic, new Recorder())).DisposeAsync();
        var quorum = await StartAsync([.. Kept, ("queueType", "quorum")]);

        var refusal = await Assert.ThrowsAsync<ComponentException>(() => SubscribeAsync(quorum, new Recorder()));

        Assert.Contains($"queue '{Queue}'", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("received 'quorum' but current is 'classic'", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("Set durable, deletedWhenUnused, exchangeKind, queueType", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Exchange_ThereWithAnotherKind_FailsPublishAndSubscribeAndNobodyElse()
    {
        await using (var channel = await ChannelAsync())
        {
            await channel.ExchangeDeclareAsync(Topic, "direct", durable: true, autoDelete: false);
        }

        var broker = await StartAsync([.. Kept, ("publisherConfirm", "true")]);

        var publish = await Assert.ThrowsAsync<ComponentException>(() => PublishAsync(broker, "x"));
        var subscribe = await Assert.ThrowsAsync<ComponentException>(() => SubscribeAsync(broker, new Recorder()));

        Assert.Contains($"exchange '{Topic}' cannot be declared", publish.Message, StringComparison.Ordinal);
        Assert.Contains($"exchange '{Topic}' cannot be declared", subscribe.Message, StringComparison.Ordinal);
        await broker.PublishAsync(new($"{Topic}-sound", "x"u8.ToArray(), null, NoMetadata), default);
    }

    [Fact]
    public async Task Exchange_OfTheBrokersOwn_IsRefusedWithItsReason()
    {
        var broker = await StartAsync(Kept);

        var refusal = await Assert.ThrowsAsync<ComponentException>(() => broker.PublishAsync(new("amq.mine", "x"u8.ToArray(), null, NoMetadata), default));

        Assert.Contains("exchange 'amq.mine' may not be declared: ACCESS_REFUSED", refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("queueType", "stream", "'stream' is not classic or quorum")]
    [InlineData("maxPriority", "high", "'high' is not a whole number of 0 or more")]
    [InlineData("maxLen", "-1", "'-1' is not a whole number of 0 or more")]
    public async Task Subscribe_MetadataThatCannotBeRead_NamesTheEntry(string name, string value, string reason)
    {
        var broker = await StartAsync(Kept);

        var refusal = await Assert.ThrowsAsync<ComponentException>(() => SubscribeAsync(broker, new Recorder(), new() { [name] = value }));

        Assert.Equal((ComponentFault.BadRequest, $"rabbitmq: metadata {name} of the subscription: {reason}"), (refusal.Fault, refusal.Message));
    }

    [Fact]
    public async Task Name_LongerThanAmqpAllows_IsRefusedBeforeTheBrokerClosesAnything()
    {
        var broker = await StartAsync(Kept);
        var topic = new string('é', 128);

        var publish = await Assert.ThrowsAsync<ComponentException>(() => broker.PublishAsync(new(topic, "x"u8.ToArray(), null, NoMetadata), default));

        Assert.Equal(ComponentFault.BadRequest, publish.Fault);
        Assert.Contains("longer than 255 bytes", publish.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Consumer_OfAnotherSidecarKind_SharesTheQueueAndTheTopic()
    {
        var broker = await StartAsync(Kept);
        var recorder = new Recorder();
        await using var subscription = await SubscribeAsync(broker, recorder);
        await using var channel = await ChannelAsync();
        var other = new AsyncEventingRecorder(channel);
        await channel.BasicConsumeAsync(Queue, autoAck: true, other);

        for (var n = 0; n < 20; n++)
        {
            await WriteAsync($"{n:00}");
        }

        await TestKit.Eventually.True(() => recorder.Count + other.Count == 20);
        Assert.True(recorder.Count is > 0 and < 20);
    }

    private async Task AssertExchangeAsync(string name, string kind, bool durable, bool autoDelete)
    {
        await using (var channel = await ChannelAsync())
        {
            await channel.ExchangeDeclareAsync(name, kind, durable, autoDelete);
        }

        await AssertRefusedAsync(channel => channel.ExchangeDeclareAsync(name, kind, !durable, autoDelete));
        await AssertRefusedAsync(channel => channel.ExchangeDeclareAsync(name, kind, durable, !autoDelete));
    }

    private async Task AssertQueueAsync(string name, bool durable, bool autoDelete, params (string Name, object? Value)[] arguments)
    {
        var expected = arguments.ToDictionary(item => item.Name, item => item.Value);
        await using (var channel = await ChannelAsync())
        {
            await channel.QueueDeclareAsync(name, durable, exclusive: false, autoDelete, expected);
        }

        await AssertRefusedAsync(channel => channel.QueueDeclareAsync(name, durable, exclusive: false, !autoDelete, expected));
        await AssertRefusedAsync(channel => channel.QueueDeclareAsync(
            name, durable, exclusive: false, autoDelete, new Dictionary<string, object?>(expected) { ["x-expires"] = 1_000_000 }));
    }

    /// <summary>The comparison is one: the broker does refuse what differs.</summary>
    private async Task AssertRefusedAsync(Func<IChannel, Task> declare)
    {
        var channel = await ChannelAsync();
        var refusal = await Assert.ThrowsAsync<OperationInterruptedException>(() => declare(channel));
        Assert.Equal<int?>(406, refusal.ShutdownReason?.ReplyCode);
    }

    private async Task AssertAbsentAsync(string queue)
    {
        var channel = await ChannelAsync();
        var refusal = await Assert.ThrowsAsync<OperationInterruptedException>(() => channel.QueueDeclarePassiveAsync(queue));
        Assert.Equal<int?>(404, refusal.ShutdownReason?.ReplyCode);
    }

    private async Task AssertBoundAsync(string queue, string exchange, string key)
    {
        var bindings = await Server.ControlAsync("-q", "list_bindings", "source_name", "destination_name", "routing_key");
        Assert.Contains($"{exchange}\t{queue}\t{key}", bindings.Split('\n').Select(line => line.TrimEnd('\r')));
    }

    private sealed class AsyncEventingRecorder(IChannel channel) : AsyncDefaultBasicConsumer(channel)
    {
        private int _count;

        public int Count => Volatile.Read(ref _count);

        public override Task HandleBasicDeliverAsync(
            string consumerTag, ulong deliveryTag, bool redelivered, string exchange, string routingKey, IReadOnlyBasicProperties properties,
            ReadOnlyMemory<byte> body, CancellationToken cancellationToken = default)
        {
            Interlocked.Increment(ref _count);
            return Task.CompletedTask;
        }
    }
}
