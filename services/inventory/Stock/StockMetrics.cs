using System.Diagnostics.Metrics;
using DaprShop.Contracts.Inventory;
using DaprShop.ServiceDefaults.Faults;
using DaprShop.ServiceDefaults.State;
using DaprShop.ServiceDefaults.Telemetry;

namespace DaprShop.Inventory.Stock;

/// <summary>
/// Units by SKU, its sales included, as the last sweep saw them. Only one replica sweeps; one that has not swept for long says nothing, so that an
/// old answer never hides a new one.
/// </summary>
internal sealed class StockMetrics
{
    /// <summary>By <c>sku</c> and <c>state</c>: available, reserved, sold.</summary>
    public const string Units = "shop.stock.units";

    /// <summary>What the SKUs beyond the first hundred are together.</summary>
    public const string Others = "other";

    private const int MaxSkus = 100;

    /// <summary>Some sweeps long.</summary>
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(30);

    private readonly DocumentStore _documents;
    private readonly TimeProvider _clock;
    private readonly Dictionary<IndexedSale, StockCounts> _settled = [];
    private volatile Look? _last;

    public StockMetrics(IMeterFactory meters, DocumentStore documents, TimeProvider clock)
    {
        (_documents, _clock) = (documents, clock);
        meters.Create(ShopActivity.SourceName).CreateObservableGauge(Units, Observe, "{unit}", "Units of stock by what they are.");
    }

    /// <param name="living">What the sweep saw of the pools in which something may still happen.</param>
    public async Task SawAsync(
        StockPools pools, StockIndex index, IReadOnlyList<(string Sku, StockCounts Counts)> living, CancellationToken cancellationToken)
    {
        try
        {
            var all = living.Concat(await SettledAsync(pools, index, cancellationToken));
            var named = index.Skus.Take(MaxSkus).ToHashSet(StringComparer.Ordinal);
            _last = new Look(
                _clock.GetTimestamp(),
                [
                    .. all.GroupBy(pool => named.Contains(pool.Sku) ? pool.Sku : Others, StringComparer.Ordinal)
                        .Select(sku => (sku.Key, sku.Aggregate(default(StockCounts), (sum, pool) => sum + pool.Counts))),
                ]);
        }
        catch (DependencyUnavailableException)
        {
            // The last look stands for as long as it is fresh.
            return;
        }
    }

    /// <summary>A settled sale stays as it is until units come back, which its index entry then says: it is read once.</summary>
    private async Task<IReadOnlyList<(string Sku, StockCounts Counts)>> SettledAsync(StockPools pools, StockIndex index, CancellationToken cancellationToken)
    {
        var settled = new List<(string, StockCounts)>();
        foreach (var sale in index.AllSales.Where(sale => sale.IsSettled))
        {
            if (await pools.FindAsync(StockPoolNames.OfSale(sale.Id), cancellationToken) is not { Settings: var settings })
            {
                continue;
            }

            if (!_settled.TryGetValue(sale, out var counts))
            {
                var survey = await StockSurvey.ReadAsync(_documents, [settings], cancellationToken);
                _settled[sale] = counts = survey.Buckets.Aggregate(default(StockCounts), (sum, bucket) => sum + StockCounts.Of(bucket.Document));
            }

            settled.Add((settings.Sku, counts));
        }

        return settled;
    }

    private IEnumerable<Measurement<long>> Observe() =>
        _last is { } last && _clock.GetElapsedTime(last.At) < Fresh ? last.Skus.SelectMany(Measure) : [];

    private static Measurement<long>[] Measure((string Sku, StockCounts Counts) stock) =>
    [
        Measure(stock.Sku, "available", stock.Counts.Available),
        Measure(stock.Sku, "reserved", stock.Counts.Reserved),
        Measure(stock.Sku, "sold", stock.Counts.Sold),
    ];

    private static Measurement<long> Measure(string sku, string state, long units) =>
        new(units, new KeyValuePair<string, object?>("sku", sku), new KeyValuePair<string, object?>("state", state));

    /// <param name="At">Monotonic timestamp.</param>
    private sealed record Look(long At, IReadOnlyList<(string Sku, StockCounts Counts)> Skus);
}
