using DaprShop.Contracts.Catalog;
using DaprShop.ServiceDefaults.Json;
using Microsoft.AspNetCore.Http.HttpResults;

namespace DaprShop.Catalog.Products;

/// <summary><c>POST /internal/products/prices</c>: what the order service charges.</summary>
internal static class PricesEndpoint
{
    public static void MapPrices(this IEndpointRouteBuilder routes) => routes.MapPost("/internal/products/prices", PricesAsync);

    internal static async Task<Ok<PriceList>> PricesAsync(
        Tolerant<PriceQuery> query, ProductStore products, CancellationToken cancellationToken)
    {
        var found = await products.FindManyAsync([.. query.Body.Skus.Distinct()], cancellationToken);
        return TypedResults.Ok(new PriceList([.. found.Select(product => new ProductPrice(product.Sku, product.Price))]));
    }
}
