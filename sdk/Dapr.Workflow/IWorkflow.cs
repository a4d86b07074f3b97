namespace Dapr.Workflow;

/// <summary>A workflow as the worker sees it; derive from <see cref="Workflow{TInput, TOutput}"/> instead.</summary>
public interface IWorkflow
{
    /// <summary>Type that the workflow's input is read as.</summary>
    Type InputType { get; }

    /// <summary>Type of the workflow's result.</summary>
    Type OutputType { get; }

    /// <summary>Runs the workflow from its start; called again on every turn, against the recorded history.</summary>
    Task<object?> RunAsync(WorkflowContext context, object? input);
}
