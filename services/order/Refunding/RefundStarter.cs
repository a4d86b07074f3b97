using Dapr.Workflow;

namespace DaprShop.Order.Refunding;

/// <summary>Starts the workflow of a refund unless it was started before.</summary>
internal interface IRefundStarter
{
    /// <returns>False: it could not be started now; the sweep will.</returns>
    Task<bool> EnsureAsync(string orderId, CancellationToken cancellationToken);
}

/// <summary>Over Dapr's workflows. Only an instance that failed is started again: it gave up before the refund was done.</summary>
internal sealed partial class RefundStarter(IDaprWorkflowClient workflows, ILogger<RefundStarter> logger) : IRefundStarter
{
    public static string InstanceOf(string orderId) => $"{orderId}-refund";

    public async Task<bool> EnsureAsync(string orderId, CancellationToken cancellationToken)
    {
        try
        {
            var instance = await workflows.GetWorkflowStateAsync(InstanceOf(orderId), getInputsAndOutputs: false, cancellationToken);
            if (!instance.Exists || instance.RuntimeStatus is WorkflowRuntimeStatus.Failed or WorkflowRuntimeStatus.Terminated)
            {
                await workflows.ScheduleNewWorkflowAsync(
                    nameof(RefundWorkflow), InstanceOf(orderId), orderId, startTime: (DateTimeOffset?)null, cancellationToken);
            }

            return true;
        }
#pragma warning disable CA1031 // The official client throws its transport's exceptions, also when another replica was faster.
        catch (Exception failure) when (!cancellationToken.IsCancellationRequested)
#pragma warning restore CA1031
        {
            LogNotStarted(failure, orderId);
            return false;
        }
    }

    [LoggerMessage(LogLevel.Warning, "The refund of order {OrderId} was not started now; the sweep starts it unless it runs")]
    private partial void LogNotStarted(Exception failure, string orderId);
}
