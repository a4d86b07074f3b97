using System.Threading.Channels;

namespace DaprShop.ServiceDefaults.Batching;

/// <summary>
/// Group commit: what arrives while one batch is being committed becomes the next. A batch grows with the load, and a lone item
/// never waits for company.
/// </summary>
public sealed class NaturalBatches<T> : IAsyncDisposable
{
    private readonly Channel<T> _waiting;
    private readonly int _largest;
    private readonly Func<IReadOnlyList<T>, CancellationToken, Task> _commit;
    private readonly Action<T> _abandon;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _loop;

    /// <param name="capacity">How many items may wait; more are not taken.</param>
    /// <param name="largest">How many items one batch has at most.</param>
    /// <param name="commit">Settles every item of a batch. One call at a time; what it throws ends the loop.</param>
    /// <param name="abandon">Told of each item that was taken and may be unsettled when the loop ends, however it ends.</param>
    public NaturalBatches(int capacity, int largest, Func<IReadOnlyList<T>, CancellationToken, Task> commit, Action<T> abandon)
    {
        (_largest, _commit, _abandon) = (largest, commit, abandon);
        _waiting = Channel.CreateBounded<T>(capacity);

        // Whoever happens to make this, such as the first request, must not lend its trace to all that follow.
        using (ExecutionContext.SuppressFlow())
        {
            _loop = Detached.Run(() => RunAsync(_stopping.Token));
        }
    }

    /// <summary>Items that no batch has taken yet.</summary>
    public int Waiting => _waiting.Reader.Count;

    /// <returns>False: too many wait, or the loop has ended.</returns>
    public bool TryAdd(T item) => _waiting.Writer.TryWrite(item);

    /// <summary>Takes nothing more and returns when what was taken is committed.</summary>
    public Task CompleteAsync()
    {
        _waiting.Writer.TryComplete();
        return _loop;
    }

    /// <summary>Cancels the commit in hand and returns when nobody waits any more.</summary>
    public async ValueTask DisposeAsync()
    {
        _waiting.Writer.TryComplete();
        await Detached.CancelAsync(_stopping);
        await _loop;
        _stopping.Dispose();
    }

    private async Task RunAsync(CancellationToken cancellationToken)
    {
        var batch = new List<T>(_largest);
        try
        {
            while (await _waiting.Reader.WaitToReadAsync(cancellationToken))
            {
                while (batch.Count < _largest && _waiting.Reader.TryRead(out var item))
                {
                    batch.Add(item);
                }

                await _commit(batch, cancellationToken);
                batch.Clear();
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Stopped: what is left is abandoned below.
            return;
        }
        finally
        {
            _waiting.Writer.TryComplete();
            while (_waiting.Reader.TryRead(out var item))
            {
                batch.Add(item);
            }

            batch.ForEach(_abandon);
        }
    }
}
