using Dapr.Workflow;

namespace DaprShop.Payment.Settlement;

/// <summary>
/// Follows a payment until nothing is owed and the provider has said its last word: money that arrives for a voided one goes back
/// even when the webhook that tells of it is lost (commit rule R6: an obligation needs a finder).
/// </summary>
internal sealed class SettlementWorkflow : Workflow<string, bool>
{
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan Horizon = TimeSpan.FromHours(24);

    private static readonly WorkflowTaskOptions Persistent = new(
        new WorkflowRetryPolicy(1000, TimeSpan.FromSeconds(1), backoffCoefficient: 2, maxRetryInterval: TimeSpan.FromMinutes(1)));

    public override async Task<bool> RunAsync(WorkflowContext context, string orderId)
    {
        var until = context.CurrentUtcDateTime + Horizon;
        var pause = TimeSpan.FromSeconds(1);
        while (context.CurrentUtcDateTime < until)
        {
            if (await context.CallActivityAsync<bool>(nameof(SettlePayment), orderId, Persistent))
            {
                return true;
            }

            await context.CreateTimer(pause);
            pause = pause * 2 < Longest ? pause * 2 : Longest;
        }

        return false;
    }
}
