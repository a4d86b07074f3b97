using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using DaprShop.Contracts.Payments;
using DaprShop.Payment.Payments;
using DaprShop.ServiceDefaults.Faults;
using DaprShop.ServiceDefaults.Http;
using DaprShop.ServiceDefaults.Json;

namespace DaprShop.Payment.Provider;

/// <summary>
/// The payment provider's API. It is outside: every answer may be lost after it took effect, so each call carries an
/// idempotency key and "no answer" means unknown, never failed.
/// </summary>
internal sealed partial class ProviderClient(HttpClient http, ILogger<ProviderClient> logger)
{
    /// <returns>The outcome; null when it is unknown.</returns>
    public async Task<ChargeOutcome?> ChargeAsync(PaymentDocument payment, CancellationToken cancellationToken)
    {
        try
        {
            using var answer = await http.PostAsJsonAsync(
                "v1/charges",
                new CreateCharge(PaymentKeys.CaptureKey(payment.OrderId), payment.Amount.Amount, payment.Amount.Currency, payment.Source!, payment.OrderId),
                ShopJson.Documents,
                cancellationToken);
            if (answer.StatusCode == HttpStatusCode.BadRequest)
            {
                return new ChargeOutcome(ChargeId: "", ChargeStatus.Declined, "rejected-by-provider");
            }

            answer.EnsureSuccessStatusCode();
            var charge = await answer.Content.ReadFromJsonAsync<ChargeAnswer>(ShopJson.Documents, cancellationToken);
            return charge is null ? null : Outcome(charge.Id, charge.Status);
        }
        catch (Exception failure) when (IsUnknown(failure, cancellationToken))
        {
            LogUnknown(failure, payment.OrderId);
            return null;
        }
    }

    /// <summary>Asks for the charge of an order. Throws <see cref="DependencyUnavailableException"/> when the provider does not answer.</summary>
    /// <returns>Null: the provider has never heard of it.</returns>
    public async Task<ChargeOutcome?> FindAsync(string orderId, CancellationToken cancellationToken)
    {
        try
        {
            var charges = await http.GetFromJsonAsync<ProviderCharges>(
                $"v1/charges?reference={Uri.EscapeDataString(orderId)}", ShopJson.Documents, cancellationToken);
            return charges?.Items.Select(charge => Outcome(charge.Id, charge.Status)).FirstOrDefault();
        }
        catch (Exception failure) when (IsUnknown(failure, cancellationToken))
        {
            throw new DependencyUnavailableException("payment provider", failure);
        }
    }

    public async Task<string> RefundAsync(PaymentDocument payment, CancellationToken cancellationToken)
    {
        try
        {
            using var answer = await http.PostAsJsonAsync(
                "v1/refunds",
                new CreateRefund(PaymentKeys.RefundKey(payment.OrderId), payment.ChargeId!, payment.Amount.Amount),
                ShopJson.Documents,
                cancellationToken);
            answer.EnsureSuccessStatusCode();
            var refund = await answer.Content.ReadFromJsonAsync<RefundAnswer>(ShopJson.Documents, cancellationToken);
            return refund!.Id;
        }
        catch (Exception failure) when (IsUnknown(failure, cancellationToken))
        {
            throw new DependencyUnavailableException("payment provider", failure);
        }
    }

    public async Task<ProviderLedger> LedgerAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await http.GetFromJsonAsync<ProviderLedger>("v1/ledger", ShopJson.Documents, cancellationToken)
                ?? new ProviderLedger([]);
        }
        catch (Exception failure) when (IsUnknown(failure, cancellationToken))
        {
            throw new DependencyUnavailableException("payment provider", failure);
        }
    }

    private static bool IsUnknown(Exception failure, CancellationToken cancellationToken) =>
        failure is HttpRequestException or JsonException or IOException
        || (failure is OperationCanceledException && !cancellationToken.IsCancellationRequested);

    [LoggerMessage(LogLevel.Warning, "The provider did not answer the charge of order {OrderId}; its outcome is unknown")]
    private partial void LogUnknown(Exception failure, string orderId);

    private static ChargeOutcome Outcome(string id, string status) => new(
        id,
        status switch
        {
            "succeeded" => ChargeStatus.Succeeded,
            "declined" => ChargeStatus.Declined,
            _ => ChargeStatus.Processing,
        },
        status == "declined" ? "declined" : null);
}
