using Dapr.Workflow.Protocol;
using ActionOrigin = Dapr.Workflow.Protocol.CreateTimerAction.OriginOneofCase;
using EventOrigin = Dapr.Workflow.Protocol.TimerCreatedEvent.OriginOneofCase;

namespace Dapr.Workflow.Replay;

/// <summary>
/// What of a command must be the same on every replay: its kind and name. Inputs and times may differ, since serializers
/// and configured delays change without changing the order of calls.
/// </summary>
internal readonly record struct CommandShape(string Kind, string Name)
{
    private const string Activity = "activity";
    private const string ChildWorkflow = "child workflow";
    private const string Timer = "timer";
    private const string EventTimer = "timeout timer of event";
    private const string ActivityRetryTimer = "retry timer of an activity";
    private const string ChildRetryTimer = "retry timer of a child workflow";
    private const string AnyTimer = "timer of unknown origin";

    public static CommandShape Of(WorkflowAction action) => action.WorkflowActionTypeCase switch
    {
        WorkflowAction.WorkflowActionTypeOneofCase.ScheduleTask => new(Activity, action.ScheduleTask.Name),
        WorkflowAction.WorkflowActionTypeOneofCase.CreateChildWorkflow => new(ChildWorkflow, action.CreateChildWorkflow.Name),
        _ => action.CreateTimer.OriginCase switch
        {
            ActionOrigin.ExternalEvent => new(EventTimer, action.CreateTimer.ExternalEvent.Name),
            ActionOrigin.ActivityRetry => new(ActivityRetryTimer, string.Empty),
            ActionOrigin.ChildWorkflowRetry => new(ChildRetryTimer, string.Empty),
            _ => new(Timer, string.Empty),
        },
    };

    public static CommandShape Of(HistoryEvent recorded) => recorded.EventTypeCase switch
    {
        HistoryEvent.EventTypeOneofCase.TaskScheduled => new(Activity, recorded.TaskScheduled.Name),
        HistoryEvent.EventTypeOneofCase.ChildWorkflowInstanceCreated => new(ChildWorkflow, recorded.ChildWorkflowInstanceCreated.Name),
        _ => recorded.TimerCreated.OriginCase switch
        {
            EventOrigin.ExternalEvent => new(EventTimer, recorded.TimerCreated.ExternalEvent.Name),
            EventOrigin.ActivityRetry => new(ActivityRetryTimer, string.Empty),
            EventOrigin.ChildWorkflowRetry => new(ChildRetryTimer, string.Empty),
            EventOrigin.CreateTimer => new(Timer, string.Empty),
            // Runtimes that know no origins leave it out.
            _ => new(AnyTimer, string.Empty),
        },
    };

    public bool Matches(CommandShape recorded) =>
        recorded.Kind == AnyTimer
            ? Kind is Timer or EventTimer or ActivityRetryTimer or ChildRetryTimer
            : Kind == recorded.Kind && string.Equals(Name, recorded.Name, StringComparison.OrdinalIgnoreCase);

    public string Describe(int id) => Name.Length == 0 ? $"a {Kind} (#{id})" : $"{Kind} '{Name}' (#{id})";
}
