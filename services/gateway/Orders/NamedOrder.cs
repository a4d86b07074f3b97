using System.Diagnostics.CodeAnalysis;
using System.Security.Claims;
using DaprShop.Gateway.Authentication;
using DaprShop.Gateway.Forwarding;
using DaprShop.Gateway.Routes;
using DaprShop.ServiceDefaults.Http;
using DaprShop.ServiceDefaults.Ids;

namespace DaprShop.Gateway.Orders;

/// <summary>What names an order before anybody has accepted it.</summary>
/// <param name="Path">At the service, as <see cref="Forwarder.TargetPath"/> makes it.</param>
/// <param name="Id">The order's, should it be accepted.</param>
internal sealed record NamedOrder(string UserId, string Path, string Key, string Id)
{
    /// <returns>False: without a user and a proper key there is no order to name, and the service says so.</returns>
    public static bool TryRead(HttpContext context, PublicRoute route, [NotNullWhen(true)] out NamedOrder? order)
    {
        order = context.User.FindFirstValue(ShopClaims.User) is { } user
            && IdempotencyKey.TryRead(context.Request, out var key, out _)
            && Forwarder.TargetPath(context, route) is { } path
            ? new NamedOrder(user, path, key, DerivedIds.Order(user, path, key))
            : null;
        return order is not null;
    }
}
