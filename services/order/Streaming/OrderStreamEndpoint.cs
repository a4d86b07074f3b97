using System.Globalization;
using DaprShop.Order.Orders;
using DaprShop.Order.Reading;
using DaprShop.ServiceDefaults.Faults;
using DaprShop.ServiceDefaults.Http;

namespace DaprShop.Order.Streaming;

/// <summary>
/// <c>GET /api/v1/orders/{id}/stream</c>: an <c>order</c> event for the state as it is, then one for every change, until the order is settled.
/// The event's id is the order's version, so <c>Last-Event-ID</c> resumes without a gap.
/// </summary>
internal static class OrderStreamEndpoint
{
    private const string LastEventId = "Last-Event-ID";

    public static void MapOrderStream(this IEndpointRouteBuilder routes) => routes.MapGet("/api/v1/orders/{id}/stream", StreamAsync);

    internal static async Task<IResult> StreamAsync(
        string id,
        ShopCaller caller,
        OrderStore orders,
        OrderWatches watches,
        HttpContext context,
        TimeProvider clock,
        IHostApplicationLifetime host)
    {
        if (await GetOrderEndpoints.FindAsync(id, caller, orders, context.RequestAborted) is not { } found)
        {
            return GetOrderEndpoints.NotFound(id);
        }

        var state = found.State ?? OrderState.AsPlaced(found.Order);
        var sent = state.Version - 1;
        if (context.Request.Headers[LastEventId].ToString() is { Length: > 0 } last
            && !long.TryParse(last, NumberStyles.None, CultureInfo.InvariantCulture, out sent))
        {
            return Problems.Validation(LastEventId, "must be the id of an event of this stream; leave it out to begin with the order as it is");
        }

        // Tells a browser, which comes back after each end, that there is nothing more to come for.
        if (OrderTable.IsTerminal(state.Status) && sent >= state.Version)
        {
            return TypedResults.NoContent();
        }

        using var watch = watches.TryWatch(id, caller.UserId);
        if (watch is null)
        {
            return Problems.Overloaded("Too many order streams are open: close some of yours, or come back as Retry-After says.");
        }

        // A stream would otherwise hold up the shutdown until its time runs out.
        using var ends = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, host.ApplicationStopping);
        watch.Signal.Offer(state);
        try
        {
            await new OrderStream(context.Response, found, watch.Signal, orders, clock).RunAsync(sent, ends.Token);
        }
        catch (OperationCanceledException) when (ends.IsCancellationRequested)
        {
            // The client has gone or this process stops; either way the stream ends here.
            return TypedResults.Empty;
        }

        return TypedResults.Empty;
    }
}
