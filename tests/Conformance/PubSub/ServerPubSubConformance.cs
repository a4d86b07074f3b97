using System.Collections.Concurrent;
using System.Diagnostics;
using DaprShop.TestKit;
using DaprShop.Tests.Servers;
using DaprShop.Tests.Wire;
using Sidecar.Components;
using Sidecar.Components.PubSub;

namespace DaprShop.Tests.PubSub;

/// <summary>The broker is another process: it is killed, hangs, comes back, and what it acknowledged is still there.</summary>
public abstract class ServerPubSubConformance : DurablePubSubConformance
{
    private static readonly TimeSpan PauseBetweenTries = TimeSpan.FromMilliseconds(50);

    private bool _isDown;
    private bool _isPaused;

    private protected abstract BrokerServer Server { get; }

    public override async Task DisposeAsync()
    {
        // Others use the server after a test that failed half way.
        await ResumeAsync();
        await StartAgainAsync();
        await base.DisposeAsync();
    }

    [Fact]
    public async Task Server_KilledAmidTheLoad_LosesNothingItAcknowledged()
    {
        var acknowledged = new ConcurrentBag<string>();
        var recorder = NewRecorder();
        await using var subscription = await SubscribeAsync(recorder);
        var sent = Enumerable.Range(0, 1000).Select(n => $"{n:000}").ToArray();

        var publishing = Parallel.ForEachAsync(sent, new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (text, _) =>
        {
            await PublishUntilTakenAsync(text);
            acknowledged.Add(text);
        });
        await Eventually.True(() => acknowledged.Count >= 250, Driver.Patience);
        await KillAsync();
        await StartAgainAsync();

        await publishing.WaitAsync(Driver.Patience * 2);
        Assert.Equal(sent, acknowledged.Order());
        await Eventually.Get(() => recorder.Texts.Distinct().Count(), count => count == sent.Length, Driver.Patience * 2);
        Assert.Equal(sent, recorder.Texts.Distinct().Order());
    }

    [Fact]
    public async Task Server_KilledWithMessagesInHand_TheirHandlersEndAndNoneIsLost()
    {
        var gate = new TaskCompletionSource();
        var recorder = NewRecorder((_, _) => gate.Task);
        await using var subscription = await SubscribeAsync(recorder);
        await PublishAsync("in hand");
        await recorder.WaitForAsync(1);

        await KillAsync();
        gate.SetResult();
        await StartAgainAsync();

        // The acknowledgement fell into the gap, so the first may come again; the second shows that the subscription is back.
        await PublishUntilTakenAsync("afterwards");
        await Eventually.True(() => recorder.Texts.Contains("afterwards"), Driver.Patience);
        Assert.Equal(["afterwards", "in hand"], recorder.Texts.Distinct().Order());
    }

    [Fact]
    public async Task Publish_ServerDown_FailsInTimeAndWorksAgainOnceItIsBack()
    {
        var recorder = NewRecorder();
        await using var subscription = await SubscribeAsync(recorder);
        await PublishAsync("before");
        await recorder.WaitForAsync(1);
        await KillAsync();
        var watch = Stopwatch.StartNew();

        await Assert.ThrowsAsync<ComponentException>(() => PublishAsync("down").WaitAsync(Driver.GivesUpWithin * 2));

        Assert.InRange(watch.Elapsed, TimeSpan.Zero, Driver.GivesUpWithin);
        await StartAgainAsync();
        await PublishUntilTakenAsync("after");
        await Eventually.True(() => recorder.Texts.Contains("after"), Driver.Patience);
    }

    [Fact]
    public async Task Publish_ServerHangs_FailsInTimeAndWorksAgainOnceItAnswers()
    {
        await PublishAsync("before");
        await PauseAsync();
        var watch = Stopwatch.StartNew();

        await Assert.ThrowsAsync<ComponentException>(() => PublishAsync("hangs").WaitAsync(Driver.GivesUpWithin * 2));

        Assert.InRange(watch.Elapsed, TimeSpan.Zero, Driver.GivesUpWithin);
        await ResumeAsync();
        await PublishUntilTakenAsync("after");
    }

