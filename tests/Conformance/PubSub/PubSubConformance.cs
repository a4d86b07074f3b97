using System.Text;
using DaprShop.TestKit;
using DaprShop.Tests.Servers;
using Sidecar.Components;
using Sidecar.Components.PubSub;

namespace DaprShop.Tests.PubSub;

/// <summary>
/// What every broker driver must do, at the least. Durable ones do more (<see cref="DurablePubSubConformance"/>), and
/// those with a server of their own survive it (<see cref="ServerPubSubConformance"/>).
/// </summary>
public abstract partial class PubSubConformance : IAsyncLifetime
{
    private static readonly Dictionary<string, string> NoMetadata = [];

    public static TheoryData<string> OddTopics =>
        ["a/b/c", "with blank", "名前", "{braces}", "colon:and#hash", "UPPER.lower_9-x", "quote'\"", "..", $"{new string('l', 200)}"];

    private protected ComponentFixture Fixture { get; } = new() { UseManualClock = false };

    private protected IPubSub Broker { get; private set; } = null!;

    private protected abstract PubSubDriver Driver { get; }

    /// <summary>Of this test alone.</summary>
    private protected string Topic { get; } = UniqueName.Next("topic");

    /// <summary>Of this test alone: some brokers know groups beyond their topics.</summary>
    private protected string Group { get; } = UniqueName.Next("app");

    public virtual async Task InitializeAsync() => Broker = await StartAsync();

    public virtual async Task DisposeAsync() => await Fixture.DeleteAsync();

    [Fact]
    public void Capabilities_OfTheDriver_AreThoseClaimed() =>
        Assert.Equal(Driver.MessageTtl, Broker.Capabilities.HasFlag(PubSubCapabilities.MessageTtl));

    [Fact]
    public async Task Publish_OneSubscriber_DeliversTheMessageAsItWas()
    {
        var recorder = NewRecorder();
        await using var subscription = await SubscribeAsync(recorder);
        byte[] data = [1, 0, 255, 2];

        await Broker.PublishAsync(
            new OutgoingMessage(Topic, data, "application/octet-stream", new Dictionary<string, string> { ["名"] = "it's \"x\"" }), default);

        await recorder.WaitForAsync(1);
        var message = Assert.Single(recorder.Messages);
        Assert.Equal(Topic, message.Topic);
        Assert.Equal(data, message.Data.ToArray());
        Assert.Equal(Driver.KeepsContentType, message.ContentType == "application/octet-stream");
        Assert.Equal(Driver.KeepsMetadata ? "it's \"x\"" : null, message.Metadata.GetValueOrDefault("名"));
    }

    [Fact]
    public async Task Publish_EmptyMessageWithoutContentType_IsDelivered()
    {
        var recorder = NewRecorder();
        await using var subscription = await SubscribeAsync(recorder);

        await Broker.PublishAsync(new OutgoingMessage(Topic, Array.Empty<byte>(), null, NoMetadata), default);

        await recorder.WaitForAsync(1);
        Assert.Equal(0, Assert.Single(recorder.Messages).Data.Length);
    }

    [Fact]
    public async Task Publish_AMebibyte_IsDeliveredWhole()
    {
        var recorder = NewRecorder();
        await using var subscription = await SubscribeAsync(recorder);
        var data = Enumerable.Range(0, 1 << 20).Select(n => (byte)(n * 31 >> 3)).ToArray();

        await Broker.PublishAsync(new OutgoingMessage(Topic, data, null, NoMetadata), default);

        await recorder.WaitForAsync(1);
        Assert.True(data.AsSpan().SequenceEqual(Assert.Single(recorder.Messages).Data.Span));
    }

    [Theory]
    [MemberData(nameof(OddTopics))]
    public async Task Publish_ToAnOddTopic_IsDeliveredOrRefusedInWords(string name)
    {
        var topic = $"{Topic}{name}";
        var recorder = NewRecorder();

        if (!Driver.AcceptsTopic(topic))
        {
            var refusal = await Assert.ThrowsAsync<ComponentException>(() => PublishAsync("no", topic));
            Assert.Contains(topic, refusal.Message, StringComparison.Ordinal);
            return;
        }

        await using var subscription = await SubscribeAsync(recorder, topic);
        await PublishAsync("odd", topic);

        Assert.Equal(["odd"], await recorder.WaitForAsync(1));
        Assert.Equal(topic, recorder.Messages[0].Topic);
    }

    [Fact]
    public async Task Publish_CallerReusesItsBuffer_DeliversTheOldBytes()
    {
        var gate = new TaskCompletionSource();
        var recorder = NewRecorder((_, _) => gate.Task);
        await using var subscription = await SubscribeAsync(recorder);
        var buffer = "first"u8.ToArray();
        await PublishAsync("blocks the handler");

        await Broker.PublishAsync(new OutgoingMessage(Topic, buffer, null, NoMetadata), default);
        Array.Fill(buffer, (byte)'x');
        gate.SetResult();

        Assert.Contains("first", await recorder.WaitForAsync(2));
    }

