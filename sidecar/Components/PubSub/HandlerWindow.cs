using System.Threading.Channels;

namespace Sidecar.Components.PubSub;

/// <summary>
/// Lets a driver begin messages in their order while earlier ones are still in hand, so many at once and no more. Work
/// begins on the caller's thread: a handler that gathers sees the messages in the order in which they were added.
/// </summary>
internal sealed class HandlerWindow(int size)
{
    private readonly System.Threading.Lock _gate = new();
    private readonly Channel<bool> _places = Channel.CreateBounded<bool>(size);
    private TaskCompletionSource? _empty;
    private int _inHand;

    /// <summary>Waits for room, then begins the work and returns without waiting for its end.</summary>
    /// <param name="work">Must not throw.</param>
    public async ValueTask AddAsync(Func<Task> work, CancellationToken cancellationToken = default)
    {
        await RoomAsync(cancellationToken);
        Begin(work);
    }

    /// <summary>Takes a place for what <see cref="Begin"/> is called with next.</summary>
    public ValueTask RoomAsync(CancellationToken cancellationToken = default) => _places.Writer.WriteAsync(true, cancellationToken);

    public void Begin(Func<Task> work)
    {
        lock (_gate)
        {
            _inHand++;
        }

        _ = RunAsync(work);
    }

    /// <summary>Returns when nothing is in hand; asked once nothing is added any more.</summary>
    public Task DrainAsync()
    {
        lock (_gate)
        {
            if (_inHand == 0)
            {
                return Task.CompletedTask;
            }

            _empty ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _empty.Task;
        }
    }

    private async Task RunAsync(Func<Task> work)
    {
        try
        {
            await work();
        }
        finally
        {
            _places.Reader.TryRead(out _);
            lock (_gate)
            {
                if (--_inHand == 0)
                {
                    _empty?.TrySetResult();
                }
            }
        }
    }
}
