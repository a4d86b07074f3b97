using Dapr.Workflow.Grpc;
using Dapr.Workflow.Protocol;
using Google.Protobuf;
using Microsoft.Extensions.Logging;

namespace Dapr.Workflow.Worker;

/// <summary>
/// Runs work items side by side, up to a limit for each kind, and hands in their results. Workflows and activities do not
/// take each other's places: an activity that waits for a workflow would otherwise wait for itself.
/// </summary>
internal sealed partial class WorkItemDispatcher(
    WorkflowRunner workflows, ActivityRunner activities, GrpcChannel channel, TimeProvider clock, ILogger<WorkItemDispatcher> logger) : IDisposable
{
    private const int LimitPerKind = 100;
    private const int Attempts = 4;
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(200);

    private readonly SemaphoreSlim _workflowPlaces = new(LimitPerKind);
    private readonly SemaphoreSlim _activityPlaces = new(LimitPerKind);
    private readonly Lock _gate = new();
    private TaskCompletionSource _idle = Finished();
    private int _running;

    /// <summary>Completes when nothing runs.</summary>
    public Task WhenIdle
    {
        get
        {
            lock (_gate)
            {
                return _idle.Task;
            }
        }
    }

    /// <summary>Takes an item on and returns at once.</summary>
    /// <param name="item">The work.</param>
    /// <param name="giveBack">Called when the result could not be handed in: the runtime gives the item out again once the stream is gone.</param>
    /// <param name="cancellationToken">Ends what has not been started, and the handing in.</param>
    public void Dispatch(WorkItem item, Action giveBack, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (_running++ == 0)
            {
                _idle = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            }
        }

        _ = Task.Run(() => RunAsync(item, giveBack, cancellationToken), CancellationToken.None);
    }

    public void Dispose()
    {
        _workflowPlaces.Dispose();
        _activityPlaces.Dispose();
    }

    private async Task RunAsync(WorkItem item, Action giveBack, CancellationToken cancellationToken)
    {
        try
        {
            switch (item.RequestCase)
            {
                case WorkItem.RequestOneofCase.WorkflowRequest:
                    await InPlaceAsync(_workflowPlaces, () => RunWorkflowAsync(item, cancellationToken), cancellationToken);
                    break;
                case WorkItem.RequestOneofCase.ActivityRequest:
                    await InPlaceAsync(_activityPlaces, () => RunActivityAsync(item, cancellationToken), cancellationToken);
                    break;
                default:
                    // A kind of work that this SDK does not know; the runtime sends none unasked.
                    break;
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            LogGivenUp(logger, InstanceOf(item));
        }
#pragma warning disable CA1031 // One item must never end the stream that serves all others, whatever went wrong with it.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            LogNotHandedIn(logger, failure, InstanceOf(item));
            giveBack();
        }
        finally
        {
            lock (_gate)
            {
                if (--_running == 0)
                {
                    _idle.TrySetResult();
                }
            }
        }
    }

    private static async Task InPlaceAsync(SemaphoreSlim places, Func<Task> work, CancellationToken cancellationToken)
    {
        await places.WaitAsync(cancellationToken);
        try
        {
            await work();
        }
        finally
        {
            places.Release();
        }
    }

    private async Task RunWorkflowAsync(WorkItem item, CancellationToken cancellationToken)
    {
        var response = await workflows.RunAsync(item.WorkflowRequest, item.CompletionToken, cancellationToken);
        await HandInAsync(TaskHub.CompleteWorkflow, response, TooLarge, cancellationToken);

        WorkflowResponse TooLarge(TaskFailureDetails failure) => new()
        {
            InstanceId = response.InstanceId,
            CompletionToken = response.CompletionToken,
            Actions =
            {
                new WorkflowAction
                {
                    CompleteWorkflow = new CompleteWorkflowAction { WorkflowStatus = OrchestrationStatus.Failed, FailureDetails = failure },
                },
            },
        };
    }

    private async Task RunActivityAsync(WorkItem item, CancellationToken cancellationToken)
    {
        var response = await activities.RunAsync(item.ActivityRequest, item.CompletionToken);
        await HandInAsync(TaskHub.CompleteActivity, response, TooLarge, cancellationToken);

        ActivityResponse TooLarge(TaskFailureDetails failure) => new()
        {
            InstanceId = response.InstanceId,
            TaskId = response.TaskId,
            CompletionToken = response.CompletionToken,
            FailureDetails = failure,
        };
    }

    // The work is done, so it is worth a few attempts: without the answer the runtime would have it done again.
    private async Task HandInAsync<TResponse>(
        GrpcMethod<TResponse, CompleteTaskResponse> method,
        TResponse response,
        Func<TaskFailureDetails, TResponse> tooLarge,
        CancellationToken cancellationToken)
        where TResponse : class, IMessage<TResponse>
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await channel.UnaryAsync(method, response, Deadline, cancellationToken);
                return;
            }
            catch (GrpcCallException failure) when (failure.IsTransient && attempt < Attempts)
            {
                await Task.Delay(FirstPause * attempt, clock, cancellationToken);
            }
            catch (GrpcCallException failure) when (failure.Status == GrpcStatus.ResourceExhausted && attempt < Attempts)
            {
                // It would be as large the next time; a failure that says so is small.
                response = tooLarge(failure.ToFailureDetails());
            }
        }
    }

    private static string InstanceOf(WorkItem item) =>
        item.WorkflowRequest?.InstanceId ?? item.ActivityRequest?.WorkflowInstance?.InstanceId ?? string.Empty;

    private static TaskCompletionSource Finished()
    {
        var finished = new TaskCompletionSource();
        finished.SetResult();
        return finished;
    }

    [LoggerMessage(LogLevel.Debug, "A work item of workflow instance {InstanceId} was given up; the sidecar gives it out again")]
    private static partial void LogGivenUp(ILogger logger, string instanceId);

    [LoggerMessage(LogLevel.Warning, "The result of a work item of workflow instance {InstanceId} could not be handed in; the sidecar gives it out again")]
    private static partial void LogNotHandedIn(ILogger logger, Exception failure, string instanceId);
}
