using System.Text;
using DaprShop.TestKit;
using Sidecar.Components.PubSub;

namespace DaprShop.Tests.PubSub;

/// <summary>What every broker driver must do, at the least. Durable ones do more: see <see cref="DurablePubSubConformance"/>.</summary>
public abstract class PubSubConformance : IAsyncLifetime
{
    private protected ComponentFixture Fixture { get; } = new() { UseManualClock = false };

    private protected IPubSub Broker { get; private set; } = null!;

    private protected abstract PubSubDriver Driver { get; }

    public async Task InitializeAsync() => Broker = await StartAsync();

    public async Task DisposeAsync() => await Fixture.DeleteAsync();

    [Fact]
    public async Task Publish_OneSubscriber_DeliversTheMessageAsItWas()
    {
        var recorder = new Recorder();
        await using var subscription = await SubscribeAsync(recorder);
        byte[] data = [1, 0, 255, 2];

        await Broker.PublishAsync(
            new OutgoingMessage("topic", data, "application/octet-stream", new Dictionary<string, string> { ["名"] = "it's \"x\"" }), default);

        await recorder.WaitForAsync(1);
        var message = Assert.Single(recorder.Messages);
        Assert.Equal(("topic", "application/octet-stream"), (message.Topic, message.ContentType));
        Assert.Equal(data, message.Data.ToArray());
        Assert.Equal(("名", "it's \"x\""), (Assert.Single(message.Metadata).Key, message.Metadata["名"]));
    }

    [Fact]
    public async Task Publish_EmptyMessageWithoutContentType_IsDelivered()
    {
        var recorder = new Recorder();
        await using var subscription = await SubscribeAsync(recorder);

        await Broker.PublishAsync(new OutgoingMessage("topic", Array.Empty<byte>(), null, new Dictionary<string, string>()), default);

        await recorder.WaitForAsync(1);
        var message = Assert.Single(recorder.Messages);
        Assert.Equal((0, null), (message.Data.Length, message.ContentType));
        Assert.Empty(message.Metadata);
    }

    [Fact]
    public async Task Publish_CallerReusesItsBuffer_DeliversTheOldBytes()
    {
        var gate = new TaskCompletionSource();
        var recorder = new Recorder { Then = (_, _) => gate.Task };
        await using var subscription = await SubscribeAsync(recorder);
        var buffer = "first"u8.ToArray();
        await PublishAsync("blocks the handler");

        await Broker.PublishAsync(new OutgoingMessage("topic", buffer, null, new Dictionary<string, string>()), default);
        Array.Fill(buffer, (byte)'x');
        gate.SetResult();

        Assert.Contains("first", await recorder.WaitForAsync(2));
    }

    [Fact]
    public async Task Publish_OtherTopic_IsNotDelivered()
    {
        var recorder = new Recorder();
        await using var subscription = await SubscribeAsync(recorder);

        await PublishAsync("other", topic: "topic2");
        await PublishAsync("mine");

        Assert.Equal(["mine"], await recorder.WaitForAsync(1));
    }

    [Fact]
    public async Task Publish_TwoGroups_BothGetAll()
    {
        var first = new Recorder();
        var second = new Recorder();
        await using var one = await SubscribeAsync(first, group: "one");
        await using var two = await SubscribeAsync(second, group: "two");

        foreach (var text in new[] { "a", "b", "c" })
        {
            await PublishAsync(text);
        }

        Assert.Equal(["a", "b", "c"], (await first.WaitForAsync(3)).Order());
        Assert.Equal(["a", "b", "c"], (await second.WaitForAsync(3)).Order());
    }

    [Fact]
    public async Task Handler_FailingOnce_FollowsTheDriver()
    {
        var failures = 0;
        var recorder = new Recorder
        {
            Then = (text, _) => text == "bad" && Interlocked.Increment(ref failures) == 1
                ? throw new InvalidOperationException("the handler fails")
                : Task.CompletedTask,
        };
        await using var subscription = await SubscribeAsync(recorder);

        await PublishAsync("bad");
        await PublishAsync("good");

        var texts = await recorder.WaitForAsync(Driver.AtLeastOnce ? 3 : 2);
        Assert.Equal(Driver.AtLeastOnce ? ["bad", "bad", "good"] : ["bad", "good"], texts.Order());
    }

    [Fact]
    public async Task Unsubscribe_MessageInHand_WaitsForIt()
    {
        var entered = new TaskCompletionSource();
        var gate = new TaskCompletionSource();
        var recorder = new Recorder
        {
            Then = async (_, _) =>
            {
                entered.TrySetResult();
                await gate.Task;
            },
        };
        var subscription = await SubscribeAsync(recorder);
        await PublishAsync("in hand");
        await entered.Task.WaitAsync(TimeSpan.FromSeconds(30));

        var disposal = subscription.DisposeAsync().AsTask();

        Assert.False(disposal.IsCompleted);
        gate.SetResult();
        await disposal.WaitAsync(TimeSpan.FromSeconds(30));
        await PublishAsync("after the end");
        Assert.Equal(["in hand"], recorder.Texts);
    }

    [Fact]
    public async Task Subscribe_TopicWithAStar_TakesMoreTopicsOnlyWhereClaimed()
    {
        var recorder = new Recorder();
        await using var subscription = await SubscribeAsync(recorder, topic: "orders.*");

        await PublishAsync("no: nothing follows", topic: "orders.");
        await PublishAsync("no: another", topic: "order.x");
        await PublishAsync("wildcard", topic: "orders.x.y");
        await PublishAsync("literal", topic: "orders.*");

        string[] expected = Broker.Capabilities.HasFlag(PubSubCapabilities.SubscribeWildcards) ? ["wildcard", "literal"] : ["literal"];
        Assert.Equal(expected, await recorder.WaitForAsync(expected.Length));
        Assert.All(recorder.Messages, message => Assert.Equal("orders.*", message.Topic));
    }

    private protected Task<IPubSub> StartAsync(params (string Name, string Value)[] extra) =>
        Fixture.StartAsync<IPubSub>(Driver.Type, "app", [.. Driver.Metadata, .. extra]);

    private protected Task<IAsyncDisposable> SubscribeAsync(Recorder recorder, string topic = "topic", string group = "app", IPubSub? broker = null) =>
        (broker ?? Broker).SubscribeAsync(new SubscribeRequest(topic, group, new Dictionary<string, string>()), recorder.HandleAsync, default);

    private protected Task PublishAsync(string text, string topic = "topic") => Broker.PublishAsync(
        new OutgoingMessage(topic, Encoding.UTF8.GetBytes(text), "text/plain", new Dictionary<string, string>()), default);
}
