namespace Sidecar.Components.Slots;

/// <summary>Counts the calls of one component, to close it after the last.</summary>
internal sealed class Displaced(IComponent? component) : IAsyncDisposable
{
    private readonly System.Threading.Lock _gate = new();
    private readonly TaskCompletionSource _idle = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _calls;
    private bool _isLeaving;

    /// <summary>Null: nothing was there.</summary>
    public IComponent? Component { get; } = component;

    public static Displaced Nothing { get; } = new(null);

    /// <summary>Completes once no call runs and none can begin any more.</summary>
    public Task Idle => _idle.Task;

    public IDisposable Enter()
    {
        lock (_gate)
        {
            _calls++;
        }

        return new Call(this);
    }

    public void Leave()
    {
        lock (_gate)
        {
            _isLeaving = true;
            CompleteWhenIdle();
        }
    }

    /// <summary>At once; whoever wants the calls to end awaits <see cref="Idle"/> before.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Component is not null)
        {
            await Component.DisposeAsync();
        }
    }

    private void End()
    {
        lock (_gate)
        {
            _calls--;
            CompleteWhenIdle();
        }
    }

    private void CompleteWhenIdle()
    {
        if (_isLeaving && _calls == 0)
        {
            _idle.TrySetResult();
        }
    }

    private sealed class Call(Displaced owner) : IDisposable
    {
        private int _isOver;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _isOver, 1) == 0)
            {
                owner.End();
            }
        }
    }
}
