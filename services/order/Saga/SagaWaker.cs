using Dapr.Workflow;

namespace DaprShop.Order.Saga;

/// <summary>
/// Shortens a saga's wait. Nothing depends on it: the saga polls. So a finished, missing or unreachable instance is left alone.
/// </summary>
internal sealed partial class SagaWaker(IDaprWorkflowClient workflows, ILogger<SagaWaker> logger)
{
    public async Task WakeAsync(string orderId, CancellationToken cancellationToken)
    {
        try
        {
            var instance = await workflows.GetWorkflowStateAsync(orderId, getInputsAndOutputs: false, cancellationToken);
            if (instance is { Exists: true, IsWorkflowRunning: true })
            {
                await workflows.RaiseEventAsync(orderId, OrderWorkflow.Wake, eventPayload: null, cancellationToken);
            }
        }
#pragma warning disable CA1031 // The official client throws its transport's exceptions; the poll makes up for a wake-up that failed.
        catch (Exception failure) when (!cancellationToken.IsCancellationRequested)
#pragma warning restore CA1031
        {
            LogNotWoken(failure, orderId);
        }
    }

    [LoggerMessage(LogLevel.Warning, "The saga of order {OrderId} was not woken; it will poll")]
    private partial void LogNotWoken(Exception failure, string orderId);
}
