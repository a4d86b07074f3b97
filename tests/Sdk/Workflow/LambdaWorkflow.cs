using Dapr.Workflow;

namespace DaprShop.Tests.Workflow;

/// <summary>Workflow code written beside the test that runs it.</summary>
internal sealed class LambdaWorkflow<TInput, TOutput>(Func<WorkflowContext, TInput, Task<TOutput>> code) : Workflow<TInput, TOutput>
{
    public override Task<TOutput> RunAsync(WorkflowContext context, TInput input) => code(context, input);
}
