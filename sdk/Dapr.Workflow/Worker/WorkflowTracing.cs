using System.Diagnostics;
using Dapr.Workflow.Protocol;

namespace Dapr.Workflow.Worker;

/// <summary>Lets one trace run through a workflow: from the call that started it into each of its activities.</summary>
internal static class WorkflowTracing
{
    private static readonly ActivitySource Source = new("Dapr.Workflow");

    /// <summary>Starts a span for an activity, or without a listener just carries the trace on to what the activity calls.</summary>
    public static Activity? StartActivity(ActivityRequest request)
    {
        var parent = Parent(request.ParentTraceContext);
        var span = Source.StartActivity($"activity {request.Name}", ActivityKind.Consumer, parent);
        span?.SetTag("dapr.workflow.instance_id", request.WorkflowInstance?.InstanceId);
        span?.SetTag("dapr.workflow.task_id", request.TaskId);
        return span ?? Carry(request.Name, request.ParentTraceContext);
    }

    /// <summary>
    /// Gives a turn's log lines the trace they belong to. Not a span: a workflow of many turns would be a trace of many spans
    /// that each last a millisecond.
    /// </summary>
    public static Activity? CarryThroughTurn(ExecutionStartedEvent started) => Carry(started.Name, started.ParentTraceContext);

    private static Activity? Carry(string name, TraceContext? parent)
    {
        if (Parent(parent) == default)
        {
            return null;
        }

        var carrier = new Activity(name).SetParentId(parent!.TraceParent);
        carrier.TraceStateString = parent.TraceState;
        return carrier.Start();
    }

    private static ActivityContext Parent(TraceContext? context) =>
        ActivityContext.TryParse(context?.TraceParent, context?.TraceState, isRemote: true, out var parent) ? parent : default;
}
