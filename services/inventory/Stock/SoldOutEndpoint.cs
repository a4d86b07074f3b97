using System.Text.RegularExpressions;
using DaprShop.Contracts.Inventory;
using DaprShop.ServiceDefaults.Faults;
using DaprShop.ServiceDefaults.Http;
using DaprShop.ServiceDefaults.Ids;

namespace DaprShop.Inventory.Stock;

/// <summary><c>GET /internal/sold-out/{pool}</c>, with ETag: the gateways ask twice a second while buyers come.</summary>
internal static partial class SoldOutEndpoint
{
    public static void MapSoldOut(this IEndpointRouteBuilder routes) => routes.MapGet("/internal/sold-out/{pool}", GetAsync);

    internal static async Task<IResult> GetAsync(string pool, HttpContext context, StockBuckets buckets, CancellationToken cancellationToken)
    {
        if (!Sku().IsMatch(pool))
        {
            return Problems.NotFound($"There is no stock of {pool}.");
        }

        var stock = await buckets.Of(pool).DecideAsync((ledger, _) => new Decision<SoldOutStock>(SoldOutStock.Of(ledger)), cancellationToken);
        ETags.Write(context.Response, stock.Version);
        return ETags.NotModified(context.Request, stock.Version)
            ? TypedResults.StatusCode(StatusCodes.Status304NotModified)
            : TypedResults.Ok(stock.ToView());
    }

    [GeneratedRegex(@"\A[A-Z0-9][A-Z0-9-]{0,31}\z")]
    private static partial Regex Sku();
}

/// <param name="OrderIds">Every order that ever had units, given back or not: each of them was or may be accepted. Empty while there are units.</param>
internal sealed record SoldOutStock(bool IsSoldOut, IReadOnlyList<string> OrderIds)
{
    /// <summary>Orders are only ever added, so that their number names the set of them.</summary>
    public long Version => IsSoldOut ? 1 + OrderIds.Count : 0;

    public static SoldOutStock Of(StockLedger stock) =>
        stock.Available > 0
            ? new SoldOutStock(IsSoldOut: false, [])
            : new SoldOutStock(IsSoldOut: true, [.. stock.Reservations.Select(reservation => reservation.Order.OrderId)]);

    /// <summary>Not for the ledger's own loop: the filter of a hundred thousand orders takes its milliseconds.</summary>
    public SoldOutView ToView()
    {
        var filter = IdFilter.For(OrderIds.Count);
        foreach (var id in OrderIds)
        {
            filter.Add(id);
        }

        return new SoldOutView(Version, IsSoldOut, filter.ToBytes(), filter.Hashes);
    }
}
