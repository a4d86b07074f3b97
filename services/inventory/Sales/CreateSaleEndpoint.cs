using System.Text.RegularExpressions;
using DaprShop.Contracts.Api;
using DaprShop.Contracts.Inventory;
using DaprShop.Inventory.Stock;
using DaprShop.ServiceDefaults.Faults;
using DaprShop.ServiceDefaults.Http;
using DaprShop.ServiceDefaults.Ids;
using DaprShop.ServiceDefaults.Json;
using DaprShop.ServiceDefaults.State;

namespace DaprShop.Inventory.Sales;

/// <summary>
/// An operator announces a sale. Its terms are fixed by the swap that creates it; its units are set aside at once, so that it is warm when it
/// starts. What a crash leaves undone the sweep finishes.
/// </summary>
internal static partial class CreateSaleEndpoint
{
    public const string Route = "/api/v1/sales";

    private const int MaxUnits = 1_000_000_000;
    private const int MaxLimit = 999;
    private const long MaxPrice = 1_000_000_000_000;

    public static void MapCreateSale(this IEndpointRouteBuilder routes) => routes.MapPost(Route, HandleAsync).RequireOperator();

    internal static async Task<IResult> HandleAsync(
        CreateSale request,
        ShopCaller caller,
        HttpContext context,
        StockPools pools,
        SaleUnits units,
        SaleViews views,
        DocumentStore documents,
        TimeProvider clock,
        CancellationToken cancellationToken)
    {
        if (!IdempotencyKey.TryRead(context.Request, out var key, out var refusal))
        {
            return refusal;
        }

        var now = clock.GetUtcNow();
        var errors = new ValidationErrors();
        var strategy = Validate(request, errors);
        if (errors.TryGetProblem(out var invalid))
        {
            return invalid;
        }

        var requestId = DerivedIds.Of("sale", caller.UserId, Route, key);
        var asked = new SaleRequest(RequestHash.Of(request));
        var known = await documents.ReadAsync<SaleRequest>(StockKeys.SaleRequest(requestId), cancellationToken);
        if (known is null)
        {
            if (await RefuseAsync(request, pools, documents, now, cancellationToken) is { } problem)
            {
                return problem;
            }

            // From here on the key belongs to this request, whatever becomes of it.
            known = await documents.CreateAsync(StockKeys.SaleRequest(requestId), asked, cancellationToken);
        }

        if (known is not null && known != asked)
        {
            return Problems.IdempotencyKeyReused("This key already created another sale.");
        }

        var terms = new SaleTerms(request.Id, request.Price, request.Quantity, request.PerUserLimit, request.StartsAt, request.EndsAt, requestId);
        var settings = new StockSettings(request.Sku, Initial: 0, strategy, request.Buckets ?? 1, now, terms);
        var standing = await pools.CreateAsync(settings, cancellationToken) ?? settings;
        if (standing.Sale?.RequestId != requestId)
        {
            return Exists(request.Id);
        }

        await units.DrawAsync(await pools.RequireAsync(standing.Pool, cancellationToken), cancellationToken);
        if (known is not null)
        {
            context.Response.Headers[ShopHeaders.IdempotencyReplayed] = "true";
        }

        return TypedResults.Created($"{Route}/{request.Id}", await views.ReadAsync(standing, standing.Sale, cancellationToken));
    }

    private static StockStrategy Validate(CreateSale request, ValidationErrors errors)
    {
        errors.Require(SaleId().IsMatch(request.Id), "id", "must be 1 to 63 small letters, digits and hyphens, such as spring-sale");
        StockRequests.RequireSku(request.Sku, "sku", errors);
        errors.Require(request.Price.Amount is >= 1 and <= MaxPrice, "price.amount", $"must be a whole number of minor units from 1 to {MaxPrice}");
        errors.Require(request.Price.Currency == "CNY", "price.currency", "must be CNY: an order has one currency");
        errors.Require(request.Quantity is >= 1 and <= MaxUnits, "quantity", $"must be a whole number from 1 to {MaxUnits}");
        errors.Require(request.PerUserLimit is >= 1 and <= MaxLimit, "perUserLimit", $"must be a whole number from 1 to {MaxLimit}");
        errors.Require(request.EndsAt > request.StartsAt, "endsAt", "must be later than startsAt");
        StockRequests.RequireBuckets(request.Buckets, errors);
        return StockRequests.RequireStrategy(request.Strategy, errors);
    }

    /// <summary>What only a sale that is not there yet can be refused for.</summary>
    private static async Task<IResult?> RefuseAsync(
        CreateSale request, StockPools pools, DocumentStore documents, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var errors = new ValidationErrors();
        errors.Require(request.EndsAt > now, "endsAt", "must not be over yet");
        var stock = await pools.FindAsync(request.Sku, cancellationToken);
        errors.Require(stock is not null, "sku", $"there is no stock of {request.Sku}");
        if (errors.TryGetProblem(out var invalid))
        {
            return invalid;
        }

        if (await pools.FindAsync(StockPoolNames.OfSale(request.Id), cancellationToken) is not null)
        {
            return Exists(request.Id);
        }

        var free = (await StockSurvey.ReadAsync(documents, [stock!.Settings], cancellationToken)).Available;
        return free < request.Quantity
            ? Problems.SoldOut($"Only {free} units of {request.Sku} are free: restock it, or sell fewer.")
            : null;
    }

    private static IResult Exists(string id) => Problems.AlreadyExists($"There is a sale {id} already: choose another id.");

    [GeneratedRegex(@"\A[a-z0-9][a-z0-9-]{0,62}\z")]
    private static partial Regex SaleId();

    /// <summary>What an idempotency key was used for.</summary>
    private sealed record SaleRequest(string Hash);
}
