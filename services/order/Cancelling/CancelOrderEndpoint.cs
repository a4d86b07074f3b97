using DaprShop.Order.Orders;
using DaprShop.Order.Reading;
using DaprShop.Order.Saga;
using DaprShop.ServiceDefaults.Faults;
using DaprShop.ServiceDefaults.Http;

namespace DaprShop.Order.Cancelling;

/// <summary>
/// The customer's wish is written first; the saga reads it before the hold, before the charge and after each wait. A payment that
/// succeeded in the meantime wins: the order then goes on as paid.
/// </summary>
internal static partial class CancelOrderEndpoint
{
    public static void MapCancelOrder(this IEndpointRouteBuilder routes) =>
        routes.MapPost("/api/v1/orders/{id}/cancel", HandleAsync);

    internal static async Task<IResult> HandleAsync(
        string id,
        ShopCaller caller,
        OrderStore orders,
        SagaWaker waker,
        HttpContext context,
        ILogger<CancelRequest> logger,
        CancellationToken cancellationToken)
    {
        if (await GetOrderEndpoints.FindAsync(id, caller, orders, cancellationToken) is not { } found)
        {
            return GetOrderEndpoints.NotFound(id);
        }

        var view = OrderViews.Of(found.Order, found.State);
        if (ETags.HasIfMatch(context.Request) && !ETags.IfMatch(context.Request, view.Version))
        {
            return Problems.PreconditionFailed($"The order is at version {view.Version}: read it again and decide anew.");
        }

        var status = found.State?.Status ?? OrderStatus.Reserved;
        var isRepeat = found.State is { Status: OrderStatus.Cancelled, CancelReason: "customer" };
        if (status is not (OrderStatus.Reserved or OrderStatus.AwaitingPayment) && !isRepeat)
        {
            return Problems.IllegalTransition($"An order that is {status} can no longer be cancelled.");
        }

        if (!isRepeat)
        {
            await orders.RequestCancelAsync(id, cancellationToken);
            await waker.WakeAsync(id, cancellationToken);
            LogRequested(logger, id);
        }

        ETags.Write(context.Response, view.Version);
        return TypedResults.Accepted(OrderViews.Path(id), view);
    }

    [LoggerMessage(LogLevel.Information, "Cancellation of order {OrderId} was asked for")]
    private static partial void LogRequested(ILogger logger, string orderId);
}
