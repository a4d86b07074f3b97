using System.Globalization;
using DaprShop.TestKit;
using DaprShop.Tests.Servers;
using DaprShop.Tests.Wire;

namespace DaprShop.Tests.PubSub;

/// <summary>Handlers that fail, consumers that leave in the middle and processes that die: nothing goes astray.</summary>
public abstract partial class DurablePubSubConformance
{
    [Fact]
    public async Task Handler_FailingSeveralTimes_GetsTheMessageUntilItSucceedsWhereClaimed()
    {
        var attempts = 0;
        var recorder = NewRecorder((text, _) => text == "stubborn" && Interlocked.Increment(ref attempts) < 4
            ? throw new InvalidOperationException("not yet")
            : Task.CompletedTask);
        await using var subscription = await SubscribeAsync(recorder);

        await PublishAsync("stubborn");

        var times = Driver.RedeliversAfterFailure ? 4 : 1;
        Assert.Equal(Enumerable.Repeat("stubborn", times), await recorder.WaitForAsync(times));
        await PublishAsync("next");
        Assert.Equal("next", (await recorder.WaitForAsync(times + 1))[^1]);
        Assert.Equal(times + 1, recorder.Count);
    }

    [Fact]
    public async Task Unsubscribe_TakenButNotBegun_GoesToTheNextConsumerAtOnce()
    {
        var broker = await StartAsync([.. Driver.Serial, .. Driver.LongLease]);
        var entered = new TaskCompletionSource();
        var gate = new TaskCompletionSource();
        var first = NewRecorder(async (_, _) =>
        {
            entered.TrySetResult();
            await gate.Task;
        });
        var leaving = await SubscribeAsync(first, broker: broker);
        await PublishAsync("in hand", key: "one");
        await PublishAsync("behind it", key: "one");
        await entered.Task.WaitAsync(Driver.Patience);

        var disposal = leaving.DisposeAsync();
        gate.SetResult();
        await disposal;

        var second = NewRecorder();
        await using var subscription = await SubscribeAsync(second, broker: broker);
        Assert.Equal(["behind it"], await second.WaitForAsync(1));
        Assert.Equal(["in hand"], first.Texts);
    }

    [Fact]
    public async Task Handler_CanceledWhileStopping_LeavesTheMessageToOthers()
    {
        var broker = await StartAsync(Driver.LongLease);
        var entered = new TaskCompletionSource();
        using var stop = new CancellationTokenSource();
        var first = NewRecorder(async (_, _) =>
        {
            entered.TrySetResult();
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, stop.Token);
        });
        var leaving = await SubscribeAsync(first, broker: broker);
        await PublishAsync("not finished");
        await entered.Task.WaitAsync(Driver.Patience);

        var disposal = leaving.DisposeAsync();
        await stop.CancelAsync();
        await disposal;

        var second = NewRecorder();
        await using var subscription = await SubscribeAsync(second, broker: broker);
        Assert.Equal(["not finished"], await second.WaitForAsync(1));
    }

    [Fact]
    public async Task Unsubscribe_AgainAndAgainUnderLoad_LosesNoMessage()
    {
        var sent = Enumerable.Range(0, 500).Select(n => $"{n:000}").ToArray();
        var recorder = NewRecorder();
        var subscription = await SubscribeAsync(recorder);

        var publishing = Parallel.ForEachAsync(sent, new ParallelOptions { MaxDegreeOfParallelism = 4 }, async (text, _) => await PublishAsync(text));
        for (var turn = 1; turn <= 4; turn++)
        {
            await recorder.WaitForAsync(turn * 50);
            await subscription.DisposeAsync();
            subscription = await SubscribeAsync(recorder);
        }

        await publishing;
        await Eventually.True(() => recorder.Texts.Distinct().Count() == sent.Length, Driver.Patience);
        Assert.Equal(sent, recorder.Texts.Distinct().Order());
        await subscription.DisposeAsync();
    }

    [Fact]
    public async Task Sidecar_KilledWithMessagesInHand_IsRelievedByAnother()
    {
        await using var mute = await FakeApp.StartAsync(Acknowledge);
        mute.Hold = request => request.Target == "/events" ? Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System) : Task.CompletedTask;
        await using var sound = await FakeApp.StartAsync(Acknowledge);
        await using var victim = await ChildSidecar.StartAsync(Fixture.Directory, Group, mute, Component, Subscriptions);
        await using var heir = await ChildSidecar.StartAsync(Fixture.Directory, Group, sound, Component, Subscriptions);
        var sent = 0;

        // Both take part before one dies. They publish in turn: where subscribers compete, a sidecar is quick to fetch what it has published itself.
        await Eventually.Get(
            async () =>
            {
                var publisher = sent % 2 == 0 ? victim : heir;
                Assert.Equal("204", await publisher.Http.SendTextAsync("POST", $"/v1.0/publish/pubsub/{Topic}", $"\"{sent++}\""));
                return (Mute: To(mute, "/events").Count, Sound: To(sound, "/events").Count);
            },
            have => have is { Mute: > 0, Sound: > 0 },
            Driver.Patience);
        await victim.KillAsync();

        var expected = Enumerable.Range(0, sent).Select(n => n.ToString(CultureInfo.InvariantCulture)).Order();
        await Eventually.Get(
            () => To(sound, "/events").Select(item => item.Data).Distinct().Count(), count => count == sent, Driver.Patience);
        Assert.Equal(expected, To(sound, "/events").Select(item => item.Data).Distinct().Order());

        static AppAnswer Acknowledge(AppRequest request) => new(request.Target == "/events" ? 200 : 404);
    }
}
