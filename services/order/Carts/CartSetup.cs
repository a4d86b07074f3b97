using DaprShop.ServiceDefaults.Json;

namespace DaprShop.Order.Carts;

/// <summary>Carts and the actors they are.</summary>
internal static class CartSetup
{
    public static void AddCarts(this IServiceCollection services)
    {
        services.AddOptions<CartRetention>().BindConfiguration("Cart").ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton<CustomerCarts>();
        services.AddActors(options =>
        {
            options.UseJsonSerialization = true;
            options.JsonSerializerOptions = ShopJson.Documents;
            options.Actors.RegisterActor<CartActor>();
        });
    }

    public static void MapCarts(this IEndpointRouteBuilder routes)
    {
        routes.MapGetCart();
        routes.MapCartItems();
        routes.MapCheckoutCart();
        routes.MapActorsHandlers();
    }
}
