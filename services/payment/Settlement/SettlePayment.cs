using Dapr.Workflow;
using DaprShop.Contracts.Payments;
using DaprShop.Payment.Payments;
using DaprShop.Payment.Provider;

namespace DaprShop.Payment.Settlement;

/// <summary>One look at a payment its saga left behind. True: nothing is owed, and nothing can come any more.</summary>
internal sealed class SettlePayment(PaymentProcess payments, ProviderClient provider, TimeProvider clock)
    : WorkflowActivity<string, bool>
{
    /// <summary>A charge the provider has not heard of this long after the payment was closed never reached it: the call itself gives up much sooner.</summary>
    private static readonly TimeSpan InFlightLimit = TimeSpan.FromMinutes(2);

    public override async Task<bool> RunAsync(WorkflowActivityContext context, string orderId)
    {
        var payment = await payments.ReadAsync(orderId, CancellationToken.None);
        if (payment is not { Status: PaymentStatus.Voided })
        {
            return payment is null || !(await payments.FinishAsync(payment, CancellationToken.None)).IsOwing;
        }

        return await provider.FindAsync(orderId, CancellationToken.None) switch
        {
            null => clock.GetUtcNow() - payment.ClosedAt > InFlightLimit,
            { Status: ChargeStatus.Processing } => false,
            var outcome => !(await payments.SettleAsync(orderId, outcome, CancellationToken.None)).IsOwing,
        };
    }
}
