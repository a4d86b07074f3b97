using DaprShop.Contracts.Inventory;

namespace DaprShop.Inventory.Stock;

/// <summary>The stock logs, folded from the first entry on, beside what the documents say.</summary>
internal static class StockAuditEndpoint
{
    public static void MapStockAudit(this IEndpointRouteBuilder routes) =>
        routes.MapGet("/internal/stock-audit", HandleAsync);

    internal static async Task<IReadOnlyList<StockAudit>> HandleAsync(StockBuckets buckets, CancellationToken cancellationToken)
    {
        var audits = new List<StockAudit>();
        foreach (var sku in await buckets.SkusAsync(cancellationToken))
        {
            if (await buckets.Of(sku).AuditAsync(cancellationToken) is { } audit)
            {
                audits.Add(audit);
            }
        }

        return audits;
    }
}
