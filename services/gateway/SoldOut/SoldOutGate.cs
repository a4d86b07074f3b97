using System.IO.Pipelines;
using DaprShop.Contracts.Inventory;
using DaprShop.Gateway.Forwarding;
using DaprShop.Gateway.Orders;
using DaprShop.Gateway.Routes;
using DaprShop.ServiceDefaults.Faults;
using DaprShop.ServiceDefaults.Telemetry;

namespace DaprShop.Gateway.SoldOut;

/// <summary>
/// Refuses buyers of a stock that is known to be sold out, without a call. It never refuses the repeat of an order that may have been
/// accepted, and leaves every request that is not a plain order of one line to the order service.
/// </summary>
internal sealed class SoldOutGate(SoldOutCache cache, RecentOrders recent, RefusedOrders refusals)
{
    /// <returns>True: answered.</returns>
    public async ValueTask<bool> TryRefuseAsync(HttpContext context, PublicRoute route)
    {
        // Nothing is read for the sake of an empty cache.
        if (cache.Count == 0 || !PlainJson.IsSentBy(context.Request) || !NamedOrder.TryRead(context, route, out var order))
        {
            return false;
        }

        var refusal = await JudgeAsync(context.Request.BodyReader, context.GetRouteValue("id") as string, order.Id, context.RequestAborted);
        if (refusal is null)
        {
            return false;
        }

        refusals.Count(refusal);
        await refusal.WriteAsync(context);
        return true;
    }

    public async Task ForwardOrderAsync(HttpContext context, PublicRoute route, Forwarder forwarder, OrderForwarder orders)
    {
        // Without a user and a key there is no order to name, and the service refuses.
        if (!NamedOrder.TryRead(context, route, out var order))
        {
            await forwarder.ForwardAsync(context, route);
            return;
        }

        var isFirst = recent.TryBegin(order.Id);
        var isRefused = false;
        try
        {
            await orders.ForwardAsync(context, route, order, (status, soldOutPool) =>
            {
                isRefused = status is >= StatusCodes.Status400BadRequest and < StatusCodes.Status500InternalServerError;
                if (soldOutPool is not null)
                {
                    cache.Watch(soldOutPool);
                }
            });
        }
        finally
        {
            // Accepted, or nobody knows: the answer may have been lost on the way.
            if (!isRefused)
            {
                recent.Add(order.Id);
            }

            if (isFirst)
            {
                recent.End(order.Id);
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
