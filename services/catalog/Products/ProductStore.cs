using System.Collections.Concurrent;
using DaprShop.Contracts.Api;
using DaprShop.ServiceDefaults.State;
using Microsoft.Extensions.Options;

namespace DaprShop.Catalog.Products;

/// <summary>Products under <c>product/{sku}</c>, read through a short-lived memory of this replica.</summary>
internal sealed class ProductStore(DocumentStore documents, IOptions<CatalogOptions> options, TimeProvider clock)
{
    private const int MostRemembered = 10_000;

    private readonly ConcurrentDictionary<string, (Product? Product, DateTimeOffset Until)> _memory = new(StringComparer.Ordinal);

    public static string Key(string sku) => $"product/{sku}";

    public async Task<Product?> FindAsync(string sku, CancellationToken cancellationToken)
    {
        if (Recall(sku, out var known))
        {
            return known;
        }

        var document = await documents.ReadAsync<ProductDocument>(Key(sku), cancellationToken);
        Remember(sku, document?.Product);
        return document?.Product;
    }

    /// <returns>The products that exist, in the order asked for.</returns>
    public async Task<IReadOnlyList<Product>> FindManyAsync(IReadOnlyList<string> skus, CancellationToken cancellationToken)
    {
        var missing = skus.Where(sku => !Recall(sku, out _)).Distinct().ToArray();
        var read = await documents.ReadManyAsync<ProductDocument>([.. missing.Select(Key)], cancellationToken);
        foreach (var sku in missing)
        {
            Remember(sku, read.GetValueOrDefault(Key(sku))?.Product);
        }

        // What was recalled may have expired meanwhile; a second look costs one read at worst.
        var found = new List<Product>(skus.Count);
        foreach (var sku in skus)
        {
            if (await FindAsync(sku, cancellationToken) is { } product)
            {
                found.Add(product);
            }
        }

        return found;
    }

    public async Task<ProductDecision> PutAsync(
        string sku, PutProduct request, Func<long, bool>? expects, CancellationToken cancellationToken)
    {
        var decision = await documents.ChangeAsync<ProductDocument, ProductDecision>(
            Key(sku),
            current => ProductDecision.Make(current, sku, request, expects, clock.GetUtcNow()) switch
            {
                ProductDecision.Written written => Change.To<ProductDocument, ProductDecision>(written.Document, written),
                var refused => Change.None<ProductDocument, ProductDecision>(refused),
            },
            cancellationToken);
        _memory.TryRemove(sku, out _);
        return decision;
    }

    private bool Recall(string sku, out Product? product)
    {
        var known = _memory.TryGetValue(sku, out var entry) && clock.GetUtcNow() < entry.Until;
        product = known ? entry.Product : null;
        return known;
    }

    private void Remember(string sku, Product? product)
    {
        // Unknown SKUs are remembered too, so the number is in the callers' hands; starting afresh bounds it.
        if (_memory.Count >= MostRemembered)
        {
            _memory.Clear();
        }

        _memory[sku] = (product, clock.GetUtcNow() + options.Value.CacheFor);
    }
}
