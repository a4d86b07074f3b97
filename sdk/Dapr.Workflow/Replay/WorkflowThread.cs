namespace Dapr.Workflow.Replay;

/// <summary>
/// Keeps a turn's code on the thread that replays it. Continuations of workflow tasks run inline or wait in the queue; one
/// that comes from another thread proves that the code awaited something outside the workflow, whose outcome no replay can
/// repeat. The first such violation is latched here, because the code may well catch the exception it causes.
/// </summary>
internal sealed class WorkflowThread(Action<string> reportAfterTurn) : SynchronizationContext
{
    private readonly Lock _gate = new();
    private readonly Queue<(SendOrPostCallback Callback, object? State)> _ready = new();
    private readonly int _owner = Environment.CurrentManagedThreadId;
    private bool _closed;
    private string? _violation;

    /// <summary>What the code did wrong first; null while it behaved.</summary>
    public string? Violation
    {
        get
        {
            lock (_gate)
            {
                return _violation;
            }
        }
    }

    /// <summary>Whether the caller runs inside the turn. The pool reuses threads, so the thread's id alone does not tell.</summary>
    public bool IsInside
    {
        get
        {
            lock (_gate)
            {
                return !_closed && Environment.CurrentManagedThreadId == _owner;
            }
        }
    }

    /// <summary>Throws, and latches, unless the caller runs inside the turn.</summary>
    public void Require(string member)
    {
        if (IsInside)
        {
            return;
        }

        var message = DeterminismMessages.CalledFromOutside(member);
        Report(message);
        throw new NonDeterministicWorkflowException(message);
    }

    /// <summary>Runs what is ready, and what that makes ready.</summary>
    public void Pump()
    {
        while (Violation is null && _ready.TryDequeue(out var next))
        {
            next.Callback(next.State);
        }
    }

    /// <summary>Ends the turn: whatever comes later is reported to the owner of the instance.</summary>
    public void Close()
    {
        lock (_gate)
        {
            _closed = true;
        }
    }

    public override void Post(SendOrPostCallback d, object? state)
    {
        if (IsInside)
        {
            _ready.Enqueue((d, state));
        }
        else
        {
            Report(DeterminismMessages.AwaitedForeignTask);
        }
    }

    public override void Send(SendOrPostCallback d, object? state)
    {
        if (IsInside)
        {
            d(state);
        }
        else
        {
            Report(DeterminismMessages.AwaitedForeignTask);
        }
    }

    public override void OperationStarted() => Report(DeterminismMessages.AsyncVoid);

    public override SynchronizationContext CreateCopy() => this;

    /// <summary>Latches a violation, or hands it on when the turn is over.</summary>
    public void Report(string message)
    {
        lock (_gate)
        {
            if (!_closed)
            {
                _violation ??= message;
                return;
            }
        }

        reportAfterTurn(message);
    }
}
