using System.Collections.Concurrent;
using System.Diagnostics;
using DaprShop.ServiceDefaults.Batching;
using DaprShop.TestKit;

namespace DaprShop.Tests.ServiceDefaults;

public class NaturalBatchesTests
{
    private readonly ConcurrentQueue<IReadOnlyList<int>> _committed = new();
    private readonly ConcurrentQueue<int> _abandoned = new();

    [Fact]
    public async Task Commit_MadeWhileARequestWasServed_HasNoTraceOfIt()
    {
        var seen = new TaskCompletionSource<Activity?>();
        using var request = new Activity("the first request").Start();
        await using var batches = new NaturalBatches<int>(
            capacity: 1,
            largest: 1,
            (_, _) =>
            {
                seen.TrySetResult(Activity.Current);
                return Task.CompletedTask;
            },
            _ => { });

        Assert.True(batches.TryAdd(1));

        Assert.Null(await seen.Task.WaitAsync(TimeSpan.FromSeconds(30)));
        Assert.Same(request, Activity.Current);
    }

    [Fact]
    public async Task Items_ThatComeDuringACommit_AreTheNextBatchInTheirOrder()
    {
        using var gate = new SemaphoreSlim(0);
        await using var batches = Start(capacity: 100, largest: 10, gate.WaitAsync);

        Add(batches, 1);
        await Eventually.Get(() => _committed.Count, count => count == 1);
        Add(batches, 2, 3, 4);
        gate.Release(2);

        await Eventually.Get(() => _committed.Count, count => count == 2);
        Assert.Equal([[1], [2, 3, 4]], _committed);
    }

    [Fact]
    public async Task Batch_IsNeverLargerThanAllowed()
    {
        using var gate = new SemaphoreSlim(0);
        await using var batches = Start(capacity: 100, largest: 2, gate.WaitAsync);

        Add(batches, 1);
        await Eventually.Get(() => _committed.Count, count => count == 1);
        Add(batches, 2, 3, 4);
        gate.Release(3);

        await Eventually.Get(() => _committed.Count, count => count == 3);
        Assert.Equal([[1], [2, 3], [4]], _committed);
    }

    [Fact]
    public async Task Item_BeyondTheCapacity_IsNotTaken()
    {
        using var gate = new SemaphoreSlim(0);
        await using var batches = Start(capacity: 2, largest: 10, gate.WaitAsync);
        Add(batches, 1);
        await Eventually.Get(() => _committed.Count, count => count == 1);

        Add(batches, 2, 3);

        Assert.False(batches.TryAdd(4));
        Assert.Empty(_abandoned);
    }

    [Fact]
    public async Task Stop_AbandonsTheBatchInHandAndWhatWaits()
    {
        var batches = Start(capacity: 10, largest: 10, token => Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, token));
        Add(batches, 1);
        await Eventually.Get(() => _committed.Count, count => count == 1);
        Add(batches, 2, 3);

        await batches.DisposeAsync();

        Assert.Equal([1, 2, 3], _abandoned);
        Assert.False(batches.TryAdd(4));
    }

    [Fact]
    public async Task Commit_ThatThrows_EndsTheLoopAndAbandonsEverybody()
    {
        var batches = Start(capacity: 10, largest: 10, _ => throw new InvalidOperationException("broken"));

        Add(batches, 1);

        await Eventually.Get(() => _abandoned.Count, count => count == 1);
        Assert.False(batches.TryAdd(2));
        Assert.Equal("broken", (await Assert.ThrowsAsync<InvalidOperationException>(() => batches.DisposeAsync().AsTask())).Message);
    }

    private static void Add(NaturalBatches<int> batches, params int[] items) => Assert.All(items, item => Assert.True(batches.TryAdd(item)));

    private NaturalBatches<int> Start(int capacity, int largest, Func<CancellationToken, Task> commit) => new(
        capacity,
        largest,
        (batch, token) =>
        {
            _committed.Enqueue([.. batch]);
            return commit(token);
        },
        _abandoned.Enqueue);
}
