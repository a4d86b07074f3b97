namespace Dapr.Workflow;

/// <summary>An activity or a child workflow failed, after all retries it was given.</summary>
public class WorkflowTaskFailedException : Exception
{
    /// <summary>A failure seen by the calling workflow.</summary>
    public WorkflowTaskFailedException(string message, WorkflowTaskFailureDetails failureDetails)
        : base(message)
    {
        ArgumentNullException.ThrowIfNull(failureDetails);
        FailureDetails = failureDetails;
    }

    /// <summary>What was thrown inside the task.</summary>
    public WorkflowTaskFailureDetails FailureDetails { get; }
}
