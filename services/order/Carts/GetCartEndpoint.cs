using DaprShop.Contracts.Api;
using DaprShop.ServiceDefaults.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace DaprShop.Order.Carts;

/// <summary>What the customer has in the cart. Everybody has one, if an empty one.</summary>
internal static class GetCartEndpoint
{
    public static void MapGetCart(this IEndpointRouteBuilder routes) => routes.MapGet("/api/v1/cart", HandleAsync);

    internal static async Task<Ok<CartView>> HandleAsync(ShopCaller caller, CustomerCarts carts, CancellationToken cancellationToken) =>
        TypedResults.Ok(CustomerCarts.View(await carts.ReadAsync(caller.UserId, cancellationToken)));
}
