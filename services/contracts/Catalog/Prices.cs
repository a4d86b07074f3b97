namespace DaprShop.Contracts.Catalog;

/// <summary>The prices an order is placed at: <c>POST /internal/products/prices</c>.</summary>
public sealed record PriceQuery(IReadOnlyList<string> Skus);

/// <summary>Unknown SKUs are left out.</summary>
public sealed record PriceList(IReadOnlyList<ProductPrice> Items);

public sealed record ProductPrice(string Sku, Money Price);

/// <summary>The demo products; catalogue and inventory seed the same ones, each its own part.</summary>
public static class SeedProducts
{
    /// <summary>SKU-1001 to SKU-1024.</summary>
    public static IReadOnlyList<string> Skus { get; } =
        [.. Enumerable.Range(1001, 24).Select(number => $"SKU-{number}")];
}
