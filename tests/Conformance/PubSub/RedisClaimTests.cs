using DaprShop.TestKit;
using DaprShop.Tests.Servers;

namespace DaprShop.Tests.PubSub;

/// <summary>Pending entries: whose they are, who may take them over and when. The processing timeout is 1 s here.</summary>
public sealed class RedisClaimTests(SharedRedis redis) : RedisPubSubTests(redis), IClassFixture<SharedRedis>
{
    [Fact]
    public async Task Pending_LeftBySomeoneSilent_IsTakenOverOnceIdle()
    {
        var broker = await StartAsync(("queueDepth", "5"));
        await (await SubscribeAsync(broker, new Recorder())).DisposeAsync();
        var sent = Enumerable.Range(0, 23).Select(n => $"{n:00}").ToArray();
        Array.ForEach(sent, text => Write(text));
        Assert.Equal(23, Take(100).Length);
        var recorder = new Recorder();

        await using var subscription = await SubscribeAsync(broker, recorder);

        Assert.Equal(sent, (await recorder.WaitForAsync(sent.Length)).Order());
        await Eventually.True(() => PendingCount() == 0);
        Assert.Equal(sent.Length, recorder.Count);
    }

    [Fact]
    public async Task Pending_NotYetIdle_StaysWithItsHolder()
    {
        var broker = await StartAsync(("processingTimeout", "1h"));
        await (await SubscribeAsync(broker, new Recorder())).DisposeAsync();
        Write("in the other's hand");
        var taken = Assert.Single(Take(1));
        var recorder = new Recorder();

        await using var subscription = await SubscribeAsync(broker, recorder);
        Write("new");
        await recorder.WaitForAsync(1);
        Oracle.Execute("XACK", Topic, "app", taken);

        Assert.Equal(["new"], recorder.Texts);
        await Eventually.True(() => PendingCount() == 0);
    }

    [Fact]
    public async Task Pending_EntryTrimmedAway_IsRemovedFromTheGroup()
    {
        var broker = await StartAsync();
        await (await SubscribeAsync(broker, new Recorder())).DisposeAsync();
        Write("trimmed");
        var taken = Assert.Single(Take(1));
        Oracle.Execute("XDEL", Topic, taken);
        var recorder = new Recorder();

        await using var subscription = await SubscribeAsync(broker, recorder);

        await Eventually.True(() => PendingCount() == 0);
        Write("goes on");
        Assert.Equal(["goes on"], await recorder.WaitForAsync(1));
    }

    [Fact]
    public async Task Handler_LongerThanTheTimeoutAndDeafToIt_RunsOnceInThisSidecar()
    {
        var broker = await StartAsync();
        var gate = new TaskCompletionSource();
        var recorder = new Recorder { Then = (_, _) => gate.Task };
        await using var subscription = await SubscribeAsync(broker, recorder);
        var id = Write("long");
        await recorder.WaitForAsync(1);

        await Eventually.True(() => IdleOf(id) > TimeSpan.FromSeconds(2));
        gate.SetResult();

        await Eventually.True(() => PendingCount() == 0);
        Assert.Equal(["long"], recorder.Texts);
    }

    [Fact]
    public async Task Handler_CancelledByTheTimeout_LeavesTheEntryWhichComesAgain()
    {
        var broker = await StartAsync();
        var times = 0;
        var recorder = new Recorder
        {
            Then = (_, token) => Interlocked.Increment(ref times) == 1 ? Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, token) : Task.CompletedTask,
        };
        await using var subscription = await SubscribeAsync(broker, recorder);

        Write("slow at first");

        Assert.Equal(["slow at first", "slow at first"], await recorder.WaitForAsync(2));
        await Eventually.True(() => PendingCount() == 0);
        Assert.Contains(Logs.Lines, line => line.Contains("was not finished in group app within the processing timeout of 00:00:01", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Entries_WaitingBehindSlowHandlers_AreNotTakenByAnotherSidecar()
    {
        // Twelve of 1 s each: the last waits twice the processing timeout for the one worker. A busy machine, too, keeps within the timeout.
        var busy = await StartAsync(("concurrency", "1"), ("processingTimeout", "5s"));
        var first = new Recorder { Then = (_, token) => Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System, token) };
        await using var one = await SubscribeAsync(busy, first);
        var sent = Enumerable.Range(0, 12).Select(n => $"{n:00}").ToArray();
        Array.ForEach(sent, text => Write(text));
        await first.WaitForAsync(1);
        var idle = await StartAsync(("processingTimeout", "5s"));
        var second = new Recorder();
        await using var two = await SubscribeAsync(idle, second);

        await Eventually.True(() => first.Count + second.Count >= sent.Length && PendingCount() == 0);

        Assert.Equal(sent, first.Texts.Concat(second.Texts).Order());
    }

    [Fact]
    public async Task Stop_EntriesNotBegun_LookIdleAtOnceToADaprdOfTheApp()
    {
        var broker = await StartAsync(("concurrency", "1"), ("processingTimeout", "1h"));
        var gate = new TaskCompletionSource();
        var recorder = new Recorder { Then = (_, _) => gate.Task };
        var subscription = await SubscribeAsync(broker, recorder);
        Write("begun");
        var waiting = Write("waiting");
        await recorder.WaitForAsync(1);
        await Eventually.True(() => PendingCount() == 2);

        var stop = subscription.DisposeAsync().AsTask();

        await Eventually.True(() => IdleOf(waiting) >= TimeSpan.FromHours(1));
        gate.SetResult();
        await stop;
        var claimed = Entries(Oracle.Execute("XCLAIM", Topic, "app", "app", 3_600_000, waiting));
        Assert.Equal("waiting", Assert.Single(claimed).Fields[1]);
        Assert.Equal(["begun"], recorder.Texts);
    }

    [Fact]
    public async Task Stop_WhileWaitingForEntries_TakesNotTheWholeReadTimeout()
    {
        var broker = await StartAsync(("readTimeout", "60s"));
        var recorder = new Recorder();
        var subscription = await SubscribeAsync(broker, recorder);
        Write("x");
        await recorder.WaitForAsync(1);

        await subscription.DisposeAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(40));

        Assert.Equal(0, PendingCount());
    }

    private TimeSpan IdleOf(string id)
    {
        var pending = (StackExchange.Redis.RedisResult[])Oracle.Execute("XPENDING", Topic, "app", id, id, 1);
        return pending.Length == 0 ? TimeSpan.Zero : TimeSpan.FromMilliseconds((long)((StackExchange.Redis.RedisResult[])pending[0])[2]);
    }
}
