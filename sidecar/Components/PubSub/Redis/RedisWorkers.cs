using System.Threading.Channels;

namespace Sidecar.Components.PubSub.Redis;

/// <summary>The workers of one component, shared by its subscriptions as in daprd; what finds none free waits in one queue.</summary>
internal sealed class RedisWorkers : IAsyncDisposable
{
    private readonly Channel<Func<Task>> _queue;
    private readonly Task[] _workers;

    /// <param name="depth">Of the queue; whoever adds to a full one waits.</param>
    public RedisWorkers(int count, int depth)
    {
        _queue = Channel.CreateBounded<Func<Task>>(depth);
        _workers = [.. Enumerable.Range(0, count).Select(_ => Task.Run(WorkAsync))];
    }

    /// <param name="work">Must not throw.</param>
    public ValueTask AddAsync(Func<Task> work, CancellationToken cancellationToken) => _queue.Writer.WriteAsync(work, cancellationToken);

    public async ValueTask DisposeAsync()
    {
        _queue.Writer.TryComplete();
        await Task.WhenAll(_workers);
    }

    private async Task WorkAsync()
    {
        await foreach (var work in _queue.Reader.ReadAllAsync(CancellationToken.None))
        {
            await work();
        }
    }
}