    [Fact]
    public async Task Publish_ManyServerDown_AllFailInTime()
    {
        await PublishAsync("before");
        await KillAsync();
        var watch = Stopwatch.StartNew();

        var outcomes = await Task.WhenAll(Enumerable.Range(0, 100).Select(n => FailureOfAsync(() => PublishAsync($"{n}"))));

        Assert.All(outcomes, outcome => Assert.IsType<ComponentException>(outcome));
        Assert.InRange(watch.Elapsed, TimeSpan.Zero, Driver.GivesUpWithin);
    }

    [Fact]
    public async Task Subscribe_ServerDown_FailsInTimeOrAttachesOnceItIsBack()
    {
        await KillAsync();
        var recorder = NewRecorder();
        IAsyncDisposable? subscription = null;
        var watch = Stopwatch.StartNew();

        var failure = await FailureOfAsync(async () => subscription = await SubscribeOnlyAsync(recorder));

        Assert.InRange(watch.Elapsed, TimeSpan.Zero, Driver.GivesUpWithin);
        Assert.True(failure is null or ComponentException, $"{failure}");
        await StartAgainAsync();
        await Eventually.Get<Exception?>(
            async () =>
            {
                failure = subscription is null ? await FailureOfAsync(async () => subscription = await SubscribeOnlyAsync(recorder)) : null;
                return failure;
            },
            last => last is null,
            Driver.Patience);
        await PublishUntilTakenAsync("back");
        await Eventually.True(() => recorder.Texts.Contains("back"), Driver.Patience);
        await subscription!.DisposeAsync();
    }

    [Fact]
    public async Task Dispose_ServerDown_Ends()
    {
        var recorder = NewRecorder();
        var subscription = await SubscribeAsync(recorder);
        await PublishAsync("before");
        await recorder.WaitForAsync(1);
        await KillAsync();

        await subscription.DisposeAsync().AsTask().WaitAsync(Driver.GivesUpWithin);
        await Fixture.StopAsync().WaitAsync(Driver.GivesUpWithin);

        Assert.Equal(["before"], recorder.Texts);
    }

    [Fact]
    public async Task Init_NobodyListens_FailsInTimeAndNamesTheAddress()
    {
        var (port, _) = FreePorts.Two();
        var watch = Stopwatch.StartNew();

        var failure = await Assert.ThrowsAsync<ComponentException>(() => StartAsync(Driver.ServerAt(port)).WaitAsync(Driver.GivesUpWithin * 2));

        Assert.InRange(watch.Elapsed, TimeSpan.Zero, Driver.GivesUpWithin);
        Assert.Contains($"{port}", failure.Message, StringComparison.Ordinal);
    }

    private protected async Task KillAsync()
    {
        _isDown = true;
        await Server.KillAsync();
    }

    private protected async Task StartAgainAsync()
    {
        if (_isDown)
        {
            await Server.StartAgainAsync();
            _isDown = false;
        }
    }

    /// <summary>As a caller must: what was not acknowledged is sent again.</summary>
    private protected async Task PublishUntilTakenAsync(string text)
    {
        using var deadline = new CancellationTokenSource(Driver.Patience * 2);
        while (await FailureOfAsync(() => PublishAsync(text)) is { } failure)
        {
            Assert.IsType<ComponentException>(failure);
            await Task.Delay(PauseBetweenTries, TimeProvider.System, deadline.Token);
        }
    }

    private async Task PauseAsync()
    {
        _isPaused = true;
        await Server.PauseAsync();
    }

    private async Task ResumeAsync()
    {
        if (_isPaused)
        {
            await Server.ResumeAsync();
            _isPaused = false;
        }
    }

    private Task<IAsyncDisposable> SubscribeOnlyAsync(Recorder recorder) =>
        Broker.SubscribeAsync(new SubscribeRequest(Topic, Group, new Dictionary<string, string>()), recorder.HandleAsync, default);

    private static async Task<Exception?> FailureOfAsync(Func<Task> act) => await Record.ExceptionAsync(act);
}
