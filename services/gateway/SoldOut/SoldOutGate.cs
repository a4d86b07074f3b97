using System.Diagnostics.CodeAnalysis;
using System.IO.Pipelines;
using System.Security.Claims;
using DaprShop.Contracts.Inventory;
using DaprShop.Gateway.Authentication;
using DaprShop.Gateway.Forwarding;
using DaprShop.Gateway.Routes;
using DaprShop.ServiceDefaults.Faults;
using DaprShop.ServiceDefaults.Http;
using DaprShop.ServiceDefaults.Ids;

namespace DaprShop.Gateway.SoldOut;

/// <summary>
/// Refuses buyers of a stock that is known to be sold out, without a call. It never refuses the repeat of an order that may have been
/// accepted, and leaves every request that is not a plain order of one line to the order service.
/// </summary>
internal sealed class SoldOutGate(SoldOutCache cache, RecentOrders recent)
{
    /// <returns>True: answered.</returns>
    public async ValueTask<bool> TryRefuseAsync(HttpContext context, PublicRoute route)
    {
        // Nothing is read for the sake of an empty cache.
        if (cache.Count == 0 || !IsPlainJson(context.Request) || !TryDeriveOrder(context, route, out var orderId))
        {
            return false;
        }

        var refusal = await JudgeAsync(context.Request.BodyReader, context.GetRouteValue("id") as string, orderId, context.RequestAborted);
        if (refusal is null)
        {
            return false;
        }

        await refusal.WriteAsync(context);
        return true;
    }

    public async Task ForwardOrderAsync(HttpContext context, PublicRoute route, Forwarder forwarder)
    {
        // Without a user and a key there is no order to name, and the service refuses.
        if (!TryDeriveOrder(context, route, out var orderId))
        {
            await forwarder.ForwardAsync(context, route);
            return;
        }

        var isFirst = recent.TryBegin(orderId);
        var isRefused = false;
        try
        {
            await forwarder.ForwardAsync(context, route, answer =>
            {
                isRefused = (int)answer.StatusCode is >= StatusCodes.Status400BadRequest and < StatusCodes.Status500InternalServerError;
                if (answer.Headers.TryGetValues(ShopHeaders.SoldOut, out var skus))
                {
                    cache.Watch(skus.First());
                }
            });
        }
        finally
        {
            // Accepted, or nobody knows: the answer may have been lost on the way.
            if (!isRefused)
            {
                recent.Add(orderId);
            }

            if (isFirst)
            {
                recent.End(orderId);
            }
        }
    }

    /// <summary>Who adds units through this gateway, and then buys through it, is not refused by what it knew before.</summary>
    public Task ForwardUnitsAsync(HttpContext context, PublicRoute route, Forwarder forwarder) =>
        forwarder.ForwardAsync(context, route, answer =>
        {
            if (answer.IsSuccessStatusCode && context.GetRouteValue("sku") is string sku)
            {
                cache.Forget(sku);
            }
        });

    /// <summary>Looks at the whole body, which is limited, and leaves all of it unread unless the request is refused.</summary>
    /// <param name="sale">That the path names; null: the body names a SKU.</param>
    private async ValueTask<QuickProblem?> JudgeAsync(PipeReader body, string? sale, string orderId, CancellationToken cancellationToken)
    {
        while (true)
        {
            var read = await body.ReadAsync(cancellationToken);
            if (!read.IsCompleted)
            {
                body.AdvanceTo(read.Buffer.Start, read.Buffer.End);
                continue;
            }

            var pool = sale is null
                ? PlaceOrderPeek.TryRead(read.Buffer, out var sku) ? sku : null
                : PlaceOrderPeek.IsSaleOrder(read.Buffer) ? StockPoolNames.OfSale(sale) : null;
            var refusal = pool is not null && !recent.MayContain(orderId) ? cache.Judge(pool, orderId) : null;
            body.AdvanceTo(refusal is null ? read.Buffer.Start : read.Buffer.End);
            return refusal;
        }
    }

    // Other types are refused by the service, and other character sets it must translate first.
    private static bool IsPlainJson(HttpRequest request) =>
        request.ContentType is { } type
        && (type.Equals("application/json", StringComparison.OrdinalIgnoreCase)
            || type.Equals("application/json; charset=utf-8", StringComparison.OrdinalIgnoreCase));

    private static bool TryDeriveOrder(HttpContext context, PublicRoute route, [NotNullWhen(true)] out string? orderId)
    {
        orderId = context.User.FindFirstValue(ShopClaims.User) is { } user
            && IdempotencyKey.TryRead(context.Request, out var key, out _)
            && Forwarder.TargetPath(context, route) is { } path
            ? DerivedIds.Order(user, path, key)
            : null;
        return orderId is not null;
    }
}

internal static class SoldOutSetup
{
    public static void AddSoldOut(this WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton<SoldOutClient>();
        builder.Services.AddSingleton<SoldOutCache>();
        builder.Services.AddSingleton<RecentOrders>();
        builder.Services.AddSingleton<SoldOutGate>();
    }
}
