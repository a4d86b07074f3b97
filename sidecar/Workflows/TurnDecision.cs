using System.Globalization;
using Google.Protobuf.WellKnownTypes;
using Sidecar.Grpc.DurableTask;

namespace Sidecar.Workflows;

/// <summary>
/// The end of a turn. A turn in five lines: the events of the inbox went to a worker behind a workflowStarted event;
/// the worker replayed the workflow and answered with actions; here those events leave the inbox for the history;
/// each action becomes a history event and pending work; and all of it is one document, so one swap commits it.
/// </summary>
internal static class TurnDecision
{
    /// <param name="taken">How many events of the inbox, from its front, the turn carried.</param>
    public static InstanceDocument Complete(
        InstanceDocument current, HistoryEvent started, int taken, WorkflowResponse response, string appId, DateTimeOffset now)
    {
        var execution = current.ExecutionId;
        var next = current.Copy();
        var events = current.Inbox.Take(taken).ToList();
        next.Inbox.Clear();
        next.Inbox.AddRange(current.Inbox.Skip(taken));
        next.Tail.Add(WithVersion(started, response.Version));
        next.Tail.AddRange(events);
        if (events.Any(happened => happened.ExecutionStarted is not null))
        {
            // Suspended meanwhile, it stays so.
            next.Status = next.Status == OrchestrationStatus.Suspended ? next.Status : OrchestrationStatus.Running;
            next.StartedAt = started.Timestamp;
        }

        next.CustomStatus = response.CustomStatus ?? next.CustomStatus;
        foreach (var action in response.Actions.TakeWhile(_ => !next.Status.IsTerminal() && next.ExecutionId == execution))
        {
            Apply(next, action, appId, now);
        }

        // A worker that knows nothing of termination, or lost it, must not keep the instance alive.
        if (Termination(events) is { } termination)
        {
            if (termination.Recurse)
            {
                TerminateChildren(next, current.Children, termination.Input);
            }

            if (!next.Status.IsTerminal())
            {
                Finish(next, NoAction, new ExecutionCompletedEvent { WorkflowStatus = OrchestrationStatus.Terminated, Result = termination.Input }, now);
            }
            else if (next.Status == OrchestrationStatus.Terminated)
            {
                next.Output ??= termination.Input;
            }
        }

        next.LastUpdated = now.ToTimestamp();
        return next;
    }

    private const int NoAction = -1;

    // The patches that the worker took in this turn: a replay that did not find them here would decide them anew, and differently.
    private static HistoryEvent WithVersion(HistoryEvent started, WorkflowVersion? version)
    {
        if (version is null)
        {
            return started;
        }

        var recorded = started.Clone();
        recorded.WorkflowStarted.Version = version;
        return recorded;
    }

    private static ExecutionTerminatedEvent? Termination(List<HistoryEvent> events) =>
        events.Find(happened => happened.ExecutionTerminated is not null)?.ExecutionTerminated;

    private static void Apply(InstanceDocument next, WorkflowAction action, string appId, DateTimeOffset now)
    {
        switch (action.WorkflowActionTypeCase)
        {
            case WorkflowAction.WorkflowActionTypeOneofCase.ScheduleTask:
                ScheduleTask(next, action, appId, now);
                break;
            case WorkflowAction.WorkflowActionTypeOneofCase.CreateTimer:
                CreateTimer(next, action.Id, action.CreateTimer, now);
                break;
            case WorkflowAction.WorkflowActionTypeOneofCase.CompleteWorkflow:
                CompleteWorkflow(next, action.Id, action.CompleteWorkflow, now);
                break;
            case WorkflowAction.WorkflowActionTypeOneofCase.SendEvent:
                Refuse(next, action.Id, "sending an event to another workflow (Dapr's own backend refuses the sendEvent action too)", now);
                break;
            case WorkflowAction.WorkflowActionTypeOneofCase.CreateChildWorkflow:
                CreateChild(next, action, appId, now);
                break;
            default:
                Refuse(next, action.Id, $"the action {action.WorkflowActionTypeCase}", now);
                break;
        }
    }

