using Sidecar.Host;

namespace Sidecar.ConfigurationStores;

/// <summary>Open while the app is healthy. Who is inside when it closes finishes; who comes then waits until it opens again.</summary>
internal sealed class DeliveryGate(AppHealth health) : IDisposable
{
    private readonly Lock _lock = new();
    private TaskCompletionSource _opened = NewSignal();
    private CancellationTokenSource _closing = new();
    private TaskCompletionSource? _empty;
    private int _inside;

    public void Open()
    {
        lock (_lock)
        {
            if (!_opened.Task.IsCompleted)
            {
                _closing.Dispose();
                _closing = new CancellationTokenSource();
                _opened.SetResult();
            }
        }
    }

    /// <summary>Completes when nobody is inside any more.</summary>
    public async Task CloseAsync()
    {
        CancellationTokenSource closing;
        Task empty;
        lock (_lock)
        {
            if (_opened.Task.IsCompleted)
            {
                _opened = NewSignal();
            }

            closing = _closing;
            _empty ??= _inside == 0 ? null : new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            empty = _empty?.Task ?? Task.CompletedTask;
        }

        await closing.CancelAsync();
        await empty;
    }

    /// <summary>True when what failed inside failed because the app is away, though the gate may be closed only in a moment.</summary>
    public bool IsAppAway(CancellationToken closing) => closing.IsCancellationRequested || !health.IsHealthy;

    /// <summary>Waits until the gate is open. The answer is cancelled when it closes; <see cref="Leave"/> must follow.</summary>
    public async Task<CancellationToken> EnterAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Task opened;
            lock (_lock)
            {
                if (_opened.Task.IsCompleted)
                {
                    if (health.IsHealthy)
                    {
                        _inside++;
                        return _closing.Token;
                    }

                    // The health is set first, then the gate is closed.
                    _opened = NewSignal();
                }

                opened = _opened.Task;
            }

            await opened.WaitAsync(cancellationToken);
        }
    }

    public void Leave()
    {
        lock (_lock)
        {
            if (--_inside == 0)
            {
                _empty?.SetResult();
                _empty = null;
            }
        }
    }

    public void Dispose() => _closing.Dispose();

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
