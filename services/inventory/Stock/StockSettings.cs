using DaprShop.Contracts;
using DaprShop.Contracts.Inventory;
using DaprShop.ServiceDefaults.State;

namespace DaprShop.Inventory.Stock;

/// <summary>How the buckets of a pool decide. All are correct, because the swap of the bucket's document decides in each of them.</summary>
internal enum StockStrategy
{
    /// <summary>What arrives while one swap runs shares the next.</summary>
    GroupCommit,

    /// <summary>Each command has a swap of its own.</summary>
    Etag,

    /// <summary>Each command has a swap of its own, under a lock of the bucket.</summary>
    Lock,

    /// <summary>Each command has a swap of its own, in the turns of the bucket's actor.</summary>
    Actor,
}

/// <summary>What a pool is, decided by the one swap that creates it and never changed. Each bucket's share follows from it.</summary>
/// <param name="Initial">Units the pool begins with; nothing for a sale, which draws its units from the SKU.</param>
/// <param name="Sale">Null: the stock of the SKU itself.</param>
internal sealed record StockSettings(
    string Sku, long Initial, StockStrategy Strategy, int Buckets, DateTimeOffset CreatedAt, SaleTerms? Sale = null)
{
    public string Pool => Sale is null ? Sku : StockPoolNames.OfSale(Sale.Id);

    public IEnumerable<BucketId> BucketIds
    {
        get
        {
            var pool = Pool;
            return Enumerable.Range(0, Buckets).Select(number => new BucketId(pool, number));
        }
    }

    /// <summary>Units a bucket begins with.</summary>
    public long Share(int bucket) => Split(Initial, bucket);

    /// <summary>Units a bucket of a sale draws from the SKU.</summary>
    public long Allotment(int bucket) => Sale is null ? 0 : Split(Sale.Quantity, bucket);

    /// <summary>Null: there is no such pool.</summary>
    public static async Task<StockSettings?> ReadAsync(DocumentStore documents, string pool, CancellationToken cancellationToken)
    {
        if (await documents.ReadAsync<StockSettings>(StockKeys.Settings(pool), cancellationToken) is { } settings)
        {
            return settings;
        }

        // Stock of the version before this one has a single bucket and no settings.
        var lone = await documents.ReadAsync<StockDocument>(StockKeys.Bucket(new BucketId(pool, 0)), cancellationToken);
        return lone is null ? null : new StockSettings(lone.Sku, lone.Initial, StockStrategy.GroupCommit, Buckets: 1, lone.UpdatedAt);
    }

    private long Split(long units, int bucket) => (units / Buckets) + (bucket < units % Buckets ? 1 : 0);
}

/// <summary>What a sale promises.</summary>
/// <param name="RequestId">Which request created it: what makes a repeat a repeat.</param>
internal sealed record SaleTerms(
    string Id, Money Price, long Quantity, int PerUserLimit, DateTimeOffset StartsAt, DateTimeOffset EndsAt, string RequestId);
