using System.Diagnostics.CodeAnalysis;
using Dapr.Workflow.Abstractions;

namespace Dapr.Workflow.Worker;

/// <summary>Knows the registered workflows and activities by name, case aside, and makes one per work item.</summary>
public interface IWorkflowsFactory
{
    /// <summary>Registers a workflow class.</summary>
    void RegisterWorkflow<TWorkflow>(string? name = null)
        where TWorkflow : class, IWorkflow;

    /// <summary>Registers a function as a workflow.</summary>
    void RegisterWorkflow<TInput, TOutput>(string name, Func<WorkflowContext, TInput, Task<TOutput>> implementation);

    /// <summary>Registers an activity class.</summary>
    void RegisterActivity<TActivity>(string? name = null)
        where TActivity : class, IWorkflowActivity;

    /// <summary>Registers a function as an activity.</summary>
    void RegisterActivity<TInput, TOutput>(string name, Func<WorkflowActivityContext, TInput, Task<TOutput>> implementation);

    /// <summary>Makes a workflow; false when the name is unknown (no exception) or its constructor failed.</summary>
    bool TryCreateWorkflow(
        TaskIdentifier identifier,
        IServiceProvider serviceProvider,
        [NotNullWhen(true)] out IWorkflow? workflow,
        out Exception? activationException);

    /// <summary>Makes an activity; false when the name is unknown (no exception) or its constructor failed.</summary>
    bool TryCreateActivity(
        TaskIdentifier identifier,
        IServiceProvider serviceProvider,
        [NotNullWhen(true)] out IWorkflowActivity? activity,
        out Exception? activationException);
}
