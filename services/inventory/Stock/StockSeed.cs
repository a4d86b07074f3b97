using DaprShop.Contracts.Catalog;
using DaprShop.ServiceDefaults.Faults;

namespace DaprShop.Inventory.Stock;

/// <summary>Gives every demo product its first units, once for all replicas and restarts.</summary>
internal sealed partial class StockSeed(StockPools pools, TimeProvider clock, ILogger<StockSeed> logger) : BackgroundService
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
        foreach (var sku in SeedProducts.Skus)
        {
            await pools.CreateAsync(
                new StockSettings(sku, Units, StockStrategy.GroupCommit, Buckets: 1, clock.GetUtcNow()), cancellationToken);
        }
    }

    [LoggerMessage(LogLevel.Debug, "The state store does not answer yet; the seed waits")]
    private partial void LogWaiting(Exception failure);
}
