using DaprShop.Contracts.Inventory;
using DaprShop.ServiceDefaults.State;

namespace DaprShop.Inventory.Stock;

/// <summary>
/// The stock logs, folded from the first entry on, beside what the documents say. Read from the store, not from the memory of
/// the buckets: an entry that was lost must show.
/// </summary>
internal static class StockAuditEndpoint
{
    public static void MapStockAudit(this IEndpointRouteBuilder routes) =>
        routes.MapGet("/internal/stock-audit", HandleAsync);

    internal static async Task<IReadOnlyList<StockAudit>> HandleAsync(
        StockBuckets buckets, DocumentStore documents, CancellationToken cancellationToken)
    {
        var audits = new List<StockAudit>();
        foreach (var sku in await buckets.SkusAsync(cancellationToken))
        {
            if (await documents.ReadAsync<StockDocument>(StockKeys.Bucket(sku), cancellationToken) is { } stored)
            {
                var ledger = new StockLedger(sku);
                await new StockLog(sku, documents).FoldAsync(ledger, stored, cancellationToken);
                audits.Add(Audit(stored, ledger));
            }
        }

        return audits;
    }

    private static StockAudit Audit(StockDocument stored, StockLedger log) => new(
        new StockFold(stored.Sku, stored.Initial, stored.Restocked, stored.Available, stored.Reserved, stored.Sold, stored.Seq),
        new StockFold(log.Sku, log.Initial, log.Restocked, log.Available, log.Reserved, log.Sold, log.Seq),
        log.Reservations
            .Where(reservation => reservation.State is ReservationState.Tentative or ReservationState.Held)
            .Sum(reservation => (long)reservation.Quantity),
        [.. log.Reservations.Select(reservation => new AuditedReservation(
            reservation.Id, reservation.Order.OrderId, reservation.State, reservation.Quantity, reservation.ReservedAt))]);
}
