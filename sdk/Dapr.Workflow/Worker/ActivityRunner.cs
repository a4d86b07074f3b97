using Dapr.Common.Serialization;
using Dapr.Workflow.Abstractions;
using Dapr.Workflow.Protocol;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Dapr.Workflow.Worker;

/// <summary>Answers an activity work item: one instance in one scope, its result or its failure.</summary>
internal sealed partial class ActivityRunner(
    IServiceScopeFactory scopes, IWorkflowsFactory factory, IDaprSerializer serializer, ILogger<ActivityRunner> logger)
{
    public async Task<ActivityResponse> RunAsync(ActivityRequest request, string completionToken)
    {
        var instanceId = request.WorkflowInstance?.InstanceId ?? string.Empty;
        using var scope = logger.BeginScope(new Dictionary<string, object> { ["InstanceId"] = instanceId });
        using var trace = WorkflowTracing.StartActivity(request);
        var response = new ActivityResponse { InstanceId = instanceId, TaskId = request.TaskId, CompletionToken = completionToken };
        try
        {
            await using var services = scopes.CreateAsyncScope();
            if (factory.TryCreateActivity(request.Name, services.ServiceProvider, out var activity, out var activationFailure))
            {
                var input = serializer.Deserialize(request.Input, activity.InputType);
                var output = await activity.RunAsync(new Context(request.Name, request.TaskExecutionId, instanceId), input);
                response.Result = serializer.Serialize(output);
            }
            else
            {
                LogNotCreated(logger, activationFailure, request.Name, instanceId);
                response.FailureDetails = activationFailure?.ToFailureDetails() ?? new TaskFailureDetails
                {
                    ErrorType = "ActivityNotFound",
                    ErrorMessage = $"Activity '{request.Name}' is not registered with this worker.",
                    IsNonRetriable = true,
                };
            }
        }
#pragma warning disable CA1031 // An activity may throw anything; the workflow gets it as the failure of this one call.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            LogFailed(logger, failure, request.Name, instanceId);
            trace?.SetStatus(System.Diagnostics.ActivityStatusCode.Error, failure.Message);
            response.Result = null;
            response.FailureDetails = failure.ToFailureDetails();
        }

        return response;
    }

    // Whether a failure matters is for the workflow to say, which may retry or compensate: a warning, not an error.
    [LoggerMessage(LogLevel.Warning, "Activity {Name} of workflow instance {InstanceId} failed")]
    private static partial void LogFailed(ILogger logger, Exception failure, string name, string instanceId);

    [LoggerMessage(LogLevel.Error, "Activity {Name} of workflow instance {InstanceId} is not registered or could not be made")]
    private static partial void LogNotCreated(ILogger logger, Exception? failure, string name, string instanceId);

    private sealed class Context(string name, string executionKey, string instanceId) : WorkflowActivityContext
    {
        public override TaskIdentifier Identifier { get; } = name;

        public override string TaskExecutionKey { get; } = executionKey;

        public override string InstanceId { get; } = instanceId;
    }
}
