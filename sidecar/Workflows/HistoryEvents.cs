using Google.Protobuf.WellKnownTypes;
using Sidecar.Grpc.DurableTask;

namespace Sidecar.Workflows;

/// <summary>
/// Makes history events as dapr-contract.md 11.6 numbers them: what the engine adds of its own has event id -1, what
/// comes from an action has the action's id.
/// </summary>
internal static class HistoryEvents
{
    private const int NoAction = -1;

    public static HistoryEvent WorkflowStarted(DateTimeOffset now) =>
        At(now, new HistoryEvent { WorkflowStarted = new WorkflowStartedEvent() });

    public static HistoryEvent ExecutionStarted(ExecutionStartedEvent start, DateTimeOffset now) =>
        At(now, new HistoryEvent { ExecutionStarted = start });

    public static HistoryEvent EventRaised(string name, string? input, DateTimeOffset now) =>
        At(now, new HistoryEvent { EventRaised = new EventRaisedEvent { Name = name, Input = input } });

    public static HistoryEvent ExecutionTerminated(string? output, bool recurse, DateTimeOffset now) =>
        At(now, new HistoryEvent { ExecutionTerminated = new ExecutionTerminatedEvent { Input = output, Recurse = recurse } });

    public static HistoryEvent ExecutionSuspended(string? reason, DateTimeOffset now) =>
        At(now, new HistoryEvent { ExecutionSuspended = new ExecutionSuspendedEvent { Input = reason } });

    public static HistoryEvent ExecutionResumed(string? reason, DateTimeOffset now) =>
        At(now, new HistoryEvent { ExecutionResumed = new ExecutionResumedEvent { Input = reason } });

    public static HistoryEvent TaskFinished(PendingActivity activity, ActivityResponse response, DateTimeOffset now) =>
        At(now, response.FailureDetails is { } failure
            ? new HistoryEvent
            {
                TaskFailed = new TaskFailedEvent
                {
                    TaskScheduledId = activity.TaskId,
                    FailureDetails = failure,
                    TaskExecutionId = activity.Task.TaskExecutionId,
                },
            }
            : new HistoryEvent
            {
                TaskCompleted = new TaskCompletedEvent
                {
                    TaskScheduledId = activity.TaskId,
                    Result = response.Result,
                    TaskExecutionId = activity.Task.TaskExecutionId,
                },
            });

    public static HistoryEvent ChildCreated(int actionId, ChildWorkflowInstanceCreatedEvent child, DateTimeOffset now) =>
        At(now, new HistoryEvent { ChildWorkflowInstanceCreated = child }, actionId);

    /// <param name="taskId">The parent's action that started the child.</param>
    public static HistoryEvent ChildFinished(int taskId, ExecutionCompletedEvent completed, DateTimeOffset now) =>
        completed.WorkflowStatus == OrchestrationStatus.Completed
            ? At(now, new HistoryEvent
            {
                ChildWorkflowInstanceCompleted = new ChildWorkflowInstanceCompletedEvent { TaskScheduledId = taskId, Result = completed.Result },
            })
            : ChildFailed(
                taskId,
                completed.FailureDetails ?? new TaskFailureDetails { ErrorType = $"{completed.WorkflowStatus}", ErrorMessage = $"the child workflow ended as {completed.WorkflowStatus}" },
                now);

    public static HistoryEvent ChildFailed(int taskId, TaskFailureDetails failure, DateTimeOffset now) =>
        At(now, new HistoryEvent
        {
            ChildWorkflowInstanceFailed = new ChildWorkflowInstanceFailedEvent { TaskScheduledId = taskId, FailureDetails = failure },
        });

    public static HistoryEvent TimerFired(PendingTimer timer, DateTimeOffset now) =>
        At(now, new HistoryEvent { TimerFired = new TimerFiredEvent { TimerId = timer.TimerId, FireAt = timer.FireAt } });

    public static HistoryEvent TaskScheduled(int actionId, TaskScheduledEvent task, DateTimeOffset now) =>
        At(now, new HistoryEvent { TaskScheduled = task }, actionId);

    public static HistoryEvent TimerCreated(int actionId, TimerCreatedEvent timer, DateTimeOffset now) =>
        At(now, new HistoryEvent { TimerCreated = timer }, actionId);

    public static HistoryEvent ExecutionCompleted(int actionId, ExecutionCompletedEvent completed, DateTimeOffset now) =>
        At(now, new HistoryEvent { ExecutionCompleted = completed }, actionId);

    private static HistoryEvent At(DateTimeOffset now, HistoryEvent happened, int id = NoAction)
    {
        happened.EventId = id;
        happened.Timestamp = now.ToTimestamp();
        return happened;
    }
}
