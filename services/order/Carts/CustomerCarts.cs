using Dapr.Actors;
using Dapr.Actors.Client;
using DaprShop.Contracts.Api;
using DaprShop.Order.Orders;
using DaprShop.ServiceDefaults.Ids;

namespace DaprShop.Order.Carts;

/// <summary>The way to a customer's cart.</summary>
internal sealed class CustomerCarts(IActorProxyFactory actors, OrderStore orders)
{
    /// <summary>The id is derived: a user's own may have characters that no path of the sidecar takes.</summary>
    public ICartActor Of(string userId) =>
        actors.CreateActorProxy<ICartActor>(new ActorId(DerivedIds.Of("cart", userId)), CartActor.TypeName);

    /// <summary>The cart without what has become an order in a request that did not get as far as taking it out.</summary>
    public async Task<Cart> ReadAsync(string userId, CancellationToken cancellationToken)
    {
        var actor = Of(userId);
        var cart = await actor.GetAsync();
        foreach (var open in cart.Checkouts.Where(checkout => !checkout.IsSettled))
        {
            if (await orders.FindAsync(open.OrderId, cancellationToken) is not null)
            {
                cart = await actor.SettleCheckoutAsync(open);
            }
        }

        return cart;
    }

    public static CartView View(Cart cart) =>
        new([.. cart.Lines.Select(line => new CartItem(line.Sku, line.Quantity))], cart.Version, cart.ChangedAt);
}
