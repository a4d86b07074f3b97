using System.Security.Claims;
using DaprShop.Gateway.Authentication;
using DaprShop.Gateway.Forwarding;
using DaprShop.Gateway.Orders;
using DaprShop.Gateway.Routes;
using DaprShop.Gateway.SoldOut;
using DaprShop.ServiceDefaults.Faults;
using DaprShop.ServiceDefaults.Telemetry;

namespace DaprShop.Gateway.Limits;

/// <summary>Forwards what the limits let through and the sold-out cache does not refuse, cheapest question first.</summary>
internal sealed class LimitedForwarder(
    UserLimits users, LoadLimit load, SoldOutGate soldOut, Forwarder forwarder, OrderForwarder orders, RefusedOrders refusals)
{
    private static readonly QuickProblem RateLimited = new(Problems.RateLimited(
        "You send more than this shop takes from one user: nothing was done. Wait as Retry-After says, then repeat it."));

    private static readonly QuickProblem Overloaded = new(Problems.Overloaded(
        "Too many requests are on their way: nothing was done. Wait as Retry-After says, then repeat it."));

    public async Task ForwardAsync(HttpContext context, PublicRoute route)
    {
        if (route.LimitsUsers && context.User.FindFirstValue(ShopClaims.User) is { } user && !users.TryTake(user))
        {
            await RefuseAsync(context, route, RateLimited);
            return;
        }

        if (route.RefusesSoldOut && await soldOut.TryRefuseAsync(context, route))
        {
            return;
        }

        if (!route.CountsAsLoad)
        {
            await PassAsync(context, route);
            return;
        }

        if (!load.TryEnter())
        {
            await RefuseAsync(context, route, Overloaded);
            return;
        }

        try
        {
            await PassAsync(context, route);
        }
        finally
        {
            load.Leave();
        }
    }

    private Task RefuseAsync(HttpContext context, PublicRoute route, QuickProblem refusal)
    {
        if (route.PlacesOrder)
        {
            refusals.Count(refusal);
        }

        return refusal.WriteAsync(context);
    }

    private Task PassAsync(HttpContext context, PublicRoute route) => route switch
    {
        { RefusesSoldOut: true } => soldOut.ForwardOrderAsync(context, route, forwarder, orders),
        { AddsUnits: true } => soldOut.ForwardUnitsAsync(context, route, forwarder),
        _ => forwarder.ForwardAsync(context, route),
    };
}

internal static class LimitsSetup
{
    public static void AddLimits(this WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton<LiveSettings>();
        builder.Services.AddHostedService<SettingsPull>();
        builder.Services.AddSingleton<UserLimits>();
        builder.Services.AddSingleton<LoadLimit>();
        builder.Services.AddSingleton<RefusedOrders>();
        builder.Services.AddSingleton<LimitedForwarder>();
    }
}
