using DaprShop.Contracts.Api;
using DaprShop.Order.Clients;
using DaprShop.Order.Placing;
using DaprShop.ServiceDefaults.Faults;
using DaprShop.ServiceDefaults.Http;

namespace DaprShop.Order.Carts;

/// <summary>
/// Puts a product into the cart, or takes it out. Both say how the cart is to be and may be repeated; the answer is the cart. Nothing is
/// reserved, and the price is that of the checkout.
/// </summary>
internal static partial class CartItemEndpoints
{
    private const string Route = "/api/v1/cart/items/{sku}";

    public static void MapCartItems(this IEndpointRouteBuilder routes)
    {
        routes.MapPut(Route, PutAsync);
        routes.MapDelete(Route, DeleteAsync);
    }

    internal static async Task<IResult> PutAsync(
        string sku,
        PutCartItem item,
        ShopCaller caller,
        CustomerCarts carts,
        PriceBook priceBook,
        ILogger<PutCartItem> logger,
        CancellationToken cancellationToken)
    {
        var errors = new ValidationErrors();
        PlaceOrderRequests.RequireSku(sku, "sku", errors);
        errors.Require(
            item.Quantity is >= 1 and <= PlaceOrderRequests.MaxQuantity,
            "quantity",
            $"must be a whole number from 1 to {PlaceOrderRequests.MaxQuantity}; to take the product out, DELETE it");
        if (!errors.Any && (await priceBook.FindAsync([sku], cancellationToken)) is var prices && prices.Find(sku) is null)
        {
            errors.Add("sku", $"there is no product {sku}: GET /api/v1/products lists those there are");
        }

        if (errors.TryGetProblem(out var invalid))
        {
            return invalid;
        }

        var change = await carts.Of(caller.UserId).SetAsync(sku, item.Quantity);
        if (change.IsFull)
        {
            return Problems.IllegalTransition(
                $"The cart has {CartDecisions.MaxLines} products, which is as many as one order can have: take one out or check out first.");
        }

        LogSet(logger, sku, item.Quantity, change.Cart.Version);
        return TypedResults.Ok(CustomerCarts.View(change.Cart));
    }

    internal static async Task<IResult> DeleteAsync(string sku, ShopCaller caller, CustomerCarts carts)
    {
        var errors = new ValidationErrors();
        return PlaceOrderRequests.RequireSku(sku, "sku", errors)
            ? TypedResults.Ok(CustomerCarts.View(await carts.Of(caller.UserId).RemoveAsync(sku)))
            : errors.TryGetProblem(out var invalid) ? invalid : throw new System.Diagnostics.UnreachableException();
    }

    [LoggerMessage(LogLevel.Debug, "{Sku} is in the cart {Quantity} times; version {Version}")]
    private static partial void LogSet(ILogger logger, string sku, int quantity, long version);
}