    private static void ScheduleTask(InstanceDocument next, WorkflowAction action, string appId, DateTimeOffset now)
    {
        var schedule = action.ScheduleTask;
        var target = (schedule.Router ?? action.Router)?.TargetAppID;
        if (!string.IsNullOrEmpty(target) && target != appId)
        {
            Refuse(next, action.Id, $"an activity of another app ('{target}')", now);
            return;
        }

        if (next.Activities.Any(activity => activity.TaskId == action.Id))
        {
            return;
        }

        var task = new TaskScheduledEvent
        {
            Name = schedule.Name,
            Version = schedule.Version,
            Input = schedule.Input,
            TaskExecutionId = schedule.TaskExecutionId,
            ParentTraceContext = next.Start.ParentTraceContext,
        };
        next.Tail.Add(HistoryEvents.TaskScheduled(action.Id, task, now));
        next.Activities.Add(new PendingActivity { TaskId = action.Id, Task = task });
    }

    private static void CreateChild(InstanceDocument next, WorkflowAction action, string appId, DateTimeOffset now)
    {
        var create = action.CreateChildWorkflow;
        var target = (create.Router ?? action.Router)?.TargetAppID;
        if (!string.IsNullOrEmpty(target) && target != appId)
        {
            Refuse(next, action.Id, $"a child workflow of another app ('{target}')", now);
            return;
        }

        if (next.Children.Any(pending => pending.TaskId == action.Id))
        {
            return;
        }

        var childId = create.InstanceId.Length > 0
            ? create.InstanceId
            : string.Create(CultureInfo.InvariantCulture, $"{next.InstanceId}:{action.Id:x4}");
        next.Tail.Add(HistoryEvents.ChildCreated(
            action.Id,
            new ChildWorkflowInstanceCreatedEvent
            {
                InstanceId = childId,
                Name = create.Name,
                Version = create.Version,
                Input = create.Input,
                ParentTraceContext = next.Start.ParentTraceContext,
            },
            now));
        next.Children.Add(new PendingChild { TaskId = action.Id, InstanceId = childId });
        Send(next, childId, $"start {action.Id}", message => message.StartChild = new ExecutionStartedEvent
        {
            Name = create.Name,
            Version = create.Version,
            Input = create.Input,
            WorkflowInstance = new WorkflowInstance { InstanceId = childId, ExecutionId = RandomId.NewUuid() },
            ParentInstance = new ParentInstanceInfo
            {
                TaskScheduledId = action.Id,
                Name = next.Start.Name,
                Version = next.Start.Version,
                WorkflowInstance = new WorkflowInstance { InstanceId = next.InstanceId, ExecutionId = next.ExecutionId },
                AppID = appId,
            },
            ParentTraceContext = next.Start.ParentTraceContext,
        });
    }

    private static void TerminateChildren(InstanceDocument next, IEnumerable<PendingChild> children, string? output)
    {
        foreach (var child in children)
        {
            Send(next, child.InstanceId, $"terminate {child.TaskId}", message => message.Terminate = new ExecutionTerminatedEvent { Input = output, Recurse = true });
        }
    }

    private static void Send(InstanceDocument next, string instanceId, string what, Action<OutgoingMessage> fill)
    {
        var message = new OutgoingMessage { Id = $"{next.ExecutionId} {what}", InstanceId = instanceId };
        fill(message);
        next.Outgoing.Add(message);
    }

    private static void CreateTimer(InstanceDocument next, int id, CreateTimerAction timer, DateTimeOffset now)
    {
        if (next.Timers.Any(pending => pending.TimerId == id))
        {
            return;
        }

        var fireAt = timer.FireAt ?? now.ToTimestamp();
        var created = new TimerCreatedEvent { FireAt = fireAt };
        if (timer.HasName)
        {
            created.Name = timer.Name;
        }

        switch (timer.OriginCase)
        {
            case CreateTimerAction.OriginOneofCase.CreateTimer:
                created.CreateTimer = timer.CreateTimer;
                break;
            case CreateTimerAction.OriginOneofCase.ExternalEvent:
                created.ExternalEvent = timer.ExternalEvent;
                break;
            case CreateTimerAction.OriginOneofCase.ActivityRetry:
                created.ActivityRetry = timer.ActivityRetry;
                break;
            case CreateTimerAction.OriginOneofCase.ChildWorkflowRetry:
                created.ChildWorkflowRetry = timer.ChildWorkflowRetry;
                break;
        }

        next.Tail.Add(HistoryEvents.TimerCreated(id, created, now));
        next.Timers.Add(new PendingTimer { TimerId = id, FireAt = fireAt });
    }

