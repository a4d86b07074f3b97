namespace Dapr.Workflow;

/// <summary>How a child workflow is called.</summary>
/// <param name="InstanceId">The child's id; null derives it from the parent's id and the place of the call.</param>
/// <param name="RetryPolicy">Starts a failed child again; null calls once.</param>
/// <param name="TargetAppId">Another application that has the workflow. Not served yet: setting it throws on the call.</param>
/// <param name="PropagationScope">History handed down. Not served yet: anything but none throws on the call.</param>
public record ChildWorkflowTaskOptions(
    string? InstanceId = null,
    WorkflowRetryPolicy? RetryPolicy = null,
    string? TargetAppId = null,
    HistoryPropagationScope PropagationScope = HistoryPropagationScope.None)
    : WorkflowTaskOptions(RetryPolicy, TargetAppId, PropagationScope)
{
    /// <summary>The same options with another scope.</summary>
    public new ChildWorkflowTaskOptions WithHistoryPropagation(HistoryPropagationScope scope) => this with { PropagationScope = scope };
}
