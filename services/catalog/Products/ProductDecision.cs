using DaprShop.Contracts.Api;
using DaprShop.Contracts.Events;
using DaprShop.ServiceDefaults.Ids;

namespace DaprShop.Catalog.Products;

/// <summary>What becomes of a PUT: a pure function of the stored product, the request and the clock.</summary>
internal abstract record ProductDecision
{
    public sealed record Written(ProductDocument Document, bool Created) : ProductDecision;

    /// <summary>Exists and no version was named, or not the version that was named.</summary>
    public sealed record PreconditionFailed(long? Version) : ProductDecision;

    /// <summary>Too many events wait for the broker.</summary>
    public sealed record Backlogged : ProductDecision;

    /// <param name="expects">What If-Match says about a version; null when the request has none.</param>
    public static ProductDecision Make(
        ProductDocument? current, string sku, PutProduct request, Func<long, bool>? expects, DateTimeOffset now)
    {
        var version = current?.Product.Version;
        if (version is { } known ? expects is null || !expects(known) : expects is not null)
        {
            return new PreconditionFailed(version);
        }

        var unpublished = current?.Unpublished ?? [];
        if (unpublished.Count >= ProductDocument.MostUnpublished)
        {
            return new Backlogged();
        }

        var product = new Product(sku, request.Name, request.Brand, request.Category, request.Price, request.Description, (version ?? 0) + 1);
        return new Written(new ProductDocument(product, [.. unpublished, Changed(product, now)]), Created: version is null);
    }

    private static ProductChanged Changed(Product product, DateTimeOffset now) => new(
        DerivedIds.Of("product-changed", product.Sku, product.Version.ToString(System.Globalization.CultureInfo.InvariantCulture)),
        product.Sku, product.Name, product.Brand, product.Category, product.Price, product.Version, now);
}
