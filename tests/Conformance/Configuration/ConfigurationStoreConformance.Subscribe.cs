using DaprShop.TestKit;
using Sidecar.Components.Configuration;

namespace DaprShop.Tests.Configuration;

public abstract partial class ConfigurationStoreConformance
{
    [Fact]
    public async Task Subscribe_OneKey_TellsOfItAndOfNoOther()
    {
        await PutAsync("key", "before");
        var recorder = new ChangeRecorder();
        using var subscription = await Store.SubscribeAsync(["key"], recorder.HandleAsync, default);

        await PutAsync("other", "1");
        await PutAsync("key", "after", "v2");

        await recorder.WaitForAsync("key=after");
        Assert.Equal(["key=after"], recorder.Texts.Distinct());
        Assert.Equal(Driver.WriterGivesTheVersion ? "v2" : "3", recorder.Changes[0].Item.Version);
    }

    [Fact]
    public async Task Subscribe_SeveralKeys_TellsOfEach()
    {
        var recorder = new ChangeRecorder();
        using var subscription = await Store.SubscribeAsync(["a", "b", "a"], recorder.HandleAsync, default);

        await PutAsync("a", "1");
        await PutAsync("c", "1");
        await PutAsync("b", "2");

        await recorder.WaitForAsync("a=1");
        await recorder.WaitForAsync("b=2");
        Assert.DoesNotContain("c=1", recorder.Texts);
    }

