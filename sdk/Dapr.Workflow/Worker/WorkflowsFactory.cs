using System.Diagnostics.CodeAnalysis;
using Dapr.Workflow.Abstractions;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Dapr.Workflow.Worker;

/// <inheritdoc />
internal sealed partial class WorkflowsFactory(ILogger<WorkflowsFactory> logger) : IWorkflowsFactory
{
    private readonly Dictionary<string, Func<IServiceProvider, IWorkflow>> _workflows = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, Func<IServiceProvider, IWorkflowActivity>> _activities = new(StringComparer.OrdinalIgnoreCase);

    public void RegisterWorkflow<TWorkflow>(string? name = null)
        where TWorkflow : class, IWorkflow =>
        AddWorkflow(name ?? typeof(TWorkflow).Name, services => ActivatorUtilities.CreateInstance<TWorkflow>(services));

    public void RegisterWorkflow<TInput, TOutput>(string name, Func<WorkflowContext, TInput, Task<TOutput>> implementation) =>
        AddWorkflow(name, _ => new FunctionWorkflow<TInput, TOutput>(implementation));

    public void RegisterActivity<TActivity>(string? name = null)
        where TActivity : class, IWorkflowActivity =>
        AddActivity(name ?? typeof(TActivity).Name, services => ActivatorUtilities.CreateInstance<TActivity>(services));

    public void RegisterActivity<TInput, TOutput>(string name, Func<WorkflowActivityContext, TInput, Task<TOutput>> implementation) =>
        AddActivity(name, _ => new FunctionActivity<TInput, TOutput>(implementation));

    public bool TryCreateWorkflow(
        TaskIdentifier identifier,
        IServiceProvider serviceProvider,
        [NotNullWhen(true)] out IWorkflow? workflow,
        out Exception? activationException) =>
        TryCreate(_workflows, identifier, serviceProvider, out workflow, out activationException);

    public bool TryCreateActivity(
        TaskIdentifier identifier,
        IServiceProvider serviceProvider,
        [NotNullWhen(true)] out IWorkflowActivity? activity,
        out Exception? activationException) =>
        TryCreate(_activities, identifier, serviceProvider, out activity, out activationException);

    private void AddWorkflow(string name, Func<IServiceProvider, IWorkflow> create)
    {
        if (!_workflows.TryAdd(name, create))
        {
            LogWorkflowKnown(logger, name);
        }
    }

    private void AddActivity(string name, Func<IServiceProvider, IWorkflowActivity> create)
    {
        if (!_activities.TryAdd(name, create))
        {
            LogActivityKnown(logger, name);
        }
    }

    private static bool TryCreate<T>(
        Dictionary<string, Func<IServiceProvider, T>> known,
        TaskIdentifier identifier,
        IServiceProvider services,
        [NotNullWhen(true)] out T? created,
        out Exception? activationException)
        where T : class
    {
        created = null;
        activationException = null;
        if (!known.TryGetValue(identifier.Name, out var create))
        {
            return false;
        }

        try
        {
            created = create(services);
            return true;
        }
#pragma warning disable CA1031 // A constructor may throw anything, and the caller turns it into the failure of this one work item.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            activationException = failure;
            return false;
        }
    }

    [LoggerMessage(LogLevel.Warning, "Workflow {Name} is already registered; the first registration stays")]
    private static partial void LogWorkflowKnown(ILogger logger, string name);

    [LoggerMessage(LogLevel.Warning, "Activity {Name} is already registered; the first registration stays")]
    private static partial void LogActivityKnown(ILogger logger, string name);

    private sealed class FunctionWorkflow<TInput, TOutput>(Func<WorkflowContext, TInput, Task<TOutput>> implementation)
        : Workflow<TInput, TOutput>
    {
        public override Task<TOutput> RunAsync(WorkflowContext context, TInput input) => implementation(context, input);
    }

    private sealed class FunctionActivity<TInput, TOutput>(Func<WorkflowActivityContext, TInput, Task<TOutput>> implementation)
        : WorkflowActivity<TInput, TOutput>
    {
        public override Task<TOutput> RunAsync(WorkflowActivityContext context, TInput input) => implementation(context, input);
    }
}
