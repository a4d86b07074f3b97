using DaprShop.Order.Orders;
using DaprShop.Order.Reading;
using DaprShop.Order.Saga;
using DaprShop.ServiceDefaults.Faults;
using DaprShop.ServiceDefaults.Http;
using DaprShop.ServiceDefaults.Ids;
using Microsoft.AspNetCore.Http.HttpResults;

namespace DaprShop.Order.Refunding;

/// <summary>
/// An operator gives a confirmed order's money and units back. The decision is one swap of the order's state, which names the request; the
/// 202 says that it is durable, the workflow does the rest.
/// </summary>
internal static partial class RefundOrderEndpoint
{
    public static void MapRefundOrder(this IEndpointRouteBuilder routes) =>
        routes.MapPost("/api/v1/orders/{id}/refund", HandleAsync).RequireOperator();

    internal static async Task<IResult> HandleAsync(
        string id,
        ShopCaller caller,
        OrderStore orders,
        OpenRefunds open,
        OrderAdvance advance,
        IRefundStarter starter,
        HttpContext context,
        ILogger<RefundWorkflow> logger,
        CancellationToken cancellationToken)
    {
        if (!IdempotencyKey.TryRead(context.Request, out var key, out var refusal))
        {
            return refusal;
        }

        if (await GetOrderEndpoints.FindAsync(id, caller, orders, cancellationToken) is not { } found)
        {
            return GetOrderEndpoints.NotFound(id);
        }

        var requestId = DerivedIds.Of("refund", caller.UserId, $"/api/v1/orders/{id}/refund", key);
        var state = found.State ?? OrderState.AsPlaced(found.Order);
        if (state.RefundRequest == requestId)
        {
            context.Response.Headers[ShopHeaders.IdempotencyReplayed] = "true";
        }
        else if (state is not { Status: OrderStatus.Confirmed, RefundRequest: null })
        {
            return Refused(state);
        }
        else
        {
            // Into the index first: whatever is decided after this is found by the sweep.
            await open.AddAsync(id, cancellationToken);
            var advanced = await advance.AdvanceAsync(
                found.Order, OrderEvent.RefundRequested, new TransitionDetails(RefundRequest: requestId), cancellationToken);
            state = advanced.State;
            if (state.RefundRequest != requestId)
            {
                return Refused(state);
            }

            LogDecided(logger, id, caller.Pseudonym);
        }

        if (state.IsRefunding)
        {
            await starter.EnsureAsync(id, cancellationToken);
        }

        ETags.Write(context.Response, state.Version);
        return TypedResults.Accepted(OrderViews.Path(id), OrderViews.Of(found.Order, state));
    }

    private static ProblemHttpResult Refused(OrderState state) => Problems.IllegalTransition(state.IsRefunding
        ? "The order is Confirmed and another request is refunding it already."
        : $"An order that is {state.Status} cannot be refunded: only a Confirmed one can.");

    [LoggerMessage(LogLevel.Information, "The refund of order {OrderId} was decided by {Operator}")]
    private static partial void LogDecided(ILogger logger, string orderId, string @operator);
}
