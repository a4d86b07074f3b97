using System.Collections.Concurrent;
using DaprShop.ServiceDefaults.State;

namespace DaprShop.Inventory.Stock;

/// <summary>The buckets this replica has touched, and the index that finds all of them (commit rule R6).</summary>
internal sealed class StockBuckets(DocumentStore documents, TimeProvider clock, ILogger<StockBucket> logger) : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, Lazy<StockBucket>> _buckets = new(StringComparer.Ordinal);

    public StockBucket Of(string sku) =>
        _buckets.GetOrAdd(sku, key => new Lazy<StockBucket>(() => new StockBucket(key, documents, clock, logger))).Value;

    public async Task<IReadOnlyList<string>> SkusAsync(CancellationToken cancellationToken) =>
        (await documents.ReadAsync<StockIndex>(StockKeys.Index, cancellationToken))?.Skus ?? [];

    /// <summary>Before the bucket exists: an index entry without a bucket is harmless, a bucket without an entry is never swept.</summary>
    public Task IndexAsync(string sku, CancellationToken cancellationToken) =>
        documents.ChangeAsync<StockIndex, bool>(
            StockKeys.Index,
            index => index?.Skus.Contains(sku, StringComparer.Ordinal) == true
                ? Change.None<StockIndex, bool>(false)
                : Change.To(new StockIndex([.. index?.Skus ?? [], sku]), true),
            cancellationToken);

    public async ValueTask DisposeAsync()
    {
        foreach (var bucket in _buckets.Values)
        {
            await bucket.Value.DisposeAsync();
        }
    }
}

internal sealed record StockIndex(IReadOnlyList<string> Skus);
