namespace Dapr.Workflow;

/// <summary>How an activity is called.</summary>
/// <param name="RetryPolicy">Repeats a failed call; null calls once.</param>
/// <param name="TargetAppId">Another application that has the activity. Not served yet: setting it throws on the call.</param>
/// <param name="PropagationScope">History handed down. Not served yet: anything but none throws on the call.</param>
public record WorkflowTaskOptions(
    WorkflowRetryPolicy? RetryPolicy = null,
    string? TargetAppId = null,
    HistoryPropagationScope PropagationScope = HistoryPropagationScope.None)
{
    /// <summary>The same options with another scope.</summary>
    public WorkflowTaskOptions WithHistoryPropagation(HistoryPropagationScope scope) => this with { PropagationScope = scope };
}
