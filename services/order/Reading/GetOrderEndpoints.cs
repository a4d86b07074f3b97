using DaprShop.Order.Orders;
using DaprShop.ServiceDefaults.Faults;
using DaprShop.ServiceDefaults.Http;

namespace DaprShop.Order.Reading;

/// <summary>One order, and its timeline.</summary>
internal static class GetOrderEndpoints
{
    public static void MapGetOrder(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/api/v1/orders/{id}", GetAsync);
        routes.MapGet("/api/v1/orders/{id}/events", EventsAsync);
    }

    internal static async Task<IResult> GetAsync(
        string id, ShopCaller caller, OrderStore orders, HttpContext context, CancellationToken cancellationToken)
    {
        if (await FindAsync(id, caller, orders, cancellationToken) is not { } found)
        {
            return NotFound(id);
        }

        var view = OrderViews.Of(found.Order, found.State);
        ETags.Write(context.Response, view.Version);
        return ETags.NotModified(context.Request, view.Version)
            ? TypedResults.StatusCode(StatusCodes.Status304NotModified)
            : TypedResults.Ok(view);
    }

    internal static async Task<IResult> EventsAsync(
        string id, ShopCaller caller, OrderStore orders, CancellationToken cancellationToken) =>
        await FindAsync(id, caller, orders, cancellationToken) is { } found
            ? TypedResults.Ok(OrderViews.Timeline(found.Order, found.State))
            : NotFound(id);

    /// <summary>Somebody else's order does not exist for this caller.</summary>
    internal static async Task<FoundOrder?> FindAsync(
        string id, ShopCaller caller, OrderStore orders, CancellationToken cancellationToken)
    {
        if (!Guid.TryParseExact(id, "D", out _))
        {
            return null;
        }

        var found = await orders.FindAsync(id, cancellationToken);
        return found is not null && (caller.IsOperator || found.Order.UserId == caller.UserId) ? found : null;
    }

    internal static IResult NotFound(string id) => Problems.NotFound($"There is no order {id}.");
}
