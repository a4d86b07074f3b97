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
