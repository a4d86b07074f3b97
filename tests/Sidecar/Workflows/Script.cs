using Google.Protobuf.WellKnownTypes;
using Sidecar.Grpc.DurableTask;

namespace DaprShop.Tests.Workflows;

/// <summary>
/// A worker's half of a workflow without an SDK: from the whole history to every action so far. What the history
/// already holds is not sent again, as a replaying worker would not.
/// </summary>
internal delegate IEnumerable<WorkflowAction> Script(History history);

/// <summary>The history as a script asks about it.</summary>
internal sealed class History(IReadOnlyList<HistoryEvent> events)
{
    public IReadOnlyList<HistoryEvent> Events => events;

    public DateTimeOffset Now => events.Last(happened => happened.WorkflowStarted is not null).Timestamp.ToDateTimeOffset();

    public string? Input => events.First(happened => happened.ExecutionStarted is not null).ExecutionStarted.Input;

    public bool Terminated => events.Any(happened => happened.ExecutionTerminated is not null);

    public string? Result(int taskId) => events.FirstOrDefault(happened => happened.TaskCompleted?.TaskScheduledId == taskId)?.TaskCompleted.Result;

    public bool Done(int taskId) => events.Any(happened => happened.TaskCompleted?.TaskScheduledId == taskId);

    public TaskFailureDetails? Failure(int taskId) =>
        events.FirstOrDefault(happened => happened.TaskFailed?.TaskScheduledId == taskId)?.TaskFailed.FailureDetails;

    /// <summary>The child's result; null while it has none.</summary>
    public string? Child(int taskId) =>
        events.FirstOrDefault(happened => happened.ChildWorkflowInstanceCompleted?.TaskScheduledId == taskId)?.ChildWorkflowInstanceCompleted.Result;

    public TaskFailureDetails? ChildFailure(int taskId) =>
        events.FirstOrDefault(happened => happened.ChildWorkflowInstanceFailed?.TaskScheduledId == taskId)?.ChildWorkflowInstanceFailed.FailureDetails;

    public string Name => events.First(happened => happened.ExecutionStarted is not null).ExecutionStarted.Name;

    public bool Fired(int timerId) => events.Any(happened => happened.TimerFired?.TimerId == timerId);

    public IEnumerable<string> Raised(string name) =>
        events.Where(happened => happened.EventRaised?.Name == name).Select(happened => happened.EventRaised.Input);

    public bool Holds(WorkflowAction action) => events.Any(happened =>
        happened.EventId == action.Id && (happened.TaskScheduled is not null || happened.TimerCreated is not null || happened.ChildWorkflowInstanceCreated is not null));
}

internal static class Actions
{
    public static WorkflowAction Call(int id, string name, string? input = null) =>
        new() { Id = id, ScheduleTask = new ScheduleTaskAction { Name = name, Input = input, TaskExecutionId = $"x{id}" } };

    public static WorkflowAction Timer(int id, DateTimeOffset fireAt) => new()
    {
        Id = id,
        CreateTimer = new CreateTimerAction { FireAt = fireAt.ToTimestamp(), CreateTimer = new TimerOriginCreateTimer() },
    };

    /// <param name="childId">Empty: the engine names it after its parent.</param>
    public static WorkflowAction Child(int id, string name, string? input = null, string childId = "") =>
        new() { Id = id, CreateChildWorkflow = new CreateChildWorkflowAction { Name = name, Input = input, InstanceId = childId } };

    public static WorkflowAction ContinueAsNew(int id, string input, params IEnumerable<HistoryEvent> carried)
    {
        var action = Finish(id, OrchestrationStatus.ContinuedAsNew, input);
        action.CompleteWorkflow.CarryoverEvents.AddRange(carried);
        return action;
    }

    public static WorkflowAction Complete(int id, string? result) => Finish(id, OrchestrationStatus.Completed, result);

    public static WorkflowAction Finish(int id, OrchestrationStatus status, string? result = null, TaskFailureDetails? failure = null) => new()
    {
        Id = id,
        CompleteWorkflow = new CompleteWorkflowAction { WorkflowStatus = status, Result = result, FailureDetails = failure },
    };

    public static WorkflowResponse Answer(WorkItem item, Script script)
    {
        var request = item.WorkflowRequest;
        var history = new History([.. request.PastEvents, .. request.NewEvents]);
        var response = new WorkflowResponse { InstanceId = request.InstanceId, CompletionToken = item.CompletionToken };
        response.Actions.AddRange(script(history).Where(action => !history.Holds(action)));
        return response;
    }

    /// <summary>Activities answer their input in brackets, or fail when their name says so.</summary>
    public static ActivityResponse Answer(WorkItem item)
    {
        var request = item.ActivityRequest;
        var response = new ActivityResponse
        {
            InstanceId = request.WorkflowInstance.InstanceId,
            TaskId = request.TaskId,
            CompletionToken = item.CompletionToken,
        };
        if (request.Name == "fail")
        {
            response.FailureDetails = new TaskFailureDetails { ErrorType = "System.InvalidOperationException", ErrorMessage = "out of stock" };
        }
        else
        {
            response.Result = $"[{request.Input}]";
        }

        return response;
    }
}