    private static void CompleteWorkflow(InstanceDocument next, int id, CompleteWorkflowAction complete, DateTimeOffset now)
    {
        if (complete.WorkflowStatus == OrchestrationStatus.ContinuedAsNew)
        {
            ContinueAsNew(next, complete, now);
            return;
        }

        if (!complete.WorkflowStatus.IsTerminal())
        {
            Refuse(next, id, $"completing a workflow as {complete.WorkflowStatus}", now);
            return;
        }

        Finish(
            next,
            id,
            new ExecutionCompletedEvent
            {
                WorkflowStatus = complete.WorkflowStatus,
                Result = complete.Result,
                FailureDetails = complete.FailureDetails,
            },
            now);
    }

    /// <summary>A new execution under the same id, for the same parent; of what has happened only unread events stay.</summary>
    private static void ContinueAsNew(InstanceDocument next, CompleteWorkflowAction complete, DateTimeOffset now)
    {
        next.Retired.Add(new RetiredExecution { ExecutionId = next.ExecutionId, Pages = next.Pages });
        next.ExecutionId = RandomId.NewUuid();
        next.Generation++;
        next.Start = next.Start.Clone();
        next.Start.Input = complete.Result;
        next.Start.Version = complete.NewVersion ?? next.Start.Version;
        next.Start.ScheduledStartTimestamp = null;
        next.Start.WorkflowInstance.ExecutionId = next.ExecutionId;

        var unread = next.Inbox.Where(happened => happened.EventTypeCase
            is HistoryEvent.EventTypeOneofCase.EventRaised or HistoryEvent.EventTypeOneofCase.ExecutionTerminated
            or HistoryEvent.EventTypeOneofCase.ExecutionSuspended or HistoryEvent.EventTypeOneofCase.ExecutionResumed).ToList();
        Clear(next);
        next.Pages = 0;
        next.Tail.Clear();
        next.Inbox.Add(HistoryEvents.ExecutionStarted(next.Start, now));
        next.Inbox.AddRange(complete.CarryoverEvents);
        next.Inbox.AddRange(unread);
        next.Created = now.ToTimestamp();
    }

    /// <summary>
    /// Ends the instance with a message that says what is missing: a workflow that waited for ever for something the
    /// engine never does would be far harder to understand.
    /// </summary>
    private static void Refuse(InstanceDocument next, int id, string what, DateTimeOffset now) =>
        Finish(
            next,
            id,
            new ExecutionCompletedEvent
            {
                WorkflowStatus = OrchestrationStatus.Failed,
                FailureDetails = new TaskFailureDetails
                {
                    ErrorType = "Unsupported",
                    ErrorMessage = $"this sidecar's workflow engine does not support {what}",
                    IsNonRetriable = true,
                },
            },
            now);

    private static void Finish(InstanceDocument next, int id, ExecutionCompletedEvent completed, DateTimeOffset now)
    {
        var happened = HistoryEvents.ExecutionCompleted(id, completed, now);
        next.Tail.Add(happened);
        next.Status = completed.WorkflowStatus;
        next.Output = completed.Result;
        next.Failure = completed.FailureDetails;
        next.Completed = happened.Timestamp;

        if (next.Start.ParentInstance is { } parent)
        {
            Send(next, parent.WorkflowInstance.InstanceId, "ended", message => message.ChildEnded = new ChildEnded
            {
                ParentExecutionId = parent.WorkflowInstance.ExecutionId ?? "",
                Happened = HistoryEvents.ChildFinished(parent.TaskScheduledId, completed, now),
            });
        }

        Clear(next);
    }

    // Activities and children still running are not aborted; their results find nothing pending and are dropped.
    private static void Clear(InstanceDocument next)
    {
        next.Inbox.Clear();
        next.Activities.Clear();
        next.Timers.Clear();
        next.Children.Clear();
    }
}