    [Fact]
    public async Task Publish_OtherTopic_IsNotDelivered()
    {
        var recorder = NewRecorder();
        await using var subscription = await SubscribeAsync(recorder);

        await PublishAsync("other", topic: $"{Topic}2");
        await PublishAsync("mine");

        Assert.Equal(["mine"], await recorder.WaitForAsync(1));
    }

    [Fact]
    public async Task Publish_TwoGroups_BothGetAll()
    {
        var first = NewRecorder();
        var second = NewRecorder();
        await using var one = await SubscribeAsync(first, group: $"{Group}-one");
        await using var two = await SubscribeAsync(second, group: $"{Group}-two");

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
        var recorder = NewRecorder((text, _) => text == "bad" && Interlocked.Increment(ref failures) == 1
            ? throw new InvalidOperationException("the handler fails")
            : Task.CompletedTask);
        await using var subscription = await SubscribeAsync(recorder);

        await PublishAsync("bad");
        await PublishAsync("good");

        var texts = await recorder.WaitForAsync(Driver.RedeliversAfterFailure ? 3 : 2);
        Assert.Equal(Driver.RedeliversAfterFailure ? ["bad", "bad", "good"] : ["bad", "good"], texts.Order());
    }

    [Fact]
    public async Task Unsubscribe_MessageInHand_WaitsForIt()
    {
        var entered = new TaskCompletionSource();
        var gate = new TaskCompletionSource();
        var recorder = NewRecorder(async (_, _) =>
        {
            entered.TrySetResult();
            await gate.Task;
        });
        var subscription = await SubscribeAsync(recorder);
        await PublishAsync("in hand");
        await entered.Task.WaitAsync(Driver.Patience);

        var disposal = subscription.DisposeAsync().AsTask();

        Assert.False(disposal.IsCompleted);
        gate.SetResult();
        await disposal.WaitAsync(Driver.Patience);
        await PublishAsync("after the end");
        Assert.Equal(["in hand"], recorder.Texts);
    }

    [Fact]
    public async Task Subscribe_TopicWithAStar_TakesMoreTopicsOnlyWhereClaimed()
    {
        var pattern = $"{Topic}.*";
        if (!Driver.AcceptsTopic(pattern))
        {
            await Assert.ThrowsAsync<ComponentException>(() => PublishAsync("literal", pattern));
            return;
        }

        var recorder = NewRecorder();
        await using var subscription = await SubscribeAsync(recorder, pattern);

        await PublishAsync("no: nothing follows", $"{Topic}.");
        await PublishAsync("no: another", $"x{Topic}");
        await PublishAsync("wildcard", $"{Topic}.x.y");
        await PublishAsync("literal", pattern);

        string[] expected = Broker.Capabilities.HasFlag(PubSubCapabilities.SubscribeWildcards) ? ["wildcard", "literal"] : ["literal"];
        Assert.Equal(expected, await recorder.WaitForAsync(expected.Length));
        Assert.All(recorder.Messages, message => Assert.Equal(pattern, message.Topic));
    }

    private protected Task<IPubSub> StartAsync(params (string Name, string Value)[] extra) =>
        Fixture.StartAsync<IPubSub>(Driver.Type, "app", [.. Driver.Metadata, .. extra]);

    private protected Recorder NewRecorder(Func<string, CancellationToken, Task>? then = null) =>
        new() { Then = then ?? ((_, _) => Task.CompletedTask), Patience = Driver.Patience };

    /// <summary>Returns when messages published from now on will be seen.</summary>
    private protected async Task<IAsyncDisposable> SubscribeAsync(
        Recorder recorder, string? topic = null, string? group = null, IPubSub? broker = null)
    {
        var request = new SubscribeRequest(topic ?? Topic, group ?? Group, NoMetadata);
        var subscription = await (broker ?? Broker).SubscribeAsync(request, recorder.HandleAsync, default);
        if (Driver.AttachesLate)
        {
            await Eventually.Get(() => ProbeAsync(recorder, request.Topic), attached => attached, Driver.Patience);
        }

        return subscription;
    }

    private protected Task PublishAsync(string text, string? topic = null, string? key = null) => Broker.PublishAsync(
        new OutgoingMessage(
            topic ?? Topic,
            Encoding.UTF8.GetBytes(text),
            "text/plain",
            key is null ? NoMetadata : new Dictionary<string, string> { ["partitionKey"] = key }),
        default);

    private async Task<bool> ProbeAsync(Recorder recorder, string topic)
    {
        try
        {
            await PublishAsync(Recorder.Probe, topic);
        }
        catch (ComponentException)
        {
            // A topic that is being made takes no messages yet; the next probe tells.
            return false;
        }

        return recorder.Attached;
    }
}
