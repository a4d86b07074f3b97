using System.Text;
using DaprShop.TestKit;
using DaprShop.Tests.Servers;
using RabbitMQ.Client;
using Sidecar.Components.PubSub;

namespace DaprShop.Tests.PubSub;

/// <summary>What becomes of a message after its handler, how many are in hand, and what brings a consumer back.</summary>
public sealed class RabbitMqConsumeTests : RabbitMqPubSubTests
{
    private static readonly (string, string)[] Kept = [("deletedWhenUnused", "false"), ("publisherConfirm", "true")];

    [Fact]
    public async Task Handler_Fails_DefaultDropsTheMessage()
    {
        var broker = await StartAsync(Kept);
        var recorder = new Recorder { Then = (text, _) => text == "bad" ? throw new InvalidOperationException("no") : Task.CompletedTask };
        await using var subscription = await SubscribeAsync(broker, recorder);

        await PublishAsync(broker, "bad");
        await PublishAsync(broker, "good");

        await recorder.WaitForAsync(2);
        await subscription.DisposeAsync();
        Assert.Equal((2, 0u), (recorder.Count, await ReadyAsync(Queue)));
        Assert.Contains(Logs.Lines, line => line.Contains("it is dropped: neither requeueInFailure nor enableDeadLetter is set", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Handler_Fails_WithDeadLetterGoesToItsQueueWithDaprsName()
    {
        var broker = await StartAsync([.. Kept, ("enableDeadLetter", "true")]);
        var recorder = new Recorder { Then = (_, _) => throw new InvalidOperationException("no") };
        await using var subscription = await SubscribeAsync(broker, recorder);

        await PublishAsync(broker, "bad");

        var dead = await TakeAsync($"dlq-{Queue}");
        Assert.Equal(("bad", 1), (Encoding.UTF8.GetString(dead.Body.Span), recorder.Count));
    }

    [Fact]
    public async Task Handler_Fails_WithRequeueComesAgainEvenIfThereIsADeadLetterQueue()
    {
        var broker = await StartAsync([.. Kept, ("enableDeadLetter", "true"), ("requeueInFailure", "true")]);
        var attempts = 0;
        var recorder = new Recorder { Then = (_, _) => Interlocked.Increment(ref attempts) < 5 ? throw new InvalidOperationException("no") : Task.CompletedTask };
        await using var subscription = await SubscribeAsync(broker, recorder);

        await PublishAsync(broker, "stubborn");

        await recorder.WaitForAsync(5);
        await subscription.DisposeAsync();
        Assert.Equal((5, 0u, 0u), (recorder.Count, await ReadyAsync(Queue), await ReadyAsync($"dlq-{Queue}")));
    }

    [Fact]
    public async Task AutoAck_HandlerFails_TheMessageIsGone()
    {
        var broker = await StartAsync([.. Kept, ("autoAck", "true"), ("requeueInFailure", "true"), ("enableDeadLetter", "true")]);
        var recorder = new Recorder { Then = (_, _) => throw new InvalidOperationException("no") };
        await using var subscription = await SubscribeAsync(broker, recorder);

        await PublishAsync(broker, "once");

        await recorder.WaitForAsync(1);
        await subscription.DisposeAsync();
        Assert.Equal((1, 0u, 0u), (recorder.Count, await ReadyAsync(Queue), await ReadyAsync($"dlq-{Queue}")));
    }

    [Fact]
    public async Task AutoAck_Unsubscribe_HandlesWhatTheBrokerHasForgottenAlready()
    {
        var broker = await StartAsync([.. Kept, ("autoAck", "true"), ("concurrencyMode", "single")]);
        var gate = new TaskCompletionSource();
        var recorder = new Recorder { Then = (_, _) => gate.Task };
        var subscription = await SubscribeAsync(broker, recorder);
        for (var n = 0; n < 20; n++)
        {
            await PublishAsync(broker, $"{n}");
        }

        await recorder.WaitForAsync(1);
        await Eventually.Get(() => ReadyAsync(Queue), ready => ready == 0);
        var disposal = subscription.DisposeAsync();
        gate.SetResult();
        await disposal;

        Assert.Equal(20, recorder.Count);
    }

    [Theory]
    [InlineData("prefetchCount", "4", 4u)]
    [InlineData("prefetchCount", "0", 20u)]
    public async Task Prefetch_Count_IsAllTheBrokerHandsOut(string name, string value, uint inHand)
    {
        var broker = await StartAsync([.. Kept, (name, value)]);
        var gate = new TaskCompletionSource();
        var recorder = new Recorder { Then = (_, _) => gate.Task };
        await using var subscription = await SubscribeAsync(broker, recorder);

        for (var n = 0; n < 20; n++)
        {
            await PublishAsync(broker, $"{n}");
        }

        await recorder.WaitForAsync((int)inHand);
        Assert.Equal((20 - inHand, inHand), (await ReadyAsync(Queue), (uint)recorder.Count));
        gate.SetResult();
        await recorder.WaitForAsync(20);
    }

    [Fact]
    public async Task Concurrency_Single_HandlesOneAfterTheOtherInOrder()
    {
        var broker = await StartAsync([.. Kept, ("concurrencyMode", "single")]);
        var (now, most) = (0, 0);
        var recorder = new Recorder
        {
            Then = async (_, _) =>
            {
                most = Math.Max(most, Interlocked.Increment(ref now));
                await Task.Yield();
                Interlocked.Decrement(ref now);
            },
        };
        await using var subscription = await SubscribeAsync(broker, recorder);

        for (var n = 0; n < 200; n++)
        {
            await PublishAsync(broker, $"{n}");
        }

        Assert.Equal(Enumerable.Range(0, 200).Select(n => $"{n}"), await recorder.WaitForAsync(200));
        Assert.Equal(1, most);
    }

    [Fact]
    public async Task Priority_OnAQueueThatHasThem_ComesFirst()
    {
        var broker = await StartAsync([.. Kept, ("concurrencyMode", "single"), ("prefetchCount", "1")]);
        var metadata = new Dictionary<string, string> { ["maxPriority"] = "10" };
        await (await SubscribeAsync(broker, new Recorder(), metadata)).DisposeAsync();
        await PublishAsync(broker, "low", new() { ["priority"] = "1" });
        await PublishAsync(broker, "none");
        await PublishAsync(broker, "high", new() { ["priority"] = "9" });

        var recorder = new Recorder();
        await using var subscription = await SubscribeAsync(broker, recorder, metadata);

        Assert.Equal(["high", "low", "none"], await recorder.WaitForAsync(3));
    }

    [Fact]
    public async Task Metadata_AskedFor_HoldTheMessagesPropertiesAsDaprNamesThem()
    {
        var broker = await StartAsync([.. Kept, ("publishMessagePropertiesToMetadata", "true"), ("declaredSubscribers", $"{Topic}=app")]);
        var recorder = new Recorder();
        await using var subscription = await SubscribeAsync(broker, recorder);
        var properties = new BasicProperties
        {
            MessageId = "m",
            CorrelationId = "c",
            Type = "t",
            ContentType = "text/csv",
            Headers = new Dictionary<string, object?>
            {
                ["text"] = "grün",
                ["number"] = 5L,
                ["flag"] = true,
                ["none"] = null,
                ["list"] = new List<object?> { 1, "b" },
                ["table"] = new Dictionary<string, object?> { ["b"] = 2, ["a"] = "x" },
                ["time"] = new AmqpTimestamp(0),
            },
        };
        await using (var channel = await ChannelAsync())
        {
            await channel.BasicPublishAsync(Topic, "", mandatory: false, properties, "x"u8.ToArray());
        }

        await recorder.WaitForAsync(1);
        await PublishAsync(broker, "ours");
        await recorder.WaitForAsync(2);

        Assert.Equal(
            new Dictionary<string, string>
            {
                ["metadata.messageid"] = "m",
                ["metadata.correlationid"] = "c",
                ["metadata.type"] = "t",
                ["metadata.contenttype"] = "text/csv",
                ["metadata.text"] = "grün",
                ["metadata.number"] = "5",
                ["metadata.flag"] = "true",
                ["metadata.list"] = "[1 b]",
                ["metadata.table"] = "map[a:x b:2]",
                ["metadata.time"] = "1970-01-01 00:00:00 +0000 UTC",
            }.OrderBy(item => item.Key),
            recorder.Messages[0].Metadata.OrderBy(item => item.Key));
        Assert.Equal([KeyValuePair.Create("metadata.contenttype", "text/plain")], recorder.Messages[1].Metadata);
    }

    [Fact]
    public async Task Queue_DeletedUnderTheConsumer_IsDeclaredAndConsumedAgain()
    {
        var broker = await StartAsync(Kept);
        var recorder = new Recorder();
        await using var subscription = await SubscribeAsync(broker, recorder);
        await PublishAsync(broker, "before");
        await recorder.WaitForAsync(1);

        await using (var channel = await ChannelAsync())
        {
            await channel.QueueDeleteAsync(Queue);
        }

        await Eventually.True(() => Logs.Lines.Any(line => line == $"Information: Queue {Queue} is subscribed again"));
        await PublishAsync(broker, "after");
        Assert.Equal(["before", "after"], await recorder.WaitForAsync(2));
    }

    [Fact]
    public async Task Queue_ReplacedByAnotherKind_IsSaidAgainAndAgainUntilItFits()
    {
        var broker = await StartAsync([.. Kept, ("reconnectWaitSeconds", "200ms")]);
        var recorder = new Recorder();
        await using var subscription = await SubscribeAsync(broker, recorder);
        await using var channel = await ChannelAsync();
        await channel.QueueDeleteAsync(Queue);
        await Eventually.True(() => Logs.Lines.Any(line => line == $"Information: Queue {Queue} is subscribed again"));

        // Deleted and declared by somebody else in one breath: a race that the subscription may win now and then.
        await Eventually.Get<Exception?>(
            async () =>
            {
                await using var other = await ChannelAsync();
                await other.QueueDeleteAsync(Queue);
                return await Record.ExceptionAsync(() => other.QueueDeclareAsync(Queue, durable: false, exclusive: false, autoDelete: false));
            },
            failure => failure is null);

        await Eventually.True(() => Logs.Lines.Count(line => line.Contains("cannot be declared with the component's settings", StringComparison.Ordinal)) > 2);
        await channel.QueueDeleteAsync(Queue);
        await Eventually.Get(async () => await Record.ExceptionAsync(() => ReadyAsync(Queue)) is null, there => there);
        await PublishAsync(broker, "fits again");
        Assert.Contains("fits again", await recorder.WaitForAsync(1));
    }

    [Fact]
    public async Task Connections_ClosedByAnOperator_ComeBackAndNothingIsLost()
    {
        var broker = await StartAsync(Kept);
        var recorder = new Recorder();
        await using var subscription = await SubscribeAsync(broker, recorder);
        await PublishAsync(broker, "before");
        await recorder.WaitForAsync(1);

        // Only this test's: others use the broker too.
        var mine = (await Server.ControlAsync("-q", "list_consumers", "queue_name", "channel_pid")).Split('\n').Single(line => line.StartsWith(Queue, StringComparison.Ordinal));
        var channelPid = mine.Split('\t')[1].Trim();
        await Server.ControlAsync("eval", $"rabbit_networking:close_connection(proplists:get_value(connection, rabbit_channel:info(rabbit_misc:string_to_pid(\"{channelPid}\"))), \"test\").");

        await Eventually.True(() => Logs.Lines.Any(line => line == $"Information: Queue {Queue} is subscribed again"));
        await PublishAsync(broker, "after");
        Assert.Equal(["before", "after"], await recorder.WaitForAsync(2));
        Assert.Contains(Logs.Lines, line => line.Contains("to consume was lost: CONNECTION_FORCED", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Component_Disposed_EndsItsSubscriptionsAndLeavesTheOthers()
    {
        var fixture = new ComponentFixture { UseManualClock = false, Loggers = Logs };
        var address = ("hostname", $"127.0.0.1:{Server.Port}");
        var one = await fixture.StartAsync<IPubSub>("pubsub.rabbitmq", "one", [address, .. Kept]);
        var two = await fixture.StartAsync<IPubSub>("pubsub.rabbitmq", "two", [address, .. Kept]);
        var recorder = new Recorder();
        await SubscribeAsync(one, new Recorder(), group: "one");
        await using var subscription = await SubscribeAsync(two, recorder, group: "two");

        await one.DisposeAsync();
        await PublishAsync(two, "still there");

        Assert.Equal(["still there"], await recorder.WaitForAsync(1));
        await using var channel = await ChannelAsync();
        Assert.Equal((0u, 1u), (await channel.ConsumerCountAsync($"one-{Topic}"), await channel.ConsumerCountAsync($"two-{Topic}")));
        await fixture.DeleteAsync();
    }
}
