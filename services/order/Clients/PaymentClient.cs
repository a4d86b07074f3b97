using System.Net.Http.Json;
using DaprShop.Contracts.Inventory;
using DaprShop.Contracts.Payments;
using DaprShop.ServiceDefaults.Faults;
using DaprShop.ServiceDefaults.Json;

namespace DaprShop.Order.Clients;

/// <summary>Payment, by service invocation. Every command is idempotent by the order id; no answer means unknown.</summary>
internal sealed class PaymentClient(HttpClient http)
{
    public Task<PaymentResult> ChargeAsync(OrderContent order, CancellationToken cancellationToken) =>
        PostAsync("charge", new RequestPayment(order.OrderId, order.UserId, order.Total, order.PaymentSource), cancellationToken);

    public Task<PaymentResult> PollAsync(OrderContent order, CancellationToken cancellationToken) =>
        PostAsync("poll", Command(order), cancellationToken);

    public Task<PaymentResult> CloseAsync(OrderContent order, CancellationToken cancellationToken) =>
        PostAsync("close", Command(order), cancellationToken);

    public Task<PaymentResult> RefundAsync(OrderContent order, CancellationToken cancellationToken) =>
        PostAsync("refund", Command(order), cancellationToken);

    public Task<PaymentResult> SettleAsync(OrderContent order, CancellationToken cancellationToken) =>
        PostAsync("settle", Command(order), cancellationToken);

    public async Task<ProviderLedger> LedgerAsync(CancellationToken cancellationToken) =>
        await http.GetFromJsonAsync<ProviderLedger>("internal/payments/ledger", ShopJson.Documents, cancellationToken)
            ?? throw new DependencyUnavailableException("payment answered nothing");

    private static PaymentCommand Command(OrderContent order) => new(order.OrderId, order.UserId, order.Total);

    private async Task<PaymentResult> PostAsync<TCommand>(string step, TCommand command, CancellationToken cancellationToken)
    {
        using var answer = await http.PostAsJsonAsync($"internal/payments/{step}", command, ShopJson.Documents, cancellationToken);
        answer.EnsureSuccessStatusCode();
        return await answer.Content.ReadFromJsonAsync<PaymentResult>(ShopJson.Documents, cancellationToken)
            ?? throw new DependencyUnavailableException("payment answered nothing");
    }
}
