using System.Text.RegularExpressions;
using DaprShop.Contracts.Inventory;
using DaprShop.ServiceDefaults.Faults;
using DaprShop.ServiceDefaults.Http;
using DaprShop.ServiceDefaults.Ids;
using DaprShop.ServiceDefaults.State;

namespace DaprShop.Inventory.Stock;

/// <summary><c>GET /internal/sold-out/{pool}</c>, with ETag: the gateways ask twice a second while buyers come.</summary>
internal static partial class SoldOutEndpoint
{
    public static void MapSoldOut(this IEndpointRouteBuilder routes) => routes.MapGet("/internal/sold-out/{pool}", GetAsync);

    internal static async Task<IResult> GetAsync(
        string pool, HttpContext context, StockPools pools, DocumentStore documents, CancellationToken cancellationToken)
    {
        if (!Pool().IsMatch(pool))
        {
            return Problems.NotFound($"There is no stock of {pool}.");
        }

        // Buyers of what nobody created are told that it is sold out too.
        var stock = await pools.FindAsync(pool, cancellationToken) is { } found
            ? await ReadAsync(found, documents, cancellationToken)
            : new SoldOutStock(IsSoldOut: true, []);
        ETags.Write(context.Response, stock.Version);
        return ETags.NotModified(context.Request, stock.Version)
            ? TypedResults.StatusCode(StatusCodes.Status304NotModified)
            : TypedResults.Ok(stock.ToView());
    }

    private static async Task<SoldOutStock> ReadAsync(StockPool pool, DocumentStore documents, CancellationToken cancellationToken)
    {
        if (!await StockSurvey.IsSoldOutAsync(documents, pool.Settings, cancellationToken))
        {
            return new SoldOutStock(IsSoldOut: false, []);
        }

        // A bucket only says which orders it has: those who buy wait for its turn, and what is made of them is made outside of it.
        var orders = new List<ReadOnlyMemory<string>>();
        foreach (var bucket in pool.Settings.BucketIds)
        {
            orders.AddRange(await pool.Bucket(bucket).DecideAsync(
                (stock, _) => new Decision<IReadOnlyList<ReadOnlyMemory<string>>>(stock.OrderIds), cancellationToken));
        }

        return new SoldOutStock(IsSoldOut: true, orders);
    }

    [GeneratedRegex(@"\A(?:[A-Z0-9][A-Z0-9-]{0,31}|sale:[a-z0-9][a-z0-9-]{0,62})\z")]
    private static partial Regex Pool();
}

/// <param name="OrderIds">Every order that ever had units, given back or not: each of them was or may be accepted. Empty while there are units.</param>
internal sealed record SoldOutStock(bool IsSoldOut, IReadOnlyList<ReadOnlyMemory<string>> OrderIds)
{
    /// <summary>Orders are only ever added, so that their number names the set of them.</summary>
    public long Version => IsSoldOut ? 1 + Count : 0;

    private int Count => OrderIds.Sum(part => part.Length);

    public SoldOutView ToView()
    {
        var filter = IdFilter.For(Count);
        foreach (var part in OrderIds)
        {
            foreach (var id in part.Span)
            {
                filter.Add(id);
            }
        }

        return new SoldOutView(Version, IsSoldOut, filter.ToBytes(), filter.Hashes);
    }
}
