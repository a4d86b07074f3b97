using System.Globalization;
using DaprShop.Contracts.Api;
using DaprShop.ServiceDefaults.Faults;
using DaprShop.ServiceDefaults.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace DaprShop.Catalog.Products;

/// <summary><c>GET /api/v1/products?category=&amp;limit=&amp;cursor=</c>.</summary>
internal static class ListProductsEndpoint
{
    private const string CursorKind = "products";

    public static void MapListProducts(this IEndpointRouteBuilder routes) => routes.MapGet("/api/v1/products", ListAsync);

    internal static async Task<Results<Ok<Page<Product>>, ProblemHttpResult>> ListAsync(
        string? category, HttpRequest request, ProductIndex index, ProductStore products, CancellationToken cancellationToken)
    {
        var errors = new ValidationErrors();
        var page = PageRequest.Read(request.Query, CursorKind, cursorParts: 1, errors);
        var start = 0;
        if (page.After is [var position])
        {
            errors.Require(
                int.TryParse(position, NumberStyles.None, CultureInfo.InvariantCulture, out start), "cursor", "is not a cursor of this list");
        }

        if (errors.TryGetProblem(out var invalid))
        {
            return invalid;
        }

        var items = new List<Product>(page.Limit);
        var next = start;
        var more = true;
        while (more && items.Count < page.Limit)
        {
            (var skus, more) = await index.ReadAsync(next / ProductIndex.PageSize, cancellationToken);
            var rest = skus.Skip(next % ProductIndex.PageSize).ToArray();
            var found = (await products.FindManyAsync(rest, cancellationToken)).ToDictionary(product => product.Sku);
            foreach (var sku in rest)
            {
                if (items.Count == page.Limit)
                {
                    more = true;
                    break;
                }

                next++;
                if (found.TryGetValue(sku, out var product) && (category is null || product.Category == category))
                {
                    items.Add(product);
                }
            }
        }

        return TypedResults.Ok(new Page<Product>(
            items, more ? Cursor.Encode(CursorKind, next.ToString(CultureInfo.InvariantCulture)) : null));
    }
}
