using DaprShop.ServiceDefaults.Faults;
using DaprShop.ServiceDefaults.Http;

namespace DaprShop.Catalog.Products;

/// <summary><c>GET /api/v1/products/{sku}</c>, with ETag.</summary>
internal static class GetProductEndpoint
{
    public static void MapGetProduct(this IEndpointRouteBuilder routes) => routes.MapGet("/api/v1/products/{sku}", GetAsync);

    internal static async Task<IResult> GetAsync(string sku, HttpContext context, ProductStore products, CancellationToken cancellationToken)
    {
        if (await products.FindAsync(sku, cancellationToken) is not { } product)
        {
            return Problems.NotFound($"There is no product {sku}.");
        }

        ETags.Write(context.Response, product.Version);
        return ETags.NotModified(context.Request, product.Version)
            ? TypedResults.StatusCode(StatusCodes.Status304NotModified)
            : TypedResults.Ok(product);
    }
}
