using System.Globalization;
using DaprShop.Contracts.Api;
using DaprShop.Contracts.Inventory;
using DaprShop.Inventory.Stock;
using DaprShop.ServiceDefaults.Faults;
using DaprShop.ServiceDefaults.Http;

namespace DaprShop.Inventory.Sales;

/// <summary>Sales as anybody sees them, and what the order service asks about one.</summary>
internal static class SaleEndpoints
{
    private const string CursorKind = "sales";

    public static void MapSales(this IEndpointRouteBuilder routes)
    {
        routes.MapGet(CreateSaleEndpoint.Route, ListAsync);
        routes.MapGet($"{CreateSaleEndpoint.Route}/{{id}}", GetAsync);
        routes.MapGet("/internal/sales/{id}", OfferAsync);
    }

    /// <summary>Newest first.</summary>
    internal static async Task<IResult> ListAsync(
        HttpContext context, StockPools pools, SaleViews views, CancellationToken cancellationToken)
    {
        var errors = new ValidationErrors();
        var page = PageRequest.Read(context.Request.Query, CursorKind, cursorParts: 1, errors);
        var before = int.MaxValue;
        if (page.After is [var position] && !int.TryParse(position, NumberStyles.None, CultureInfo.InvariantCulture, out before))
        {
            errors.Add("cursor", "is not a cursor of this list: pass nextCursor of the previous page unchanged");
        }

        if (errors.TryGetProblem(out var problem))
        {
            return problem;
        }

        // Sales are only ever added at the end, so a place counted from the front stays where it is.
        var sales = (await pools.IndexAsync(cancellationToken)).AllSales;
        var items = new List<SaleView>(page.Limit);
        var at = Math.Min(before, sales.Count) - 1;
        for (; at >= 0 && items.Count < page.Limit; at--)
        {
            if (await FindAsync(sales[at].Id, pools, views, cancellationToken) is { } view)
            {
                items.Add(view);
            }
        }

        return TypedResults.Ok(new Page<SaleView>(
            items, at >= 0 ? Cursor.Encode(CursorKind, (at + 1).ToString(CultureInfo.InvariantCulture)) : null));
    }

    internal static async Task<IResult> GetAsync(string id, StockPools pools, SaleViews views, CancellationToken cancellationToken) =>
        await FindAsync(id, pools, views, cancellationToken) is { } view ? TypedResults.Ok(view) : NotFound(id);

    internal static async Task<IResult> OfferAsync(string id, StockPools pools, CancellationToken cancellationToken) =>
        await pools.FindAsync(StockPoolNames.OfSale(id), cancellationToken) is { Settings: { Sale: { } sale } settings }
            ? TypedResults.Ok(new SaleOffer(sale.Id, settings.Sku, sale.Price))
            : NotFound(id);

    private static async Task<SaleView?> FindAsync(string id, StockPools pools, SaleViews views, CancellationToken cancellationToken) =>
        await pools.FindAsync(StockPoolNames.OfSale(id), cancellationToken) is { Settings: { Sale: { } sale } settings }
            ? await views.ReadAsync(settings, sale, cancellationToken)
            : null;

    private static IResult NotFound(string id) => Problems.NotFound($"There is no sale {id}.");
}
