using Dapr.Workflow.Protocol;

namespace Dapr.Workflow.Replay;

/// <summary>Something the code asked for, with the task that its outcome completes.</summary>
internal sealed class ScheduledCommand(WorkflowAction action, bool isAwaited)
{
    // Without asynchronous continuations: the code must go on inside the turn, before the next event is fed.
    private readonly TaskCompletionSource<string?> _outcome = new();

    public WorkflowAction Action => action;

    public int Id => action.Id;

    public CommandShape Shape { get; } = CommandShape.Of(action);

    /// <summary>The history records it, so it is not asked for again.</summary>
    public bool IsRecorded { get; set; }

    /// <summary>The code may be waiting for it.</summary>
    public bool IsOpen => isAwaited && !_outcome.Task.IsCompleted;

    public Task<string?> Outcome => _outcome.Task;

    /// <summary>Called instead of leaving the outcome to an awaiting caller; for the timers behind event waits.</summary>
    public Action? WhenFired { get; init; }

    // Each returns quietly when the outcome is known already: runtimes may deliver twice, and a cancelled timer still fires.
    public void Complete(string? result)
    {
        if (_outcome.TrySetResult(result))
        {
            WhenFired?.Invoke();
        }
    }

    public void Fail(Exception failure) => _outcome.TrySetException(failure);

    public void Cancel(CancellationToken cancellationToken) => _outcome.TrySetCanceled(cancellationToken);
}
