using Dapr.Workflow.Protocol;
using Google.Protobuf.WellKnownTypes;

namespace DaprShop.Tests.Workflow;

/// <summary>History events in the shapes a runtime writes.</summary>
internal static class Events
{
    public static HistoryEvent TurnStarted(DateTime time) =>
        new() { EventId = -1, Timestamp = Timestamp.FromDateTime(time), WorkflowStarted = new WorkflowStartedEvent() };

    public static HistoryEvent TaskCompleted(int id, object? result) => new()
    {
        EventId = -1,
        TaskCompleted = new TaskCompletedEvent { TaskScheduledId = id, Result = WorkflowPlay.Serializer.Serialize(result) },
    };

    public static HistoryEvent TaskFailed(int id, string message, string type = "Shop.Broken") => new()
    {
        EventId = -1,
        TaskFailed = new TaskFailedEvent
        {
            TaskScheduledId = id,
            FailureDetails = new TaskFailureDetails { ErrorType = type, ErrorMessage = message, StackTrace = "at Shop" },
        },
    };

    public static HistoryEvent ChildCompleted(int id, object? result) => new()
    {
        EventId = -1,
        ChildWorkflowInstanceCompleted = new ChildWorkflowInstanceCompletedEvent
        {
            TaskScheduledId = id,
            Result = WorkflowPlay.Serializer.Serialize(result),
        },
    };

    public static HistoryEvent ChildFailed(int id, string message) => new()
    {
        EventId = -1,
        ChildWorkflowInstanceFailed = new ChildWorkflowInstanceFailedEvent
        {
            TaskScheduledId = id,
            FailureDetails = new TaskFailureDetails { ErrorType = "Shop.Broken", ErrorMessage = message },
        },
    };

    public static HistoryEvent TimerFired(int id) => new() { EventId = -1, TimerFired = new TimerFiredEvent { TimerId = id } };

    public static HistoryEvent Raised(string name, object? payload = null) => new()
    {
        EventId = -1,
        EventRaised = new EventRaisedEvent { Name = name, Input = WorkflowPlay.Serializer.Serialize(payload) },
    };

    public static HistoryEvent Suspended() => new() { EventId = -1, ExecutionSuspended = new ExecutionSuspendedEvent() };

    public static HistoryEvent Resumed() => new() { EventId = -1, ExecutionResumed = new ExecutionResumedEvent() };

    public static HistoryEvent Terminated(object? output) => new()
    {
        EventId = -1,
        ExecutionTerminated = new ExecutionTerminatedEvent { Input = WorkflowPlay.Serializer.Serialize(output) },
    };

    /// <summary>What a runtime writes down for an action.</summary>
    public static HistoryEvent Recorded(WorkflowAction action)
    {
        var recorded = new HistoryEvent { EventId = action.Id };
        switch (action.WorkflowActionTypeCase)
        {
            case WorkflowAction.WorkflowActionTypeOneofCase.ScheduleTask:
                recorded.TaskScheduled = new TaskScheduledEvent
                {
                    Name = action.ScheduleTask.Name,
                    Input = action.ScheduleTask.Input,
                    TaskExecutionId = action.ScheduleTask.TaskExecutionId,
                };
                break;
            case WorkflowAction.WorkflowActionTypeOneofCase.CreateChildWorkflow:
                recorded.ChildWorkflowInstanceCreated = new ChildWorkflowInstanceCreatedEvent
                {
                    InstanceId = action.CreateChildWorkflow.InstanceId,
                    Name = action.CreateChildWorkflow.Name,
                    Input = action.CreateChildWorkflow.Input,
                };
                break;
            default:
                recorded.TimerCreated = Timer(action.CreateTimer);
                break;
        }

        return recorded;
    }

    private static TimerCreatedEvent Timer(CreateTimerAction action)
    {
        var created = new TimerCreatedEvent { FireAt = action.FireAt };
        switch (action.OriginCase)
        {
            case CreateTimerAction.OriginOneofCase.CreateTimer:
                created.CreateTimer = action.CreateTimer;
                break;
            case CreateTimerAction.OriginOneofCase.ExternalEvent:
                created.ExternalEvent = action.ExternalEvent;
                break;
            case CreateTimerAction.OriginOneofCase.ActivityRetry:
                created.ActivityRetry = action.ActivityRetry;
                break;
            default:
                created.ChildWorkflowRetry = action.ChildWorkflowRetry;
                break;
        }

        return created;
    }
}
