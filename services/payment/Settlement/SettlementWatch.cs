using Dapr.Workflow;
using DaprShop.Payment.Payments;

namespace DaprShop.Payment.Settlement;

/// <summary>Starts the watch over a voided payment; at most one runs per order.</summary>
internal sealed class SettlementWatch(DaprWorkflowClient workflows)
{
    public async Task EnsureAsync(string orderId, CancellationToken cancellationToken)
    {
        var instanceId = PaymentKeys.SettlementInstance(orderId);
        var state = await workflows.GetWorkflowStateAsync(instanceId, getInputsAndOutputs: false, cancellationToken);
        if (!state.Exists)
        {
            await workflows.ScheduleNewWorkflowAsync(
                nameof(SettlementWorkflow), instanceId, orderId, startTime: (DateTimeOffset?)null, cancellationToken);
        }
    }
}
