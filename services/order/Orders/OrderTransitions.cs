using DaprShop.Contracts.Inventory;
using DaprShop.ServiceDefaults.State;

namespace DaprShop.Order.Orders;

/// <summary>What an event brings along.</summary>
internal sealed record TransitionDetails(DateTimeOffset? PayBefore = null, string? PaymentId = null, string? TraceId = null, string? RefundRequest = null);

/// <param name="Applied">The event is in the timeline, by this call or an earlier one. False: it was illegal and changed nothing.</param>
internal sealed record TransitionResult(OrderState State, bool Applied);

/// <summary>One event on one order: a pure function from state to state.</summary>
internal static class OrderTransitions
{
    /// <summary>No path through the table is longer; a document that grew past it is wrong.</summary>
    public const int MaxTimeline = 16;

    public static Change<OrderState, TransitionResult> Apply(
        OrderState? stored, OrderContent order, OrderEvent happened, TransitionDetails details, DateTimeOffset now)
    {
        var state = stored ?? OrderState.AsPlaced(order);
        var eventId = $"{order.OrderId}:{happened}";

        // Activities run at least once: an event that is in the timeline has happened, and happens no second time.
        if (state.Timeline.Any(entry => entry.EventId == eventId))
        {
            return Change.None<OrderState, TransitionResult>(new TransitionResult(state, Applied: true));
        }

        if (OrderTable.Next(state.Status, happened) is not { } status || state.Timeline.Count >= MaxTimeline)
        {
            return Change.None<OrderState, TransitionResult>(new TransitionResult(state, Applied: false));
        }

        var next = state with
        {
            Status = status,
            Version = state.Version + 1,
            PayBefore = details.PayBefore ?? state.PayBefore,
            PaymentId = details.PaymentId ?? state.PaymentId,
            RefundRequest = details.RefundRequest ?? state.RefundRequest,
            CancelReason = OrderTable.CancelReason(happened) ?? state.CancelReason,
            PaymentStatus = PaymentStatusAfter(happened) ?? state.PaymentStatus,
            Timeline = [.. state.Timeline, new OrderTransition(status, now, OrderTable.Cause(happened), eventId, details.TraceId)],
        };
        return Change.To(next, new TransitionResult(next, Applied: true));
    }

    /// <summary>As <see cref="Apply"/>, for events that happened one after the other: all that are legal are in one next state.</summary>
    public static Change<OrderState, TransitionResult> ApplyAll(
        OrderState? stored, OrderContent order, IReadOnlyList<OrderEvent> happened, TransitionDetails details, DateTimeOffset now)
    {
        var result = new TransitionResult(stored ?? OrderState.AsPlaced(order), Applied: true);
        OrderState? next = null;
        foreach (var one in happened)
        {
            var change = Apply(next ?? stored, order, one, details, now);
            (next, result) = (change.Next ?? next, change.Result);
        }

        return new Change<OrderState, TransitionResult>(next, result);
    }

    private static string? PaymentStatusAfter(OrderEvent happened) => happened switch
    {
        OrderEvent.PaymentSucceeded => "Succeeded",
        OrderEvent.ConfirmRefused or OrderEvent.LatePaymentRefunded or OrderEvent.Refunded => "Refunded",
        OrderEvent.HoldRefused or OrderEvent.PaymentFailed or OrderEvent.DeadlinePassed or OrderEvent.CustomerCancelled => "Failed",
        _ => null,
    };
}
