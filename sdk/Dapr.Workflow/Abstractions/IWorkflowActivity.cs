namespace Dapr.Workflow.Abstractions;

/// <summary>An activity as the worker sees it; derive from <see cref="WorkflowActivity{TInput, TOutput}"/> instead.</summary>
public interface IWorkflowActivity
{
    /// <summary>Type that the activity's input is read as.</summary>
    Type InputType { get; }

    /// <summary>Type of the activity's result.</summary>
    Type OutputType { get; }

    /// <summary>Does the work, at least once per call of the workflow.</summary>
    Task<object?> RunAsync(WorkflowActivityContext context, object? input);
}
