using Dapr.Actors;

namespace DaprShop.Order.Carts;

/// <summary>One customer's cart: an actor, so that two tabs of one browser cannot undo each other.</summary>
public interface ICartActor : IActor
{
    Task<Cart> GetAsync();

    Task<CartChange> SetAsync(string sku, int quantity);

    Task<Cart> RemoveAsync(string sku);

    Task<BegunCheckout> BeginCheckoutAsync(string orderId);

    Task<Cart> SettleCheckoutAsync(CartCheckout checkout);

    Task DropCheckoutAsync(string orderId);
}
