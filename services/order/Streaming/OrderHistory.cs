using DaprShop.Contracts.Inventory;
using DaprShop.Order.Orders;

namespace DaprShop.Order.Streaming;

/// <summary>
/// An order's states one by one, made again from its timeline: between two looks it may have gone several steps, and each is a change that a
/// stream owes its listener.
/// </summary>
internal static class OrderHistory
{
    /// <returns>The states after <paramref name="version"/>, oldest first; the last one is <paramref name="now"/> as it is stored.</returns>
    public static IReadOnlyList<OrderState> After(OrderContent order, OrderState now, long version)
    {
        if (now.Version <= version)
        {
            return [];
        }

        var earlier = Replay(order, now).TakeWhile(state => state.Version < now.Version);
        return [.. earlier.Where(state => state.Version > version), now];
    }

    private static IEnumerable<OrderState> Replay(OrderContent order, OrderState now)
    {
        var state = OrderState.AsPlaced(order);
        yield return state;
        foreach (var entry in now.Timeline.Skip(1))
        {
            // A newer replica may know events that this one does not: then only the state as it stands is told.
            if (!Enum.TryParse<OrderEvent>(entry.EventId[(entry.EventId.LastIndexOf(':') + 1)..], out var happened)
                || OrderTransitions.Apply(state, order, happened, Details(happened, now, entry), entry.Time).Next is not { } next)
            {
                yield break;
            }

            yield return state = next;
        }
    }

    /// <summary>The hold brings the deadline; the payment's id comes with what is said about the payment.</summary>
    private static TransitionDetails Details(OrderEvent happened, OrderState now, OrderTransition entry) => happened == OrderEvent.HoldTaken
        ? new TransitionDetails(PayBefore: now.PayBefore, TraceId: entry.TraceId)
        : new TransitionDetails(PaymentId: now.PaymentId, TraceId: entry.TraceId);
}
