using DaprShop.Catalog.Products;
using DaprShop.ServiceDefaults.Faults;
using DaprShop.ServiceDefaults.State;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;

namespace DaprShop.Catalog.Seeding;

/// <summary>
/// Writes the demo products that are missing, whenever the store lets it. Each is created by a swap that leaves an existing document
/// alone, so replicas that start together, and an operator's changes, do no harm to each other.
/// </summary>
internal sealed partial class Seeder(
    DocumentStore documents, ProductIndex index, SeedState state, IOptions<CatalogOptions> options, TimeProvider clock, ILogger<Seeder> logger)
    : BackgroundService
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (options.Value.Seed && !state.Done)
        {
            try
            {
                var created = await SeedAsync(stoppingToken);
                LogSeeded(logger, created, DemoProducts.All.Count);
                state.Done = true;
            }
            catch (DependencyUnavailableException)
            {
                // The sidecar or its store is still starting; readiness says so meanwhile.
                await Task.Delay(Pause, clock, stoppingToken);
            }
        }

        state.Done = true;
    }

    /// <returns>How many were missing.</returns>
    internal async Task<int> SeedAsync(CancellationToken cancellationToken)
    {
        await index.AddAsync([.. DemoProducts.All.Select(product => product.Sku)], cancellationToken);
        var there = await documents.ReadManyAsync<ProductDocument>(
            [.. DemoProducts.All.Select(product => ProductStore.Key(product.Sku))], cancellationToken);
        var created = 0;
        foreach (var product in DemoProducts.All.Where(product => !there.ContainsKey(ProductStore.Key(product.Sku))))
        {
            var isNew = await documents.ChangeAsync<ProductDocument, bool>(
                ProductStore.Key(product.Sku),
                current => current is null ? Change.To(new ProductDocument(product, []), true) : Change.None<ProductDocument, bool>(false),
                cancellationToken);
            created += isNew ? 1 : 0;
        }

        return created;
    }

    [LoggerMessage(LogLevel.Information, "Created {Created} of {Total} demo products")]
    private static partial void LogSeeded(ILogger logger, int created, int total);
}

internal sealed class SeedState
{
    private volatile bool _done;

    public bool Done
    {
        get => _done;
        set => _done = value;
    }
}

internal sealed class SeedHealthCheck(SeedState state) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(state.Done ? HealthCheckResult.Healthy() : HealthCheckResult.Unhealthy("The demo products are being written."));
}
