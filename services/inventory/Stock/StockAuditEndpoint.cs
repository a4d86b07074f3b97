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
        StockPools pools, DocumentStore documents, TimeProvider clock, CancellationToken cancellationToken)
    {
        var audits = new List<StockAudit>();
        var all = await pools.FindAllAsync((await pools.IndexAsync(cancellationToken)).Pools, cancellationToken);
        foreach (var family in all.Select(pool => pool.Settings).GroupBy(settings => settings.Sku))
        {
            var survey = await StockSurvey.ReadAtRestAsync(documents, [.. family], clock, cancellationToken);
            foreach (var (id, document) in survey.Buckets.Where(bucket => bucket.Document.Seq >= 0))
            {
                var ledger = new StockLedger(id.ToString());
                await new StockLog(id, documents).FoldAsync(ledger, document, cancellationToken);
                audits.Add(Audit(id, document, ledger, survey.UnderWayTo(id)));
            }
        }

        return audits;
    }

    private static StockAudit Audit(BucketId id, StockDocument stored, StockLedger log, long underWay)
    {
        var document = new StockFold(
            stored.Sku, id.ToString(), stored.Initial, stored.Restocked, stored.Available, stored.Reserved, stored.Sold,
            stored.Received, stored.Sent, underWay, stored.Seq);
        var folded = new StockFold(
            stored.Sku, id.ToString(), log.Initial, log.Restocked, log.Available, log.Reserved, log.Sold, log.Received, log.Sent, underWay, log.Seq);
        return new StockAudit(
            document,
            folded,
            log.Reservations.Where(reservation => reservation.IsOpen).Sum(reservation => (long)reservation.Quantity),
            [.. log.Reservations.Select(reservation => new AuditedReservation(
                reservation.Id, reservation.OrderId, reservation.State, reservation.Quantity, reservation.ReservedAt))]);
    }
}
