using DaprShop.Contracts.Api;
using DaprShop.ServiceDefaults.Faults;
using DaprShop.ServiceDefaults.Http;
using DaprShop.ServiceDefaults.Ids;

namespace DaprShop.Inventory.Stock;

/// <summary>What the API shows and lets an operator do about a SKU's stock.</summary>
internal static class StockEndpoints
{
    private const int MaxUnits = 1_000_000_000;

    public static void MapStock(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/api/v1/stock/{sku}", GetAsync);
        routes.MapPut("/api/v1/stock/{sku}", CreateAsync).RequireOperator();
        routes.MapPost("/api/v1/stock/{sku}/restocks", RestockAsync).RequireOperator();
    }

    internal static async Task<IResult> GetAsync(string sku, StockViews views, HttpContext context, CancellationToken cancellationToken)
    {
        if (await views.ReadAsync(sku, cancellationToken) is not { } view)
        {
            return NotFound(sku);
        }

        ETags.Write(context.Response, view.Version);
        return ETags.NotModified(context.Request, view.Version)
            ? TypedResults.StatusCode(StatusCodes.Status304NotModified)
            : TypedResults.Ok(view);
    }

    internal static async Task<IResult> CreateAsync(
        string sku, CreateStock request, StockPools pools, StockViews views, TimeProvider clock, CancellationToken cancellationToken)
    {
        var errors = new ValidationErrors();
        StockRequests.RequireSku(sku, "sku", errors);
        errors.Require(request.Initial is >= 0 and <= MaxUnits, "initial", $"must be a whole number from 0 to {MaxUnits}");
        StockRequests.RequireBuckets(request.Buckets, errors);
        var strategy = StockRequests.RequireStrategy(request.Strategy, errors);
        if (errors.TryGetProblem(out var problem))
        {
            return problem;
        }

        var standing = await pools.CreateAsync(
            new StockSettings(sku, request.Initial, strategy, request.Buckets ?? 1, clock.GetUtcNow()), cancellationToken);
        return standing is null
            ? TypedResults.Created($"/api/v1/stock/{sku}", await views.ReadAsync(sku, cancellationToken))
            : Problems.AlreadyExists($"There is stock of {sku} already: restock it instead.");
    }

    internal static async Task<IResult> RestockAsync(
        string sku,
        Restock request,
        ShopCaller caller,
        HttpContext context,
        StockPools pools,
        StockViews views,
        CancellationToken cancellationToken)
    {
        if (!IdempotencyKey.TryRead(context.Request, out var key, out var refusal))
        {
            return refusal;
        }

        var errors = new ValidationErrors();
        errors.Require(request.Quantity is >= 1 and <= MaxUnits, "quantity", $"must be a whole number from 1 to {MaxUnits}");
        if (errors.TryGetProblem(out var problem))
        {
            return problem;
        }

        if (!SkuFormat.IsSku(sku) || await pools.FindAsync(sku, cancellationToken) is not { } pool)
        {
            return NotFound(sku);
        }

        var requestId = DerivedIds.Of("restock", caller.UserId, $"/api/v1/stock/{sku}/restocks", key);
        switch (await pool.RestockAsync(requestId, request.Quantity, cancellationToken))
        {
            case RestockOutcome.KeyReused:
                return Problems.IdempotencyKeyReused("This key already restocked another quantity.");
            case RestockOutcome.Replayed:
                context.Response.Headers[ShopHeaders.IdempotencyReplayed] = "true";
                break;
        }

        return TypedResults.Ok(await views.ReadAsync(sku, cancellationToken));
    }

    private static IResult NotFound(string sku) => Problems.NotFound($"There is no stock of {sku}.");
}
