using DaprShop.Inventory.Stock;
using DaprShop.ServiceDefaults.State;

namespace DaprShop.Inventory.Sales;

/// <summary>
/// Brings a sale its units from the SKU, and what is left back after its end. Each step is a transfer, so that both may be begun again by any
/// replica at any moment: how many a bucket still wants is judged in its own swap.
/// </summary>
internal sealed class SaleUnits(StockPools pools, DocumentStore documents, TimeProvider clock)
{
    private readonly UnitTransfers _transfers = new(pools);

    /// <summary>As many as the SKU has; a later call draws the rest. After the end none are asked for: nobody would bring them back.</summary>
    public async Task DrawAsync(StockPool sale, CancellationToken cancellationToken)
    {
        var end = sale.Settings.Sale!.EndsAt;
        var sku = await pools.RequireAsync(sale.Settings.Sku, cancellationToken);
        foreach (var receiver in sale.Settings.BucketIds)
        {
            var allotment = sale.Settings.Allotment(receiver.Number);
            foreach (var (donor, document) in (await LookAsync(sku, cancellationToken)).Buckets)
            {
                if (document.Available > 0)
                {
                    await PullAllAsync(receiver, donor, stock => clock.GetUtcNow() < end ? allotment - stock.FromSku : 0, cancellationToken);
                }
            }
        }
    }

    /// <returns>True: nothing of the sale is left, neither units nor open reservations.</returns>
    public async Task<bool> ReturnAsync(StockPool sale, CancellationToken cancellationToken)
    {
        var sku = await pools.RequireAsync(sale.Settings.Sku, cancellationToken);
        var survey = await LookAsync(sale, cancellationToken);
        foreach (var (receiver, pull) in survey.OpenPulls)
        {
            await _transfers.FinishAsync(receiver, pull, cancellationToken);
        }

        foreach (var (donor, document) in survey.Buckets)
        {
            if (document.Available > 0)
            {
                var receiver = new BucketId(sku.Settings.Pool, donor.Number % sku.Settings.Buckets);
                await PullAllAsync(receiver, donor, _ => document.Available, cancellationToken);
            }
        }

        // Together at one moment: one bucket may still fetch from another where a clock says that the sale goes on.
        var rest = await StockSurvey.ReadAtRestAsync(documents, [sale.Settings], clock, cancellationToken);
        if (!rest.Buckets.All(bucket => bucket.Document is { Available: 0, Reserved: 0, Pull: null }))
        {
            return false;
        }

        // The last batch may be in the document alone, its writer gone. Nobody comes by here once the sale is settled, and whoever looks writes it (R3).
        foreach (var (bucket, _) in rest.Buckets)
        {
            await sale.Bucket(bucket).LookAsync(cancellationToken);
        }

        return true;
    }

    /// <summary>Until nothing comes any more: what came first may have been another pull, which was open already.</summary>
    private async Task PullAllAsync(BucketId receiver, BucketId donor, Func<StockLedger, long> wanted, CancellationToken cancellationToken)
    {
        while (await _transfers.PullAsync(receiver, donor, wanted, cancellationToken) > 0)
        {
        }
    }

    private Task<StockSurvey> LookAsync(StockPool pool, CancellationToken cancellationToken) =>
        StockSurvey.ReadAsync(documents, [pool.Settings], cancellationToken);
}
