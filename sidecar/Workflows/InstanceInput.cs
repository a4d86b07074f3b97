using Sidecar.Grpc.DurableTask;

namespace Sidecar.Workflows;

/// <summary>Something that happens to an instance; its owner takes them one after the other.</summary>
internal abstract class InstanceInput
{
    /// <summary>True: must stand in the store before anything is built on it, since somebody was or will be told so.</summary>
    public virtual bool MustCommit => false;

    public virtual Verdict Decide(InstanceDocument? current, DateTimeOffset now) => Verdict.Unchanged;

    /// <summary>The outcome is durable; a refusal counts as one.</summary>
    public virtual void Settle(WorkflowException? refusal)
    {
    }

    /// <summary>The outcome is unknown to whoever asked.</summary>
    public virtual void GiveUp(WorkflowException reason)
    {
    }
}

/// <summary>A client's command; the client waits until it is durable.</summary>
internal sealed class ClientCommand(Func<InstanceDocument?, DateTimeOffset, Verdict> decide) : InstanceInput
{
    private readonly TaskCompletionSource _settled = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task Settled => _settled.Task;

    public override bool MustCommit => true;

    public override Verdict Decide(InstanceDocument? current, DateTimeOffset now) => decide(current, now);

    public override void Settle(WorkflowException? refusal)
    {
        if (refusal is null)
        {
            _settled.TrySetResult();
        }
        else
        {
            _settled.TrySetException(refusal);
        }
    }

    public override void GiveUp(WorkflowException reason) => _settled.TrySetException(reason);
}

/// <summary>A client that waits for a state of the instance; answered with the document, or null when there is none.</summary>
internal sealed class Watch(Func<InstanceDocument, bool> until, CancellationToken cancellationToken) : InstanceInput
{
    private readonly TaskCompletionSource<InstanceDocument?> _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task<InstanceDocument?> Reached => _reached.Task;

    /// <summary>True when it was answered or nobody waits any more.</summary>
    public bool TryAnswer(InstanceDocument? committed)
    {
        if (cancellationToken.IsCancellationRequested || _reached.Task.IsCompleted)
        {
            return true;
        }

        var existing = committed.Existing();
        return (existing is null || until(existing)) && _reached.TrySetResult(existing);
    }

    public override void GiveUp(WorkflowException reason) => _reached.TrySetException(reason);
}

/// <summary>A client that wants the whole history.</summary>
internal sealed class ReadHistory : InstanceInput
{
    private readonly TaskCompletionSource<IReadOnlyList<HistoryEvent>> _events = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task<IReadOnlyList<HistoryEvent>> Events => _events.Task;

    public void Answer(IReadOnlyList<HistoryEvent> events) => _events.TrySetResult(events);

    public override void GiveUp(WorkflowException reason) => _events.TrySetException(reason);
}

/// <summary>A message of this instance has reached the other one. Were this lost with the process, it would be sent again, which changes nothing.</summary>
internal sealed class MessageDelivered(string messageId) : InstanceInput
{
    public override Verdict Decide(InstanceDocument? current, DateTimeOffset now) => InstanceCommands.Delivered(current, messageId);
}

/// <summary>Look again: a timer may be due, or a waiting client has gone.</summary>
internal sealed class Wake : InstanceInput
{
    public override Verdict Decide(InstanceDocument? current, DateTimeOffset now) => InstanceCommands.FireTimers(current, now);
}

/// <summary>Another sidecar is to own the instance: nothing of it stays here.</summary>
internal sealed class LetGo : InstanceInput
{
    private readonly TaskCompletionSource _gone = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task Gone => _gone.Task;

    public override void Settle(WorkflowException? refusal) => _gone.TrySetResult();

    public override void GiveUp(WorkflowException reason) => _gone.TrySetResult();
}

/// <summary>A sidecar that does not own the instance wrote its document: read it again.</summary>
internal sealed class Refresh : InstanceInput;

/// <summary>A marker was found at start: the instance may be unfinished, or the marker a leftover.</summary>
internal sealed class Recovered(string executionId) : InstanceInput
{
    public string ExecutionId { get; } = executionId;

    public override Verdict Decide(InstanceDocument? current, DateTimeOffset now) => InstanceCommands.FireTimers(current, now);
}

/// <summary>
/// A worker's result. It may be built on before it is durable: were it lost with the process, the activity would be
/// dispatched again, and activities run at least once.
/// </summary>
internal sealed class ActivityFinished(ActivityWork work, ActivityResponse response) : InstanceInput
{
    public override Verdict Decide(InstanceDocument? current, DateTimeOffset now) =>
        InstanceCommands.FinishActivity(current, work.ExecutionId, Named(), now);

    // The token names the activity; what the worker wrote beside it does not count.
    private ActivityResponse Named()
    {
        response.TaskId = work.TaskId;
        return response;
    }
}

internal sealed class TurnFinished(TurnWork work, WorkflowResponse response) : InstanceInput
{
    public TurnWork Work { get; } = work;

    public WorkflowResponse Response { get; } = response;

    public override bool MustCommit => true;
}
