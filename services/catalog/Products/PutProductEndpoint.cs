using System.Diagnostics;
using DaprShop.Catalog.Publishing;
using DaprShop.Contracts.Api;
using DaprShop.ServiceDefaults.Faults;
using DaprShop.ServiceDefaults.Http;
using DaprShop.ServiceDefaults.Ids;

namespace DaprShop.Catalog.Products;

/// <summary><c>PUT /api/v1/products/{sku}</c>: creates without If-Match, changes with it.</summary>
internal static partial class PutProductEndpoint
{
    public static void MapPutProduct(this IEndpointRouteBuilder routes) =>
        routes.MapPut("/api/v1/products/{sku}", PutAsync).RequireOperator();

    internal static async Task<IResult> PutAsync(
        string sku, PutProduct request, HttpContext context, ProductStore products, ProductIndex index, ProductOutbox outbox,
        ProductRelay relay, ILogger<PutProduct> logger, CancellationToken cancellationToken)
    {
        if (Validate(sku, request).TryGetProblem(out var invalid))
        {
            return invalid;
        }

        // Finders first: should this process end after the swap, the list and the relay still lead to the product.
        await index.AddAsync([sku], cancellationToken);
        await outbox.AddAsync(sku, cancellationToken);
        Func<long, bool>? expects = ETags.HasIfMatch(context.Request) ? version => ETags.IfMatch(context.Request, version) : null;
        switch (await products.PutAsync(sku, request, expects, cancellationToken))
        {
            case ProductDecision.Written written:
                relay.Wake();
                var product = written.Document.Product;
                LogWritten(logger, sku, product.Version);
                ETags.Write(context.Response, product.Version);
                return written.Created
                    ? TypedResults.Created($"/api/v1/products/{sku}", product)
                    : TypedResults.Ok(product);
            case ProductDecision.PreconditionFailed { Version: { } version }:
                return Problems.PreconditionFailed($"The product is at version {version}: read it and send its ETag in If-Match.");
            case ProductDecision.PreconditionFailed:
                return Problems.PreconditionFailed("There is no such product to change; without If-Match it would be created.");
            case ProductDecision.Backlogged:
                throw new DependencyUnavailableException("The broker has not taken the product's events for a while.");
            default:
                throw new UnreachableException();
        }
    }

    private static ValidationErrors Validate(string sku, PutProduct request)
    {
        var errors = new ValidationErrors();
        errors.Require(SkuFormat.IsSku(sku), "sku", "must have 1 to 32 upper-case letters, digits or dashes");
        errors.Require(IsText(request.Name, 200), "name", "must have 1 to 200 characters");
        errors.Require(IsText(request.Brand, 100), "brand", "must have 1 to 100 characters");
        errors.Require(IsText(request.Category, 50), "category", "must have 1 to 50 characters");
        errors.Require(request.Description.Length <= 5000, "description", "must have 5000 characters at most");
        errors.Require(request.Price.Amount is >= 1 and <= 1_000_000_000_000, "price.amount", "must be from 1 to 1000000000000 minor units");
        errors.Require(request.Price.Currency == "CNY", "price.currency", "must be CNY: an order has one currency");
        return errors;
    }

    private static bool IsText(string text, int longest) => !string.IsNullOrWhiteSpace(text) && text.Length <= longest;

    [LoggerMessage(LogLevel.Information, "Product {Sku} is at version {Version}")]
    private static partial void LogWritten(ILogger logger, string sku, long version);
}
