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

        var created = HistoryEvents.ExecutionStarted(start, now);
        var next = new InstanceDocument
        {
            InstanceId = command.InstanceId,
            ExecutionId = command.ExecutionId,
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
        }

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

    /// <summary>Moves every due timer to the inbox, the earliest first.</summary>
    public static Verdict FireTimers(InstanceDocument? current, DateTimeOffset now)
    {
        if (current is null || current.IsFinished())
        {
            return Verdict.Unchanged;
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

    private static Verdict Append(InstanceDocument current, HistoryEvent happened)
    {
        var next = current.Copy();
        next.Inbox.Add(happened);
        next.LastUpdated = happened.Timestamp;
        return Verdict.Change(next);
    }

    private static Verdict NoSuchInstance() => Verdict.Refuse(WorkflowFault.NotFound, "no such instance exists");
}
