using Google.Protobuf.WellKnownTypes;
using Sidecar.Grpc.DurableTask;

namespace Sidecar.Workflows;

/// <summary>A new instance as its caller wants it.</summary>
/// <param name="ExecutionId">Fresh for every start, so that pages and markers of an earlier run are never taken for this one's.</param>
internal sealed record StartCommand(string InstanceId, string ExecutionId, string Name)
{
    public string? Version { get; init; }

    public string? Input { get; init; }

    public Timestamp? ScheduledStart { get; init; }

    public TraceContext? ParentTrace { get; init; }

    public bool EnforceUniqueId { get; init; }

    public IReadOnlyDictionary<string, string> Tags { get; init; } = new Dictionary<string, string>();
}

/// <summary>What clients and time do to an instance, decided from its document alone (dapr-contract.md 11.6).</summary>
internal static class InstanceCommands
{
    public static Verdict Start(InstanceDocument? current, StartCommand command, DateTimeOffset now)
    {
        if (current.Existing() is { } existing)
        {
            if (!existing.IsFinished())
            {
                return Verdict.Refuse(WorkflowFault.AlreadyExists, $"an active workflow with ID '{command.InstanceId}' already exists");
            }

            if (command.EnforceUniqueId)
            {
                return Verdict.Refuse(
                    WorkflowFault.AlreadyExists,
                    $"a workflow with ID '{command.InstanceId}' already exists and the request enforces instance ID uniqueness");
            }
        }

        var start = new ExecutionStartedEvent
        {
            Name = command.Name,
            Version = command.Version,
            Input = command.Input,
            WorkflowInstance = new WorkflowInstance { InstanceId = command.InstanceId, ExecutionId = command.ExecutionId },
            ScheduledStartTimestamp = command.ScheduledStart,
            ParentTraceContext = command.ParentTrace,
        };
        foreach (var (name, value) in command.Tags)
        {
            start.Tags.Add(name, value);
        }

        return Verdict.Change(Create(current, start, now));
    }

    /// <summary>
    /// A child as its parent wants it. The message may come twice: one that was started by it before, and may have ended
    /// since, stays as it is.
    /// </summary>
    public static Verdict StartChild(InstanceDocument? current, ExecutionStartedEvent start, DateTimeOffset now)
    {
        if (current.Existing() is { } existing)
        {
            if (Equals(existing.Start.ParentInstance, start.ParentInstance))
            {
                return Verdict.Unchanged;
            }

            if (!existing.IsFinished())
            {
                return Verdict.Refuse(WorkflowFault.AlreadyExists, $"an active workflow with ID '{existing.InstanceId}' already exists");
            }
        }

        return Verdict.Change(Create(current, start, now));
    }

    /// <summary>A child's end. One that is not awaited (told before, or by an earlier execution under this id) is dropped.</summary>
    public static Verdict FinishChild(InstanceDocument? current, string executionId, HistoryEvent happened)
    {
        if (current is null || current.IsFinished() || current.ExecutionId != executionId)
        {
            return Verdict.Unchanged;
        }

        var taskId = happened.ChildWorkflowInstanceCompleted?.TaskScheduledId ?? happened.ChildWorkflowInstanceFailed.TaskScheduledId;
        if (current.Children.FirstOrDefault(child => child.TaskId == taskId) is not { } pending)
        {
            return Verdict.Unchanged;
        }

        var next = current.Copy();
        next.Children.Remove(pending);
        return Append(next, happened);
    }

    /// <summary>The other instance knows; the message is forgotten.</summary>
    public static Verdict Delivered(InstanceDocument? current, string messageId)
    {
        if (current?.Outgoing.FirstOrDefault(message => message.Id == messageId) is not { } delivered)
        {
            return Verdict.Unchanged;
        }

        var next = current.Copy();
        next.Outgoing.Remove(delivered);
        return Verdict.Change(next);
    }

    public static Verdict Raise(InstanceDocument? current, string name, string? input, DateTimeOffset now)
    {
        if (current.Existing() is not { } existing)
        {
            return NoSuchInstance();
        }

        return existing.IsFinished()
            ? Verdict.Refuse(WorkflowFault.WrongState, $"the workflow with ID '{existing.InstanceId}' has finished and takes no more events")
            : Append(existing, HistoryEvents.EventRaised(name, input, now));
    }

    public static Verdict Terminate(InstanceDocument? current, string? output, bool recurse, DateTimeOffset now)
    {
        if (current.Existing() is not { } existing)
        {
            return NoSuchInstance();
        }

        return existing.IsFinished()
            ? Verdict.Unchanged
            : Append(existing, HistoryEvents.ExecutionTerminated(output, recurse, now));
    }

