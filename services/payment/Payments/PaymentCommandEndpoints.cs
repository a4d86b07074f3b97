using DaprShop.Contracts.Payments;
using DaprShop.Payment.Provider;
using DaprShop.Payment.Settlement;
using DaprShop.ServiceDefaults.Json;

namespace DaprShop.Payment.Payments;

/// <summary>What the order saga asks of payment. Each call may be repeated; each answers with the payment as it now stands.</summary>
internal static class PaymentCommandEndpoints
{
    public static void MapPaymentCommands(this IEndpointRouteBuilder routes)
    {
        routes.MapPost("/internal/payments/charge", ChargeAsync);
        routes.MapPost("/internal/payments/poll", PollAsync);
        routes.MapPost("/internal/payments/close", CloseAsync);
        routes.MapPost("/internal/payments/refund", RefundAsync);
        routes.MapGet("/internal/payments/ledger", LedgerAsync);
    }

    internal static async Task<PaymentResult> ChargeAsync(Tolerant<RequestPayment> command, PaymentProcess payments, CancellationToken cancellationToken) =>
        Result(await payments.ChargeAsync(command.Body, cancellationToken));

    internal static async Task<PaymentResult> PollAsync(Tolerant<PaymentCommand> command, PaymentProcess payments, CancellationToken cancellationToken) =>
        Result(await payments.PollAsync(command.Body.OrderId, cancellationToken));

    internal static async Task<PaymentResult> CloseAsync(
        Tolerant<PaymentCommand> command, PaymentProcess payments, SettlementWatch watch, CancellationToken cancellationToken)
    {
        var payment = await payments.CloseAsync(command.Body, cancellationToken);

        // A charge is or was on its way to the provider: somebody must find out what became of it after the saga is gone.
        if (payment is { Status: PaymentStatus.Voided, Attempts: > 0 })
        {
            await watch.EnsureAsync(command.Body.OrderId, cancellationToken);
        }

        return Result(payment);
    }

    internal static async Task<PaymentResult> RefundAsync(Tolerant<PaymentCommand> command, PaymentProcess payments, CancellationToken cancellationToken) =>
        Result(await payments.RefundAsync(command.Body.OrderId, cancellationToken));

    internal static Task<ProviderLedger> LedgerAsync(ProviderClient provider, CancellationToken cancellationToken) =>
        provider.LedgerAsync(cancellationToken);

    private static PaymentResult Result(PaymentDocument payment) => new(payment.PaymentId, payment.Status, payment.Reason);
}
