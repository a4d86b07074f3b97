using DaprShop.Contracts.Payments;
using DaprShop.Payment.Provider;
using DaprShop.Payment.Settlement;
using DaprShop.ServiceDefaults.Json;

namespace DaprShop.Payment.Payments;

/// <summary>What the order saga and the audit ask of payment. Each call may be repeated; each answers with the payment as it now stands.</summary>
internal static class PaymentCommandEndpoints
{
    public static void MapPaymentCommands(this IEndpointRouteBuilder routes)
    {
        routes.MapPost("/internal/payments/charge", ChargeAsync);
        routes.MapPost("/internal/payments/poll", PollAsync);
        routes.MapPost("/internal/payments/close", CloseAsync);
        routes.MapPost("/internal/payments/refund", RefundAsync);
        routes.MapPost("/internal/payments/settle", SettleAsync);
        routes.MapGet("/internal/payments/ledger", LedgerAsync);
    }

    internal static async Task<PaymentResult> ChargeAsync(
        Tolerant<RequestPayment> command, PaymentProcess payments, SettlementWatch watch, CancellationToken cancellationToken) =>
        await ResultAsync(await payments.ChargeAsync(command.Body, cancellationToken), watch, cancellationToken);

    internal static async Task<PaymentResult> PollAsync(
        Tolerant<PaymentCommand> command, PaymentProcess payments, SettlementWatch watch, CancellationToken cancellationToken) =>
        await ResultAsync(await payments.PollAsync(command.Body.OrderId, cancellationToken), watch, cancellationToken);

    internal static async Task<PaymentResult> CloseAsync(
        Tolerant<PaymentCommand> command, PaymentProcess payments, SettlementWatch watch, CancellationToken cancellationToken) =>
        await ResultAsync(await payments.CloseAsync(command.Body, cancellationToken), watch, cancellationToken);

    internal static async Task<PaymentResult> RefundAsync(
        Tolerant<PaymentCommand> command, PaymentProcess payments, SettlementWatch watch, CancellationToken cancellationToken) =>
        await ResultAsync(await payments.RefundAsync(command.Body.OrderId, cancellationToken), watch, cancellationToken);

    internal static async Task<PaymentResult> SettleAsync(
        Tolerant<PaymentCommand> command, PaymentProcess payments, SettlementWatch watch, CancellationToken cancellationToken) =>
        await ResultAsync(await payments.SettleClosedAsync(command.Body.OrderId, cancellationToken), watch, cancellationToken);

    internal static Task<ProviderLedger> LedgerAsync(ProviderClient provider, CancellationToken cancellationToken) =>
        provider.LedgerAsync(cancellationToken);

    /// <summary>Answers only once somebody follows what is left: the saga may be gone after this answer.</summary>
    private static async Task<PaymentResult> ResultAsync(PaymentDocument payment, SettlementWatch watch, CancellationToken cancellationToken)
    {
        await watch.EnsureAsync(payment, cancellationToken);
        return new PaymentResult(payment.PaymentId, payment.Status, payment.Reason);
    }
}
