using Dapr.Workflow;
using DaprShop.Contracts.Payments;
using DaprShop.Payment.Payments;
using DaprShop.Payment.Provider;

namespace DaprShop.Payment.Settlement;

/// <summary>One look at the provider for a voided payment. True: nothing can come any more, or it came and went back.</summary>
internal sealed class SettleVoidedPayment(PaymentProcess payments, ProviderClient provider, TimeProvider clock)
    : WorkflowActivity<string, bool>
{
    /// <summary>A charge the provider has not heard of by then never reached it: the call itself gives up much sooner.</summary>
    private static readonly TimeSpan InFlightLimit = TimeSpan.FromMinutes(2);

    public override async Task<bool> RunAsync(WorkflowActivityContext context, string orderId)
    {
        var outcome = await provider.FindAsync(orderId, CancellationToken.None);
        if (outcome is null)
        {
            var waiting = await payments.ReadAsync(orderId, CancellationToken.None);
            return waiting is null || clock.GetUtcNow() - waiting.CreatedAt > InFlightLimit;
        }

        if (outcome.Status == ChargeStatus.Processing)
        {
            return false;
        }

        var payment = await payments.SettleAsync(orderId, outcome, CancellationToken.None);
        return payment.Unpublished.Count == 0 && payment is not { Status: PaymentStatus.Voided, Refund.Done: false };
    }
}