    [Fact]
    public async Task Subscribe_NoKeys_TellsOfEveryKey()
    {
        await PutAsync("old", "1");
        var recorder = new ChangeRecorder();
        using var subscription = await Store.SubscribeAsync([], recorder.HandleAsync, default);

        await PutAsync("new", "1");
        await PutAsync("old", "2");

        await recorder.WaitForAsync("new=1");
        await recorder.WaitForAsync("old=2");
        Assert.DoesNotContain("old=1", recorder.Texts);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Subscribe_DeletedKey_ArrivesAsAnEmptyItem(bool byName)
    {
        await PutAsync("key", "value");
        var recorder = new ChangeRecorder();
        using var subscription = await Store.SubscribeAsync(byName ? ["key"] : [], recorder.HandleAsync, default);

        await DeleteAsync("key");

        await recorder.WaitForAsync("key=");
        Assert.Equal(("key", ConfigurationItem.Deleted), Assert.Single(recorder.Changes));
    }

    [Fact]
    public async Task Subscribe_DeletedAndMadeAgain_EndsWithTheNewValue()
    {
        await PutAsync("key", "value");
        var recorder = new ChangeRecorder();
        using var subscription = await Store.SubscribeAsync(["key"], recorder.HandleAsync, default);

        await DeleteAsync("key");
        await PutAsync("key", "again");

        await recorder.WaitForAsync("key=again");
        Assert.Equal("key=again", recorder.Texts[^1]);
    }

    [Fact]
    public async Task Subscribe_SameValueWrittenAgain_IsTold()
    {
        await PutAsync("key", "same");
        var recorder = new ChangeRecorder();
        using var subscription = await Store.SubscribeAsync(["key"], recorder.HandleAsync, default);

        await PutAsync("key", "same");

        await recorder.WaitForAsync("key=same");
    }

    [Fact]
    public async Task Subscribe_ManyChangesQuickly_EndsWithTheLastOfEachKey()
    {
        var recorder = new ChangeRecorder();
        using var subscription = await Store.SubscribeAsync([], recorder.HandleAsync, default);

        await PutAllAsync(Enumerable.Range(1, 1000).Select(n => ($"key{n % 10}", $"{n}")));

        foreach (var last in Enumerable.Range(991, 10))
        {
            await recorder.WaitForAsync($"key{last % 10}={last}");
        }

        var ends = recorder.Changes.GroupBy(change => change.Key).ToDictionary(group => group.Key, group => group.Last().Item.Value);
        Assert.Equal(Enumerable.Range(991, 10).Select(n => $"{n}").Order(StringComparer.Ordinal), ends.Values.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Subscribe_HandlerSlowerThanTheChanges_GetsTheLastWithoutAllBetween()
    {
        var gate = new TaskCompletionSource();
        var recorder = new ChangeRecorder { Then = token => gate.Task.WaitAsync(token) };
        var witness = new ChangeRecorder();
        using var subscription = await Store.SubscribeAsync(["key"], recorder.HandleAsync, default);
        using var other = await Store.SubscribeAsync(["end"], witness.HandleAsync, default);
        await PutAsync("key", "first");
        await recorder.WaitForAsync("key=first");

        await PutAllAsync(Enumerable.Range(1, 500).Select(n => ("key", $"{n}")));
        // The store has heard of the changes up to here, and so of all of them, before the handler goes on.
        await PutAsync("end", "1");
        await witness.WaitForAsync("end=1");
        var callsMeanwhile = recorder.Calls;
        gate.SetResult();

        await recorder.WaitForAsync("key=500");
        Assert.Equal(1, callsMeanwhile);
        Assert.InRange(recorder.Calls, 2, 10);
        Assert.Equal("key=500", recorder.Texts[^1]);
    }

    [Fact]
    public async Task Subscribe_TwoSubscribersOfTwoSidecars_BothAreTold()
    {
        var second = await StartAsync("second");
        var recorders = (ChangeRecorder[])[new(), new(), new()];
        using var one = await Store.SubscribeAsync(["key"], recorders[0].HandleAsync, default);
        using var two = await Store.SubscribeAsync([], recorders[1].HandleAsync, default);
        using var three = await second.SubscribeAsync(["key"], recorders[2].HandleAsync, default);

        await PutAsync("key", "value");

        foreach (var recorder in recorders)
        {
            await recorder.WaitForAsync("key=value");
        }
    }

    [Fact]
    public async Task Handler_ThatFails_IsToldOfTheNextChange()
    {
        var recorder = new ChangeRecorder();
        recorder.Then = _ => recorder.Calls == 1 ? throw new InvalidOperationException("not today") : Task.CompletedTask;
        using var subscription = await Store.SubscribeAsync(["key"], recorder.HandleAsync, default);
        await PutAsync("key", "1");
        await recorder.WaitForAsync("key=1");

        await PutAsync("key", "2");

        await recorder.WaitForAsync("key=2");
    }

    [Fact]
    public async Task Unsubscribe_Done_NoMoreIsTold()
    {
        var (ended, witness) = (new ChangeRecorder(), new ChangeRecorder());
        var subscription = await Store.SubscribeAsync(["key"], ended.HandleAsync, default);
        using var other = await Store.SubscribeAsync(["key"], witness.HandleAsync, default);
        await PutAsync("key", "1");
        await ended.WaitForAsync("key=1");

        subscription.Dispose();
        subscription.Dispose();
        await PutAsync("key", "2");
        await witness.WaitForAsync("key=2");
        await PutAsync("key", "3");
        await witness.WaitForAsync("key=3");

        Assert.Equal(["key=1"], ended.Texts.Distinct());
    }

    [Fact]
    public async Task Unsubscribe_WhileTheHandlerRuns_LetsItFinishAndCallsItNoMore()
    {
        var (gate, finished) = (new TaskCompletionSource(), new TaskCompletionSource());
        var (ended, witness) = (new ChangeRecorder(), new ChangeRecorder());
        ended.Then = async token =>
        {
            await gate.Task.WaitAsync(token);
            finished.SetResult();
        };
        var subscription = await Store.SubscribeAsync(["key"], ended.HandleAsync, default);
        using var other = await Store.SubscribeAsync(["key"], witness.HandleAsync, default);
        await PutAsync("key", "1");
        await ended.WaitForAsync("key=1");
        await PutAsync("key", "2");
        await witness.WaitForAsync("key=2");

        subscription.Dispose();
        gate.SetResult();
        await finished.Task.WaitAsync(TimeSpan.FromSeconds(60));
        await PutAsync("key", "3");
        await witness.WaitForAsync("key=3");

        Assert.Equal(["key=1"], ended.Texts);
    }

    [Fact]
    public async Task Unsubscribe_FromWithinTheHandler_DoesNotWaitForIt()
    {
        var disposed = new TaskCompletionSource();
        var subscribed = new TaskCompletionSource<IDisposable>();
        var recorder = new ChangeRecorder
        {
            Then = async _ =>
            {
                (await subscribed.Task).Dispose();
                disposed.SetResult();
            },
        };
        subscribed.SetResult(await Store.SubscribeAsync(["key"], recorder.HandleAsync, default));

        await PutAsync("key", "1");

        await disposed.Task.WaitAsync(TimeSpan.FromSeconds(60));
    }

    [Fact]
    public async Task Close_WhileAHandlerRuns_CancelsItAndEnds()
    {
        var cancelled = new TaskCompletionSource();
        var recorder = new ChangeRecorder
        {
            Then = async token =>
            {
                await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                cancelled.SetResult();
                token.ThrowIfCancellationRequested();
            },
        };
        await Store.SubscribeAsync(["key"], recorder.HandleAsync, default);
        await PutAsync("key", "1");
        await recorder.WaitForAsync("key=1");

        await Fixture.StopAsync();

        await cancelled.Task.WaitAsync(TimeSpan.FromSeconds(60));
    }
}
