namespace Dapr.Workflow;

/// <summary>
/// Base of a workflow: code that is run again from its start whenever something happened, and must therefore take
/// time, ids, timers and every result of the outer world from its <see cref="WorkflowContext"/> alone.
/// </summary>
/// <typeparam name="TInput">Input, as JSON on the wire.</typeparam>
/// <typeparam name="TOutput">Result, as JSON on the wire.</typeparam>
public abstract class Workflow<TInput, TOutput> : IWorkflow
{
    /// <inheritdoc />
    Type IWorkflow.InputType => typeof(TInput);

    /// <inheritdoc />
    Type IWorkflow.OutputType => typeof(TOutput);

    /// <summary>The business process.</summary>
    public abstract Task<TOutput> RunAsync(WorkflowContext context, TInput input);

    /// <inheritdoc />
    async Task<object?> IWorkflow.RunAsync(WorkflowContext context, object? input) =>
        await RunAsync(context, input is null ? default! : (TInput)input);
}
