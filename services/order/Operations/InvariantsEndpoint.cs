using System.Collections.Concurrent;
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
        var logged = new ConcurrentDictionary<string, EncodedOrder>(StringComparer.Ordinal);
        await Parallel.ForEachAsync(await log.SlotsAsync(cancellationToken), cancellationToken, async (slot, token) =>
        {
            // Epochs are numbered without gaps: those the relay has done with are there to be read all the same.
            for (var epoch = 1L; epoch <= slot.Epoch; epoch++)
            {
                await foreach (var record in log.RecordsAsync(slot.Slot, epoch, first: 0, token))
                {
                    foreach (var order in record.Orders)
                    {
                        logged.TryAdd(order.OrderId, order);
                    }
                }
            }
        });

        var found = new List<FoundOrder>(logged.Count);
        foreach (var page in logged.Values.Chunk(PageSize))
        {
            // When one key was used for two bodies, both are in the logs and the record is the order.
            var records = await documents.ReadManyAsync<OrderContent>([.. page.Select(order => OrderKeys.Record(order.OrderId))], cancellationToken);
            var states = await documents.ReadManyAsync<OrderState>([.. page.Select(order => OrderKeys.State(order.OrderId))], cancellationToken);
            found.AddRange(page.Select(order => new FoundOrder(
                records.GetValueOrDefault(OrderKeys.Record(order.OrderId)) ?? order.Decode(), states.GetValueOrDefault(OrderKeys.State(order.OrderId)))));
        }

        return found;
    }
}
