using System.Net;
using System.Net.Http.Json;
using DaprShop.Contracts.Inventory;
using DaprShop.ServiceDefaults.Faults;
using DaprShop.ServiceDefaults.Json;

namespace DaprShop.Order.Clients;

/// <summary>Inventory, by service invocation. Every command is idempotent; no answer means unknown.</summary>
internal sealed class InventoryClient(HttpClient http)
{
    /// <returns>One result for each command, in their order.</returns>
    public async Task<IReadOnlyList<ReserveResult>> ReserveAsync(IReadOnlyList<Reserve> commands, CancellationToken cancellationToken)
    {
        var answer = await PostAsync<ReserveMany, ReserveManyResult>("internal/reservations/batch", new ReserveMany(commands), cancellationToken);
        return answer.Results.Count == commands.Count
            ? answer.Results
            : throw new DependencyUnavailableException($"inventory answered {answer.Results.Count} of {commands.Count} commands");
    }

    public Task<ChangeReservationResult> HoldAsync(OrderContent order, OrderLine line, CancellationToken cancellationToken) =>
        ChangeAsync("hold", order, line, cancellationToken);

    public Task<ChangeReservationResult> ConfirmAsync(OrderContent order, OrderLine line, CancellationToken cancellationToken) =>
        ChangeAsync("confirm", order, line, cancellationToken);

    public Task<ChangeReservationResult> ReleaseAsync(OrderContent order, OrderLine line, CancellationToken cancellationToken) =>
        ChangeAsync("release", order, line, cancellationToken);

    public Task<ChangeReservationResult> ReturnAsync(OrderContent order, OrderLine line, CancellationToken cancellationToken) =>
        ChangeAsync("return", order, line, cancellationToken);

    /// <returns>Null: there is no such sale.</returns>
    public async Task<SaleOffer?> FindSaleAsync(string id, CancellationToken cancellationToken)
    {
        using var answer = await http.GetAsync($"internal/sales/{Uri.EscapeDataString(id)}", cancellationToken);
        if (answer.StatusCode == HttpStatusCode.NotFound)
        {
            return null;
        }

        answer.EnsureSuccessStatusCode();
        return await answer.Content.ReadFromJsonAsync<SaleOffer>(ShopJson.Documents, cancellationToken)
            ?? throw new DependencyUnavailableException("inventory answered nothing");
    }

    public async Task<IReadOnlyList<StockAudit>> AuditAsync(CancellationToken cancellationToken) =>
        await http.GetFromJsonAsync<IReadOnlyList<StockAudit>>("internal/stock-audit", ShopJson.Documents, cancellationToken)
            ?? throw new DependencyUnavailableException("inventory answered nothing");

    private Task<ChangeReservationResult> ChangeAsync(string step, OrderContent order, OrderLine line, CancellationToken cancellationToken) =>
        PostAsync<ChangeReservation, ChangeReservationResult>(
            $"internal/reservations/{step}", new ChangeReservation(line.Sku, line.ReservationId, order.UserId, order.SaleId), cancellationToken);

    private async Task<TAnswer> PostAsync<TCommand, TAnswer>(string path, TCommand command, CancellationToken cancellationToken)
    {
        using var answer = await http.PostAsJsonAsync(path, command, ShopJson.Documents, cancellationToken);
        answer.EnsureSuccessStatusCode();
        return await answer.Content.ReadFromJsonAsync<TAnswer>(ShopJson.Documents, cancellationToken)
            ?? throw new DependencyUnavailableException("inventory answered nothing");
    }
}
