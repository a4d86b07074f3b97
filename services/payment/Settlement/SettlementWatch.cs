using Dapr.Workflow;
using DaprShop.Contracts.Payments;
using DaprShop.Payment.Payments;

namespace DaprShop.Payment.Settlement;

/// <summary>
/// Starts a watch over a payment that its saga may leave behind: a voided one whose charge is or was on its way to the provider, and
/// one that still owes a refund or an event (commit rule R7). No broker is needed for it.
/// </summary>
internal sealed class SettlementWatch(IDaprWorkflowClient workflows)
{
    public async Task EnsureAsync(PaymentDocument payment, CancellationToken cancellationToken)
    {
        if (payment is { Status: PaymentStatus.Voided, Attempts: > 0 })
        {
            await EnsureAsync(PaymentKeys.SettlementInstance(payment.OrderId), payment.OrderId, cancellationToken);
        }
        else if (payment.IsOwing)
        {
            await EnsureAsync(PaymentKeys.ArrearsInstance(payment), payment.OrderId, cancellationToken);
        }
    }

    private async Task EnsureAsync(string instanceId, string orderId, CancellationToken cancellationToken)
    {
        var state = await workflows.GetWorkflowStateAsync(instanceId, getInputsAndOutputs: false, cancellationToken);
        if (!state.Exists)
        {
            await workflows.ScheduleNewWorkflowAsync(
                nameof(SettlementWorkflow), instanceId, orderId, startTime: (DateTimeOffset?)null, cancellationToken);
        }
    }
}
