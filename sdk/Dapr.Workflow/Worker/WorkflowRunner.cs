using System.Collections.Concurrent;
using Dapr.Common.Serialization;
using Dapr.Workflow.Grpc;
using Dapr.Workflow.Protocol;
using Dapr.Workflow.Replay;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Dapr.Workflow.Worker;

/// <summary>Answers a workflow work item: makes the workflow, runs its turn, words the reply.</summary>
internal sealed partial class WorkflowRunner(
    IServiceScopeFactory scopes,
    IWorkflowsFactory factory,
    IDaprSerializer serializer,
    GrpcChannel channel,
    TurnWatchdog watchdog,
    ILoggerFactory loggers)
{
    private static readonly TimeSpan HistoryDeadline = TimeSpan.FromSeconds(60);

    private readonly ILogger _logger = loggers.CreateLogger<WorkflowRunner>();

    // What code did after its turn had ended can only be told on the instance's next turn.
    private readonly ConcurrentDictionary<ExecutionKey, string> _lateViolations = new();

    public async Task<WorkflowResponse> RunAsync(WorkflowRequest request, string completionToken, CancellationToken cancellationToken)
    {
        using var scope = _logger.BeginScope(new Dictionary<string, object> { ["InstanceId"] = request.InstanceId });
        var outcome = await RunTurnAsync(request, cancellationToken);
        if (outcome.Violation is { } violation)
        {
            LogViolation(_logger, request.InstanceId, violation);
        }

        var response = new WorkflowResponse
        {
            InstanceId = request.InstanceId,
            CompletionToken = completionToken,
            CustomStatus = outcome.CustomStatus,
        };
        response.Actions.AddRange(outcome.Actions);
        if (outcome.Patches.Count > 0)
        {
            response.Version = new WorkflowVersion { Patches = { outcome.Patches } };
        }

        return response;
    }

    private async Task<TurnOutcome> RunTurnAsync(WorkflowRequest request, CancellationToken cancellationToken)
    {
        var past = request.RequiresHistoryStreaming ? await FetchHistoryAsync(request, cancellationToken) : request.PastEvents;
        if (WorkflowTurnInput.FindStart(past.Concat(request.NewEvents)) is not { } started)
        {
            return TurnOutcome.NonDeterministic("The history does not say how the execution started.");
        }

        using var trace = WorkflowTracing.CarryThroughTurn(started);
        await using var services = scopes.CreateAsyncScope();
        if (!factory.TryCreateWorkflow(started.Name, services.ServiceProvider, out var workflow, out var activationFailure))
        {
            LogNotCreated(_logger, activationFailure, started.Name, request.InstanceId);
            return TurnOutcome.Failed(activationFailure?.ToFailureDetails() ?? new TaskFailureDetails
            {
                ErrorType = "WorkflowNotFound",
                ErrorMessage = $"Workflow '{started.Name}' is not registered with this worker.",
                IsNonRetriable = true,
            });
        }

        var key = new ExecutionKey(request.InstanceId, started.WorkflowInstance?.ExecutionId ?? string.Empty);
        if (_lateViolations.TryRemove(key, out var late))
        {
            return TurnOutcome.NonDeterministic(late);
        }

        var finished = false;
        var input = new WorkflowTurnInput(request.InstanceId, started, past, request.NewEvents, workflow, serializer, loggers)
        {
            // Once the instance has ended, what its abandoned code does no longer matters.
            ReportAfterTurn = violation => _ = Volatile.Read(ref finished) || _lateViolations.TryAdd(key, violation),
        };
        var outcome = await watchdog.RunAsync(
            () => Replay(input),
            () => TurnOutcome.NonDeterministic(DeterminismMessages.Blocked(started.Name, TurnWatchdog.Limit)));
        if (outcome.IsFinished)
        {
            Volatile.Write(ref finished, true);
            _lateViolations.TryRemove(key, out _);
        }

        return outcome;
    }

    private TurnOutcome Replay(WorkflowTurnInput input)
    {
        try
        {
            return WorkflowTurn.Run(input);
        }
#pragma warning disable CA1031 // A history that cannot be read would come again for ever; the instance ends with the reason.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            LogReplayBroke(_logger, failure, input.InstanceId);
            return TurnOutcome.Failed(failure.ToFailureDetails());
        }
    }

    private async Task<IReadOnlyList<HistoryEvent>> FetchHistoryAsync(WorkflowRequest request, CancellationToken cancellationToken)
    {
        var history = await channel.UnaryAsync(
            TaskHub.GetHistory, new GetInstanceHistoryRequest { InstanceId = request.InstanceId }, HistoryDeadline, cancellationToken);
        return history.Events;
    }

    [LoggerMessage(LogLevel.Error, "Workflow instance {InstanceId} failed because it cannot be replayed: {Violation}")]
    private static partial void LogViolation(ILogger logger, string instanceId, string violation);

    [LoggerMessage(LogLevel.Error, "Workflow {Name} of instance {InstanceId} is not registered or could not be made")]
    private static partial void LogNotCreated(ILogger logger, Exception? failure, string name, string instanceId);

    [LoggerMessage(LogLevel.Error, "The history of workflow instance {InstanceId} could not be replayed")]
    private static partial void LogReplayBroke(ILogger logger, Exception failure, string instanceId);

    private readonly record struct ExecutionKey(string InstanceId, string ExecutionId);
}
