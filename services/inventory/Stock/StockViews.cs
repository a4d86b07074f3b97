using DaprShop.Contracts.Api;
using DaprShop.ServiceDefaults.Ids;
using DaprShop.ServiceDefaults.State;

namespace DaprShop.Inventory.Stock;

/// <summary>What the API shows of a SKU's units, its sales included.</summary>
internal sealed class StockViews(StockPools pools, DocumentStore documents, TimeProvider clock)
{
    /// <returns>Null: there is no stock of it.</returns>
    public async Task<StockView?> ReadAsync(string sku, CancellationToken cancellationToken)
    {
        if (!SkuFormat.IsSku(sku) || await pools.OfSkuAsync(sku, cancellationToken) is not { Count: > 0 } family)
        {
            return null;
        }

        var survey = await StockSurvey.ReadAtRestAsync(documents, [.. family.Select(pool => pool.Settings)], clock, cancellationToken);
        return View(sku, [.. survey.Buckets.Select(bucket => bucket.Document)]);
    }

    private static StockView View(string sku, IReadOnlyList<StockDocument> buckets)
    {
        var (initial, restocked) = (buckets.Sum(bucket => bucket.Initial), buckets.Sum(bucket => bucket.Restocked));
        var (reserved, sold) = (buckets.Sum(bucket => bucket.Reserved), buckets.Sum(bucket => bucket.Sold));

        // Units between two buckets are available: whoever is short finds them.
        var underWay = buckets.Sum(bucket => bucket.Sent) - buckets.Sum(bucket => bucket.Received);
        var available = buckets.Sum(bucket => bucket.Available) + underWay;

        // Every change of any bucket counts one up, as does the creation of the pool.
        return new StockView(sku, initial, restocked, available, reserved, sold, buckets.Sum(bucket => bucket.Seq + 1) + 1);
    }
}
