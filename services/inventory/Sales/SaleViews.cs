using DaprShop.Contracts.Api;
using DaprShop.Inventory.Stock;
using DaprShop.ServiceDefaults.State;

namespace DaprShop.Inventory.Sales;

/// <summary>What the API shows of a sale: its terms, and what clock and stock say now.</summary>
internal sealed class SaleViews(DocumentStore documents, TimeProvider clock)
{
    public async Task<SaleView> ReadAsync(StockSettings settings, SaleTerms sale, CancellationToken cancellationToken)
    {
        var survey = await StockSurvey.ReadAtRestAsync(documents, [settings], clock, cancellationToken);
        var remaining = survey.Available + survey.Buckets.Sum(bucket => survey.UnderWayTo(bucket.Id));
        var allotted = remaining + survey.Buckets.Sum(bucket => bucket.Document.Reserved + bucket.Document.Sold);
        var now = clock.GetUtcNow();
        return new SaleView(
            sale.Id,
            settings.Sku,
            sale.Price,
            sale.Quantity,
            sale.PerUserLimit,
            sale.StartsAt,
            sale.EndsAt,
            Status(sale, remaining, now),
            allotted,
            now < sale.EndsAt ? remaining : 0,
            now);
    }

    internal static string Status(SaleTerms sale, long remaining, DateTimeOffset now)
    {
        if (now < sale.StartsAt)
        {
            return "Scheduled";
        }

        if (now >= sale.EndsAt)
        {
            return "Ended";
        }

        return remaining > 0 ? "Open" : "SoldOut";
    }
}
