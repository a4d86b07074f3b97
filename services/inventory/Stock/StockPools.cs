using System.Collections.Concurrent;
using Dapr.Actors.Client;
using DaprShop.Contracts.Inventory;
using DaprShop.ServiceDefaults.Ids;
using DaprShop.ServiceDefaults.State;

namespace DaprShop.Inventory.Stock;

/// <summary>The pools this replica has touched, and the index that finds all of them (commit rule R6).</summary>
internal sealed class StockPools(
    DocumentStore documents, ContentionLock locks, IActorProxyFactory actors, IdSource ids, TimeProvider clock, ILogger<StockBucket> logger) : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, Lazy<StockPool>> _pools = new(StringComparer.Ordinal);

    /// <returns>Null: there is no such pool.</returns>
    public async Task<StockPool?> FindAsync(string pool, CancellationToken cancellationToken)
    {
        if (_pools.TryGetValue(pool, out var known))
        {
            return known.Value;
        }

        return await StockSettings.ReadAsync(documents, pool, cancellationToken) is { } settings ? Of(settings) : null;
    }

    public async Task<StockPool> RequireAsync(string pool, CancellationToken cancellationToken) =>
        await FindAsync(pool, cancellationToken) ?? throw new InvalidOperationException($"There is no stock {pool}, though a document names it.");

    public async Task<StockIndex> IndexAsync(CancellationToken cancellationToken) =>
        await documents.ReadAsync<StockIndex>(StockKeys.Index, cancellationToken) ?? StockIndex.Empty;

    /// <summary>
    /// Whoever looked at the sale before settles nothing, and one that is settled is looked after again. That is not asked of a clock: the replica
    /// that settles and the one that brings units in may differ about whether it is over.
    /// </summary>
    public Task ReopenAsync(string saleId, CancellationToken cancellationToken) => documents.ChangeAsync<StockIndex, bool>(
        StockKeys.Index,
        index => index is null ? Change.None<StockIndex, bool>(false) : Change.To(index.Reopen(saleId), true),
        cancellationToken);

    /// <summary>Those whose settings are there; an index entry may be one step ahead of them.</summary>
    public async Task<IReadOnlyList<StockPool>> FindAllAsync(IEnumerable<string> names, CancellationToken cancellationToken)
    {
        var pools = new List<StockPool>();
        foreach (var pool in names)
        {
            if (await FindAsync(pool, cancellationToken) is { } found)
            {
                pools.Add(found);
            }
        }

        return pools;
    }

    /// <summary>The pool of a SKU and those of its sales; nothing when there is no such SKU.</summary>
    public async Task<IReadOnlyList<StockPool>> OfSkuAsync(string sku, CancellationToken cancellationToken)
    {
        if (await FindAsync(sku, cancellationToken) is not { } own)
        {
            return [];
        }

        // Whose sale it is, its settings alone say: they are what was created when two operators chose the same id.
        var sales = await FindAllAsync((await IndexAsync(cancellationToken)).AllSales.Select(sale => StockPoolNames.OfSale(sale.Id)), cancellationToken);
        return [own, .. sales.Where(sale => sale.Settings.Sku == sku)];
    }

    /// <summary>Into the index first: an entry without a pool is harmless, a pool without an entry is never swept.</summary>
    /// <returns>The settings that stood there already; null: the pool is created.</returns>
    public async Task<StockSettings?> CreateAsync(StockSettings settings, CancellationToken cancellationToken)
    {
        await documents.ChangeAsync<StockIndex, bool>(
            StockKeys.Index,
            found => (found ?? StockIndex.Empty).With(settings) is { } next ? Change.To(next, true) : Change.None<StockIndex, bool>(false),
            cancellationToken);
        return await StockSettings.ReadAsync(documents, settings.Pool, cancellationToken)
            ?? await documents.CreateAsync(StockKeys.Settings(settings.Pool), settings, cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var pool in _pools.Values)
        {
            await pool.Value.DisposeAsync();
        }
    }

    private StockPool Of(StockSettings settings) =>
        _pools.GetOrAdd(settings.Pool, _ => new Lazy<StockPool>(() => new StockPool(
            settings,
            new UnitTransfers(this),
            documents,
            actors,
            bucket => new StockBucket(
                bucket,
                settings,
                documents,
                settings.Strategy == StockStrategy.Lock ? new BucketLock(bucket, locks, ids, clock) : null,
                clock,
                logger)))).Value;
}

/// <param name="Sales">Null in what the version before this one wrote.</param>
internal sealed record StockIndex(IReadOnlyList<string> Skus, IReadOnlyList<IndexedSale>? Sales = null)
{
    public static StockIndex Empty { get; } = new([], []);

    public IReadOnlyList<IndexedSale> AllSales => Sales ?? [];

    public IEnumerable<string> Pools => Skus.Concat(AllSales.Select(sale => StockPoolNames.OfSale(sale.Id)));

    /// <summary>Those in which a reservation may be open.</summary>
    public IEnumerable<string> LivingPools => Skus.Concat(AllSales.Where(sale => !sale.IsSettled).Select(sale => StockPoolNames.OfSale(sale.Id)));

    /// <returns>Null: it is in the index.</returns>
    public StockIndex? With(StockSettings settings)
    {
        if (settings.Sale is { } terms)
        {
            return AllSales.Any(sale => sale.Id == terms.Id) ? null : this with { Sales = [.. AllSales, new IndexedSale(terms.Id)] };
        }

        return Skus.Contains(settings.Sku, StringComparer.Ordinal) ? null : this with { Skus = [.. Skus, settings.Sku] };
    }

    /// <param name="reopened">How often it had been reopened when it was looked at.</param>
    /// <returns>Null: units came in since, so it has to be looked at again.</returns>
    public StockIndex? Settle(string saleId, int reopened) =>
        AllSales.Any(sale => sale.Id == saleId && sale.Reopened == reopened)
            ? With(saleId, sale => sale with { IsSettled = true })
            : null;

    /// <summary>Units came into it: the sweep has to look after them, whatever it has seen before.</summary>
    public StockIndex Reopen(string saleId) => With(saleId, sale => sale with { IsSettled = false, Reopened = sale.Reopened + 1 });

    private StockIndex With(string saleId, Func<IndexedSale, IndexedSale> change) =>
        this with { Sales = [.. AllSales.Select(sale => sale.Id == saleId ? change(sale) : sale)] };
}

/// <param name="IsSettled">It has ended, all its reservations have too, and what was left is back with the SKU.</param>
/// <param name="Reopened">How often units came in that whoever looked before cannot have seen.</param>
internal sealed record IndexedSale(string Id, bool IsSettled = false, int Reopened = 0);
