using Dapr.Workflow.Abstractions;

namespace Dapr.Workflow;

/// <summary>
/// Base of an activity: the only place where a workflow touches the outer world. It runs at least once, so a repeat
/// must do no harm. A new instance is made for each call, its constructor arguments come from a scope of their own.
/// </summary>
/// <typeparam name="TInput">Input, as JSON on the wire.</typeparam>
/// <typeparam name="TOutput">Result, as JSON on the wire.</typeparam>
public abstract class WorkflowActivity<TInput, TOutput> : IWorkflowActivity
{
    /// <inheritdoc />
    Type IWorkflowActivity.InputType => typeof(TInput);

    /// <inheritdoc />
    Type IWorkflowActivity.OutputType => typeof(TOutput);

    /// <inheritdoc />
    public async Task<object?> RunAsync(WorkflowActivityContext context, object? input) =>
        await RunAsync(context, input is null ? default! : (TInput)input);

    /// <summary>The work.</summary>
    public abstract Task<TOutput> RunAsync(WorkflowActivityContext context, TInput input);
}
