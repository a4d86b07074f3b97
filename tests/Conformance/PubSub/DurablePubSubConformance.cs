using DaprShop.TestKit;

namespace DaprShop.Tests.PubSub;

/// <summary>At least once, across handlers that fail, consumers that vanish and processes that end.</summary>
public abstract class DurablePubSubConformance : PubSubConformance
{
    [Fact]
    public async Task Group_TwoConsumers_ShareTheMessagesEachOnce()
    {
        var first = new Recorder();
        var second = new Recorder();
        await using var one = await SubscribeAsync(first);
        await using var two = await SubscribeAsync(second);
        var sent = Enumerable.Range(0, 400).Select(n => $"{n:000}").ToArray();

        await Task.WhenAll(sent.Select(text => PublishAsync(text)));

        await Eventually.True(() => first.Texts.Count + second.Texts.Count >= sent.Length);
        Assert.Equal(sent, first.Texts.Concat(second.Texts).Order());
    }

    [Fact]
    public async Task Concurrency_One_KeepsTheOrderOfTheTopic()
    {
        var broker = await StartAsync(("concurrency", "1"), ("queueDepth", "7"));
        var recorder = new Recorder();
        await using var subscription = await SubscribeAsync(recorder, broker: broker);
        var sent = Enumerable.Range(0, 200).Select(n => $"{n}").ToArray();

        foreach (var text in sent)
        {
            await PublishAsync(text);
        }

        Assert.Equal(sent, await recorder.WaitForAsync(sent.Length));
    }

    [Fact]
    public async Task Concurrency_Several_HandlesThatManyAtOnceAndNoMore()
    {
        var broker = await StartAsync(("concurrency", "3"));
        var gate = new TaskCompletionSource();
        var recorder = new Recorder { Then = (_, _) => gate.Task };
        await using var subscription = await SubscribeAsync(recorder, broker: broker);

        await Task.WhenAll(Enumerable.Range(0, 8).Select(n => PublishAsync($"{n}")));

        await recorder.WaitForAsync(3);
        Assert.Equal(3, recorder.Texts.Count);
        gate.SetResult();
        await recorder.WaitForAsync(8);
    }

    [Fact]
    public async Task Publish_WhileNoConsumerRuns_IsDeliveredWhenItComesBack()
    {
        await using (await SubscribeAsync(new Recorder()))
        {
        }

        await PublishAsync("while away");

        var recorder = new Recorder();
        await using var subscription = await SubscribeAsync(recorder);
        Assert.Equal(["while away"], await recorder.WaitForAsync(1));
    }

    [Fact]
    public async Task Group_ThatComesLate_GetsTheRetainedMessages()
    {
        var early = new Recorder();
        await using var one = await SubscribeAsync(early, group: "early");
        await PublishAsync("old");
        await early.WaitForAsync(1);

        var late = new Recorder();
        await using var two = await SubscribeAsync(late, group: "late");

        Assert.Equal(["old"], await late.WaitForAsync(1));
    }

    [Fact]
    public async Task Reopen_AcknowledgedMessages_DoNotComeAgain()
    {
        var before = new Recorder();
        await using (await SubscribeAsync(before))
        {
            await PublishAsync("done");
            await before.WaitForAsync(1);
        }

        await PublishAsync("new");
        await Fixture.StopAsync();
        await InitializeAsync();

        var after = new Recorder();
        await using var subscription = await SubscribeAsync(after);
        Assert.Equal(["new"], await after.WaitForAsync(1));
    }

    [Fact]
    public async Task Handler_FailingSeveralTimes_GetsTheMessageUntilItSucceeds()
    {
        var attempts = 0;
        var recorder = new Recorder
        {
            Then = (_, _) => Interlocked.Increment(ref attempts) < 4 ? throw new InvalidOperationException("not yet") : Task.CompletedTask,
        };
        await using var subscription = await SubscribeAsync(recorder);

        await PublishAsync("stubborn");

        Assert.Equal(["stubborn", "stubborn", "stubborn", "stubborn"], await recorder.WaitForAsync(4));
        await PublishAsync("next");
        Assert.Equal("next", (await recorder.WaitForAsync(5))[^1]);
        Assert.Equal(5, recorder.Texts.Count);
    }

    [Fact]
    public async Task Unsubscribe_ClaimedButNotBegun_GoesToTheNextConsumerAtOnce()
    {
        var broker = await StartAsync(("concurrency", "1"), ("processingTimeout", "1h"));
        var entered = new TaskCompletionSource();
        var gate = new TaskCompletionSource();
        var first = new Recorder
        {
            Then = async (_, _) =>
            {
                entered.TrySetResult();
                await gate.Task;
            },
        };
        var leaving = await SubscribeAsync(first, broker: broker);
        await PublishAsync("in hand");
        await PublishAsync("behind it");
        await entered.Task.WaitAsync(TimeSpan.FromSeconds(30));

        var disposal = leaving.DisposeAsync();
        gate.SetResult();
        await disposal;

        var second = new Recorder();
        await using var subscription = await SubscribeAsync(second, broker: broker);
        Assert.Equal(["behind it"], await second.WaitForAsync(1));
        Assert.Equal(["in hand"], first.Texts);
    }

    [Fact]
    public async Task Handler_CanceledWhileStopping_LeavesTheMessageToOthers()
    {
        var entered = new TaskCompletionSource();
        using var stop = new CancellationTokenSource();
        var first = new Recorder
        {
            Then = async (_, _) =>
            {
                entered.TrySetResult();
                await Task.Delay(Timeout.Infinite, stop.Token);
            },
        };
        var leaving = await SubscribeAsync(first);
        await PublishAsync("not finished");
        await entered.Task.WaitAsync(TimeSpan.FromSeconds(30));

        var disposal = leaving.DisposeAsync();
        await stop.CancelAsync();
        await disposal;

        var second = new Recorder();
        await using var subscription = await SubscribeAsync(second);
        Assert.Equal(["not finished"], await second.WaitForAsync(1));
    }

    [Fact]
    public async Task Publish_FiveThousandToTwoGroups_LosesNone()
    {
        var one = new Recorder();
        var two = new Recorder();
        await using var first = await SubscribeAsync(one, group: "one");
        await using var second = await SubscribeAsync(two, group: "two");
        var sent = Enumerable.Range(0, 5000).Select(n => $"{n:0000}").ToArray();

        await Parallel.ForEachAsync(sent, new ParallelOptions { MaxDegreeOfParallelism = 64 }, async (text, _) => await PublishAsync(text));

        var deadline = TimeSpan.FromSeconds(60);
        await Eventually.True(() => one.Messages.Count >= sent.Length && two.Messages.Count >= sent.Length, deadline);
        Assert.Equal(sent, one.Texts.Order());
        Assert.Equal(sent, two.Texts.Order());
    }
}
