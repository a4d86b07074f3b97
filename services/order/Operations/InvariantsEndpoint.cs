using DaprShop.Contracts.Api;
using DaprShop.Contracts.Inventory;
using DaprShop.Order.Clients;
using DaprShop.Order.Log;
using DaprShop.Order.Orders;
using DaprShop.ServiceDefaults.Http;
using DaprShop.ServiceDefaults.State;

namespace DaprShop.Order.Operations;

/// <summary>Folds the order logs, the stock logs and the provider's ledger, and says whether the shop keeps its promises.</summary>
internal static class InvariantsEndpoint
{
    private const int PageSize = 200;

    public static void MapInvariants(this IEndpointRouteBuilder routes) =>
        routes.MapGet("/api/v1/ops/invariants", HandleAsync).RequireOperator();

    internal static async Task<InvariantsReport> HandleAsync(
        OrderLogReader log,
        DocumentStore documents,
        InventoryClient inventory,
        PaymentClient payments,
        TimeProvider clock,
        CancellationToken cancellationToken)
    {
        // The order of reading matters: an order that is seen as ended has its stock and its money settled in what is read after it.
        var orders = await OrdersAsync(log, documents, cancellationToken);
        var stock = await inventory.AuditAsync(cancellationToken);
        var ledger = await payments.LedgerAsync(cancellationToken);
        return InvariantChecks.Judge(new AuditEvidence(orders, stock, ledger.Items, clock.GetUtcNow()));
    }

    private static async Task<IReadOnlyList<FoundOrder>> OrdersAsync(
        OrderLogReader log, DocumentStore documents, CancellationToken cancellationToken)
    {
        var orders = new Dictionary<string, OrderContent>(StringComparer.Ordinal);
        foreach (var slot in await log.SlotsAsync(cancellationToken))
        {
            foreach (var epoch in slot.Epochs)
            {
                await foreach (var record in log.RecordsAsync(slot.Slot, epoch.Epoch, first: 0, cancellationToken))
                {
                    foreach (var order in record.Orders)
                    {
                        orders.TryAdd(order.OrderId, order);
                    }
                }
            }
        }

        var found = new List<FoundOrder>(orders.Count);
        foreach (var page in orders.Values.Chunk(PageSize))
        {
            var states = await documents.ReadManyAsync<OrderState>([.. page.Select(order => OrderKeys.State(order.OrderId))], cancellationToken);
            found.AddRange(page.Select(order => new FoundOrder(order, states.GetValueOrDefault(OrderKeys.State(order.OrderId)))));
        }

        return found;
    }
}
