using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text;
using DaprShop.TestKit;
using Sidecar.Components.PubSub;
using Sidecar.PubSub.Delivery;
using Sidecar.PubSub.Subscriptions;
using Sidecar.Resiliency;
using Sidecar.Tracing;

namespace DaprShop.Tests.PubSub;

/// <summary>Batches go one after the other, so nothing that happens to one may keep those behind it from the app.</summary>
public sealed class EventBatchesTests : IDisposable
{
    private readonly ActivitySource _traces = new("test");
    private readonly CancellationTokenSource _stopping = new();

    public void Dispose()
    {
        _traces.Dispose();
        _stopping.Dispose();
    }

    [Fact]
    public async Task Add_BatchBeforeItFailedInAWayNobodyForesaw_IsSentAllTheSame()
    {
        var receiver = new ScriptedReceiver(async call =>
        {
            await Task.Yield();
            return call == 1 ? throw new InvalidOperationException("unforeseen") : new AppAnswer(Verdict.Success, "");
        });
        var batches = Over(receiver);

        var first = await AddAsync(batches, "one", CancellationToken.None);
        var second = await AddAsync(batches, "two", CancellationToken.None);

        Assert.Equal((Verdict.Retry, "unforeseen"), (first.Answer.Verdict, first.Failure?.Message));
        Assert.Equal(Verdict.Success, second.Answer.Verdict);
    }

    [Fact]
    public async Task Add_BatchBeforeItWasGivenUpWhileTheAppHangs_IsSentAllTheSame()
    {
        var hangs = new TaskCompletionSource<AppAnswer>();
        var receiver = new ScriptedReceiver(call => call == 1 ? hangs.Task : Task.FromResult(new AppAnswer(Verdict.Success, "")));
        var batches = Over(receiver);
        using var givesUp = new CancellationTokenSource();
        var first = AddAsync(batches, "one", givesUp.Token);
        await Eventually.True(() => receiver.Calls == 1);
        var second = AddAsync(batches, "two", CancellationToken.None);

        await givesUp.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        Assert.Equal(Verdict.Success, (await second.WaitAsync(TimeSpan.FromSeconds(60))).Answer.Verdict);
        Assert.Equal([true, false], receiver.Cancelled.Order().Reverse());
    }

    private EventBatches Over(IBatchReceiver receiver) => new(
        new Subscription("pubsub", "orders", [], new Dictionary<string, string>(), null, SubscriptionKind.Declarative) { Bulk = BatchLimits.Of(1, 600_000) },
        receiver,
        new Pipeline(null, null, null, TimeProvider.System, () => 0),
        _traces,
        TimeProvider.System,
        _stopping.Token);

    private static async Task<(AppAnswer Answer, Exception? Failure)> AddAsync(EventBatches batches, string id, CancellationToken givesUp)
    {
        var message = new IncomingMessage("orders", Encoding.UTF8.GetBytes($$"""{"id":"{{id}}"}"""), ContentType: null, new Dictionary<string, string>());
        using var received = ReceivedEvent.Read(message, "pubsub", isRaw: false, () => "none");
        return await batches.AddAsync(message, received, "/events", givesUp);
    }

    private sealed class ScriptedReceiver(Func<int, Task<AppAnswer>> answer) : IBatchReceiver
    {
        private int _calls;

        public int Calls => Volatile.Read(ref _calls);

        /// <summary>Of each call, whether its token was cancelled as it ended.</summary>
        public ConcurrentBag<bool> Cancelled { get; } = [];

        public async Task<IReadOnlyList<AppAnswer>> SendAsync(
            IReadOnlyList<BatchEntry> batch, string path, TraceContext trace, CancellationToken cancellationToken)
        {
            try
            {
                var given = await answer(Interlocked.Increment(ref _calls)).WaitAsync(cancellationToken);
                return [.. batch.Select(_ => given)];
            }
            finally
            {
                Cancelled.Add(cancellationToken.IsCancellationRequested);
            }
        }
    }
}
