using DaprShop.Contracts.Inventory;
using DaprShop.Inventory.Stock;
using DaprShop.ServiceDefaults.State;

namespace DaprShop.Inventory.Sales;

/// <summary>
/// What the clock asks of sales, found by their index: units that a crash or an empty stock kept from a sale are drawn, and after its end
/// what is left goes back. No sale waits for it to start or to end: that is judged with each reservation.
/// </summary>
internal sealed partial class SweepSales(
    StockPools pools, SaleUnits units, SaleViews views, DocumentStore documents, TimeProvider clock, ILogger<SweepSales> logger)
{
    /// <summary>Clocks of replicas differ: none of them sells when the first one takes the units back.</summary>
    private static readonly TimeSpan AfterEnd = TimeSpan.FromSeconds(10);

    public async Task SweepAsync(CancellationToken cancellationToken)
    {
        foreach (var indexed in (await pools.IndexAsync(cancellationToken)).AllSales.Where(sale => !sale.IsSettled))
        {
            try
            {
                await SweepAsync(indexed, cancellationToken);
            }
#pragma warning disable CA1031 // One sale that cannot be looked after must not keep the units of the others.
            catch (Exception failure) when (!cancellationToken.IsCancellationRequested)
#pragma warning restore CA1031
            {
                LogNotSwept(failure, indexed.Id);
            }
        }
    }

    private async Task SweepAsync(IndexedSale indexed, CancellationToken cancellationToken)
    {
        if (await pools.FindAsync(StockPoolNames.OfSale(indexed.Id), cancellationToken) is not { Settings: { Sale: { } sale } settings } pool)
        {
            return;
        }

        var now = clock.GetUtcNow();
        if (now < sale.EndsAt && (await views.ReadAsync(settings, sale, cancellationToken)).Allotted < sale.Quantity)
        {
            await units.DrawAsync(pool, cancellationToken);
        }

        if (now >= sale.EndsAt + AfterEnd && await units.ReturnAsync(pool, cancellationToken))
        {
            var isSettled = await documents.ChangeAsync<StockIndex, bool>(
                StockKeys.Index,
                index => index?.Settle(indexed.Id, indexed.Reopened) is { } next ? Change.To(next, true) : Change.None<StockIndex, bool>(false),
                cancellationToken);
            if (isSettled)
            {
                LogSettled(indexed.Id);
            }
        }
    }

    [LoggerMessage(LogLevel.Information, "Sale {SaleId} has ended and is settled")]
    private partial void LogSettled(string saleId);

    [LoggerMessage(LogLevel.Warning, "Sale {SaleId} could not be looked after; the next sweep tries again")]
    private partial void LogNotSwept(Exception failure, string saleId);
}
