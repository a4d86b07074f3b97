using DaprShop.Contracts.Catalog;
using DaprShop.ServiceDefaults.Faults;

namespace DaprShop.Inventory.Stock;

/// <summary>Gives every demo product its first units, once for all replicas and restarts.</summary>
internal sealed partial class StockSeed(StockBuckets buckets, TimeProvider clock, ILogger<StockSeed> logger) : BackgroundService
{
    private const int Units = 1000;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (true)
        {
            try
            {
                await SeedAsync(stoppingToken);
                return;
            }
            catch (DependencyUnavailableException failure)
            {
                // The sidecar may start after this service.
                LogWaiting(failure);
                await Task.Delay(Pause, clock, stoppingToken);
            }
        }
    }

    private async Task SeedAsync(CancellationToken cancellationToken)
    {
        var missing = SeedProducts.Skus.Except(await buckets.SkusAsync(cancellationToken), StringComparer.Ordinal).ToList();
        foreach (var sku in missing)
        {
            await buckets.IndexAsync(sku, cancellationToken);
        }

        // Also those already indexed: the process may have died between the index and the bucket.
        foreach (var sku in SeedProducts.Skus)
        {
            await buckets.Of(sku).DecideAsync((stock, now) => StockDecisions.Create(stock, Units, now), cancellationToken);
        }
    }

    [LoggerMessage(LogLevel.Debug, "The state store does not answer yet; the seed waits")]
    private partial void LogWaiting(Exception failure);
}
