using Dapr;
using Dapr.Client;
using DaprShop.Catalog.Products;
using DaprShop.Contracts.Events;
using DaprShop.ServiceDefaults.Faults;
using DaprShop.ServiceDefaults.State;

namespace DaprShop.Catalog.Publishing;

/// <summary>
/// Publishes what products keep unpublished: at once when woken, and every few seconds whatever another replica or an earlier run
/// left. Two relays may publish the same event; its id is derived, so consumers take it once.
/// </summary>
internal sealed partial class ProductRelay(
    DaprClient dapr, DocumentStore documents, ProductOutbox outbox, TimeProvider clock, ILogger<ProductRelay> logger)
    : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    private readonly SemaphoreSlim _wake = new(0, 1);

    public void Wake()
    {
        try
        {
            _wake.Release();
        }
        catch (SemaphoreFullException)
        {
            // It is awake already, or will be before it sleeps again.
        }
    }

    public override void Dispose()
    {
        _wake.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await PublishAllAsync(stoppingToken);
            }
            catch (Exception fault) when (fault is DependencyUnavailableException or DaprException or HttpRequestException)
            {
                // The events stand in their documents; the next turn tries again.
                LogPostponed(logger, fault.Message);
            }

            await PauseAsync(stoppingToken);
        }
    }

    internal async Task PublishAllAsync(CancellationToken cancellationToken)
    {
        var skus = await outbox.ReadAsync(cancellationToken);
        foreach (var sku in skus)
        {
            await PublishAsync(sku, cancellationToken);
        }

        if (skus.Count > 0)
        {
            await outbox.RemoveAsync(skus, cancellationToken);
        }
    }

    private async Task PublishAsync(string sku, CancellationToken cancellationToken)
    {
        var document = await documents.ReadAsync<ProductDocument>(ProductStore.Key(sku), cancellationToken);
        if (document is null || document.Unpublished.Count == 0)
        {
            return;
        }

        foreach (var change in document.Unpublished)
        {
            await dapr.PublishEventAsync(
                Topics.PubSub, Topics.Catalog, change,
                new Dictionary<string, string> { ["cloudevent.id"] = change.EventId, ["cloudevent.type"] = ProductChanged.Type },
                cancellationToken);
            LogPublished(logger, change.Sku, change.Version);
        }

        var published = document.Unpublished.Select(change => change.EventId).ToHashSet();
        await documents.ChangeAsync<ProductDocument, bool>(
            ProductStore.Key(sku), current => Forget(current, published), cancellationToken);
    }

    internal static Change<ProductDocument, bool> Forget(ProductDocument? current, IReadOnlySet<string> published) =>
        current is not null && current.Unpublished.Any(change => published.Contains(change.EventId))
            ? Change.To(current with { Unpublished = [.. current.Unpublished.Where(change => !published.Contains(change.EventId))] }, true)
            : Change.None<ProductDocument, bool>(false);

    private async Task PauseAsync(CancellationToken cancellationToken)
    {
        using var interval = new CancellationTokenSource(Interval, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, interval.Token);
        try
        {
            await _wake.WaitAsync(either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // The interval has passed: look even though nobody called.
        }
    }

    [LoggerMessage(LogLevel.Information, "Published version {Version} of product {Sku}")]
    private static partial void LogPublished(ILogger logger, string sku, long version);

    [LoggerMessage(LogLevel.Warning, "Product events wait: {Reason}")]
    private static partial void LogPostponed(ILogger logger, string reason);
}