    /// <summary>
    /// From now on no turn begins: what arrives waits in the inbox, behind the suspension. A turn that a worker has in
    /// hand still ends. No worker is needed, so the status is there when the call returns.
    /// </summary>
    public static Verdict Suspend(InstanceDocument? current, string? reason, DateTimeOffset now)
    {
        if (current.Existing() is not { } existing)
        {
            return NoSuchInstance();
        }

        return existing.IsFinished() || existing.Status == OrchestrationStatus.Suspended
            ? Verdict.Unchanged
            : Append(existing, HistoryEvents.ExecutionSuspended(reason, now), OrchestrationStatus.Suspended);
    }

    public static Verdict Resume(InstanceDocument? current, string? reason, DateTimeOffset now)
    {
        if (current.Existing() is not { } existing)
        {
            return NoSuchInstance();
        }

        // One that was suspended before its first turn goes back to waiting for it, and for its scheduled start.
        return existing.Status != OrchestrationStatus.Suspended
            ? Verdict.Unchanged
            : Append(
                existing,
                HistoryEvents.ExecutionResumed(reason, now),
                existing.StartedAt is null ? OrchestrationStatus.Pending : OrchestrationStatus.Running);
    }

    public static Verdict Purge(InstanceDocument? current, bool force)
    {
        if (current.Existing() is not { } existing)
        {
            return NoSuchInstance();
        }

        if (!existing.IsFinished() && !force)
        {
            return Verdict.Refuse(WorkflowFault.WrongState, "orchestration has not yet completed");
        }

        var next = new InstanceDocument
        {
            InstanceId = existing.InstanceId,
            ExecutionId = existing.ExecutionId,
            Status = existing.Status,
            Purged = true,
            Pages = existing.Pages,
        };
        next.Retired.AddRange(existing.Retired);
        next.Outgoing.AddRange(existing.Outgoing);
        return Verdict.Change(next);
    }

    /// <summary>
    /// An activity's result. One for an activity that is not pending (a second answer, or one from an earlier execution
    /// under the same id) is dropped: an activity may run twice, its result enters the history once.
    /// </summary>
    public static Verdict FinishActivity(InstanceDocument? current, string executionId, ActivityResponse response, DateTimeOffset now)
    {
        if (current is null || current.IsFinished() || current.ExecutionId != executionId)
        {
            return Verdict.Unchanged;
        }

        var pending = current.Activities.FirstOrDefault(activity => activity.TaskId == response.TaskId);
        if (pending is null)
        {
            return Verdict.Unchanged;
        }

        var next = current.Copy();
        next.Activities.Remove(pending);
        return Append(next, HistoryEvents.TaskFinished(pending, response, now));
    }

    /// <summary>Moves every due timer to the inbox, the earliest first; purges a finished instance whose retention has ended.</summary>
    public static Verdict FireTimers(InstanceDocument? current, DateTimeOffset now)
    {
        if (current is null || current.IsFinished())
        {
            return current.Existing()?.PurgeAt?.ToInstant() <= now ? Purge(current, force: false) : Verdict.Unchanged;
        }

        var due = current.Timers.Where(timer => timer.FireAt.ToInstant() <= now).OrderBy(timer => timer.FireAt.ToInstant()).ToList();
        if (due.Count == 0)
        {
            return Verdict.Unchanged;
        }

        var next = current.Copy();
        foreach (var timer in due)
        {
            next.Timers.Remove(timer);
            next.Inbox.Add(HistoryEvents.TimerFired(timer, now));
        }

        next.LastUpdated = now.ToTimestamp();
        return Verdict.Change(next);
    }

    private static InstanceDocument Create(InstanceDocument? current, ExecutionStartedEvent start, DateTimeOffset now)
    {
        var created = HistoryEvents.ExecutionStarted(start, now);
        var next = new InstanceDocument
        {
            InstanceId = start.WorkflowInstance.InstanceId,
            ExecutionId = start.WorkflowInstance.ExecutionId,
            Status = OrchestrationStatus.Pending,
            Start = start,
            Created = created.Timestamp,
            LastUpdated = created.Timestamp,
        };
        next.Inbox.Add(created);
        if (current is not null)
        {
            next.Retired.AddRange(current.Retired);
            next.Retired.Add(new RetiredExecution { ExecutionId = current.ExecutionId, Pages = current.Pages });
            next.Outgoing.AddRange(current.Outgoing);
        }

        return next;
    }

    private static Verdict Append(InstanceDocument current, HistoryEvent happened, OrchestrationStatus? status = null)
    {
        var next = current.Copy();
        next.Inbox.Add(happened);
        next.Status = status ?? next.Status;
        next.LastUpdated = happened.Timestamp;
        return Verdict.Change(next);
    }

    private static Verdict NoSuchInstance() => Verdict.Refuse(WorkflowFault.NotFound, "no such instance exists");
}
