using System.Text.RegularExpressions;
using DaprShop.Contracts.Api;
using DaprShop.ServiceDefaults.Faults;
using DaprShop.ServiceDefaults.Http;
using DaprShop.ServiceDefaults.Ids;
using DaprShop.ServiceDefaults.State;

namespace DaprShop.Inventory.Stock;

/// <summary>What the API shows and lets an operator do about a SKU's stock.</summary>
internal static partial class StockEndpoints
{
    private const int MaxUnits = 1_000_000_000;

    public static void MapStock(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/api/v1/stock/{sku}", GetAsync);
        routes.MapPut("/api/v1/stock/{sku}", CreateAsync).RequireOperator();
        routes.MapPost("/api/v1/stock/{sku}/restocks", RestockAsync).RequireOperator();
    }

    internal static async Task<IResult> GetAsync(string sku, DocumentStore documents, HttpContext context, CancellationToken cancellationToken)
    {
        if (await ReadAsync(sku, documents, cancellationToken) is not { } view)
        {
            return NotFound(sku);
        }

        ETags.Write(context.Response, view.Version);
        return ETags.NotModified(context.Request, view.Version)
            ? TypedResults.StatusCode(StatusCodes.Status304NotModified)
            : TypedResults.Ok(view);
    }

    internal static async Task<IResult> CreateAsync(
        string sku, CreateStock request, StockBuckets buckets, DocumentStore documents, CancellationToken cancellationToken)
    {
        var errors = new ValidationErrors();
        errors.Require(Sku().IsMatch(sku), "sku", "must be 1 to 32 capital letters, digits and hyphens, such as SKU-1001");
        errors.Require(request.Initial is >= 0 and <= MaxUnits, "initial", $"must be a whole number from 0 to {MaxUnits}");
        errors.Require(request.Strategy is null or "etag", "strategy", "only etag is available in this version");
        errors.Require(request.Buckets is null or 1, "buckets", "only 1 is available in this version");
        if (errors.TryGetProblem(out var problem))
        {
            return problem;
        }

        await buckets.IndexAsync(sku, cancellationToken);
        var created = await buckets.Of(sku).DecideAsync(
            (stock, now) => StockDecisions.Create(stock, request.Initial, now), cancellationToken);
        return created
            ? TypedResults.Created($"/api/v1/stock/{sku}", await ReadAsync(sku, documents, cancellationToken))
            : Problems.AlreadyExists($"There is stock of {sku} already: restock it instead.");
    }

    internal static async Task<IResult> RestockAsync(
        string sku,
        Restock request,
        ShopCaller caller,
        HttpContext context,
        StockBuckets buckets,
        DocumentStore documents,
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

        // Asked before a bucket is opened: one stays in memory for every SKU that was ever named.
        if (await ReadAsync(sku, documents, cancellationToken) is null)
        {
            return NotFound(sku);
        }

        var requestId = DerivedIds.Of("restock", caller.UserId, $"/api/v1/stock/{sku}/restocks", key);
        var outcome = await buckets.Of(sku).DecideAsync(
            (stock, now) => StockDecisions.Restock(stock, requestId, request.Quantity, now), cancellationToken);
        switch (outcome)
        {
            case RestockOutcome.UnknownSku:
                return NotFound(sku);
            case RestockOutcome.KeyReused:
                return Problems.IdempotencyKeyReused("This key already restocked another quantity.");
            case RestockOutcome.Replayed:
                context.Response.Headers[ShopHeaders.IdempotencyReplayed] = "true";
                break;
        }

        return TypedResults.Ok(await ReadAsync(sku, documents, cancellationToken));
    }

    private static async Task<StockView?> ReadAsync(string sku, DocumentStore documents, CancellationToken cancellationToken)
    {
        if (!Sku().IsMatch(sku))
        {
            return null;
        }

        var stock = await documents.ReadAsync<StockDocument>(StockKeys.Bucket(sku), cancellationToken);
        return stock is null
            ? null
            : new StockView(sku, stock.Initial, stock.Restocked, stock.Available, stock.Reserved, stock.Sold, stock.Seq + 1);
    }

    private static IResult NotFound(string sku) => Problems.NotFound($"There is no stock of {sku}.");

    [GeneratedRegex(@"\A[A-Z0-9][A-Z0-9-]{0,31}\z")]
    private static partial Regex Sku();
}
