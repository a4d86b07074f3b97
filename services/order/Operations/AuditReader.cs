using System.Collections.Concurrent;
using DaprShop.Contracts.Inventory;
using DaprShop.Contracts.Payments;
using DaprShop.Order.Clients;
using DaprShop.Order.Log;
using DaprShop.Order.Orders;
using DaprShop.ServiceDefaults.State;

namespace DaprShop.Order.Operations;

/// <summary>Folds the order logs, the stock logs and the provider's ledger into one body of evidence.</summary>
internal sealed class AuditReader(
    OrderLogReader log, DocumentStore documents, InventoryClient inventory, PaymentClient payments, TimeProvider clock)
{
    private const int PageSize = 200;

    public async Task<AuditEvidence> ReadAsync(CancellationToken cancellationToken)
    {
        // The order of reading matters: an order that is seen as ended has its stock and its money settled in what is read after it.
        var orders = await OrdersAsync(cancellationToken);
        var stock = await inventory.AuditAsync(cancellationToken);
        var ledger = await payments.LedgerAsync(cancellationToken);
        return new AuditEvidence(await RefundsAsync(orders, stock, ledger.Items, cancellationToken), stock, ledger.Items, clock.GetUtcNow());
    }

    /// <summary>
    /// Only a refund moves an order that has ended. One that was decided after the order was read shows in stock or ledger; then the order's
    /// state, read again, has the decision, because that was written before either moved.
    /// </summary>
    private async Task<IReadOnlyList<FoundOrder>> RefundsAsync(
        IReadOnlyList<FoundOrder> orders, IReadOnlyList<StockAudit> stock, IReadOnlyList<LedgerEntry> ledger, CancellationToken cancellationToken)
    {
        var refunded = ledger.Where(entry => entry.Kind == "refund").Select(entry => entry.Reference)
            .Concat(stock.SelectMany(audit => audit.Reservations)
                .Where(reservation => reservation.State == ReservationState.Returned).Select(reservation => reservation.OrderId))
            .ToHashSet(StringComparer.Ordinal);
        var judged = new List<FoundOrder>(orders.Count);
        foreach (var order in orders)
        {
            judged.Add(order.State is { Status: OrderStatus.Confirmed, RefundRequest: null } state && refunded.Contains(order.Order.OrderId)
                ? order with { State = await SinceAsync(order.Order.OrderId, state, cancellationToken) }
                : order);
        }

        return judged;
    }

    /// <summary>The order as it was read, with what has been decided about its refund since.</summary>
    private async Task<OrderState> SinceAsync(string orderId, OrderState read, CancellationToken cancellationToken) =>
        await documents.ReadAsync<OrderState>(OrderKeys.State(orderId), cancellationToken) is { } now
            ? read with { RefundRequest = now.RefundRequest, Timeline = now.Timeline }
            : read;

    private async Task<IReadOnlyList<FoundOrder>> OrdersAsync(CancellationToken cancellationToken)
    {
        var logged = new ConcurrentDictionary<string, EncodedOrder>(StringComparer.Ordinal);
        var limits = new ParallelOptions { TaskScheduler = TaskScheduler.Current, CancellationToken = cancellationToken };
        await Parallel.ForEachAsync(await log.SlotsAsync(cancellationToken), limits, async (slot, token) =>
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
            foreach (var order in page)
            {
                // What a bulk read leaves out may be there all the same.
                var state = states.GetValueOrDefault(OrderKeys.State(order.OrderId))
                    ?? await documents.ReadAsync<OrderState>(OrderKeys.State(order.OrderId), cancellationToken);
                found.Add(new FoundOrder(records.GetValueOrDefault(OrderKeys.Record(order.OrderId)) ?? order.Decode(), state));
            }
        }

        return found;
    }
}
