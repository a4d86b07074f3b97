using System.Collections.Concurrent;
using DaprShop.Contracts.Events;
using DaprShop.Contracts.Inventory;
using DaprShop.Order.Orders;
using DaprShop.ServiceDefaults.Events;

namespace DaprShop.Order.Saga;

/// <summary>Tells the world how the order ended. At least once: the event's id is derived, so a consumer sees a repeat as one.</summary>
internal sealed class OutcomePublisher(EventPublisher events)
{
    private readonly ConcurrentDictionary<string, bool> _untold = new(StringComparer.Ordinal);
    private int _untoldCount;

    /// <summary>Outcomes that the broker has not taken: their sagas try again, and wait for as long as it is away.</summary>
    public int Untold => Volatile.Read(ref _untoldCount);

    /// <summary>
    /// Tells of this end as the timeline has it: a sale that was refunded before anybody heard of it is news all the same. Nothing, when the order
    /// never came to this end.
    /// </summary>
    /// <param name="end">Confirmed, cancelled or refunded.</param>
    public async Task PublishAsync(OrderContent order, OrderState state, OrderStatus end)
    {
        var orderId = order.OrderId;
        foreach (var (index, transition) in state.Timeline.Index().Where(entry => entry.Item.Status == end).Take(1))
        {
            // Each transition is a version, beginning with 1.
            var (at, version) = (transition.Time, index + 1);
            await (end switch
            {
                OrderStatus.Confirmed => PublishAsync(
                    OrderConfirmed.Type,
                    $"{orderId}:confirmed",
                    orderId,
                    new OrderConfirmed($"{orderId}:confirmed", orderId, order.UserId, order.Total, at, version)),
                OrderStatus.Cancelled => PublishAsync(
                    OrderCancelled.Type,
                    $"{orderId}:cancelled",
                    orderId,
                    new OrderCancelled($"{orderId}:cancelled", orderId, order.UserId, state.CancelReason ?? "unknown", at, version)),
                OrderStatus.Refunded => PublishAsync(
                    OrderRefunded.Type,
                    $"{orderId}:refunded",
                    orderId,
                    new OrderRefunded($"{orderId}:refunded", orderId, order.UserId, order.Total, at, version)),
                _ => throw new ArgumentOutOfRangeException(nameof(end), end, "Not an end."),
            });
        }
    }

    private async Task PublishAsync(string type, string eventId, string orderId, object happened)
    {
        try
        {
            await events.PublishAsync(new OutgoingEvent(Topics.Orders, eventId, type, orderId, happened), CancellationToken.None);
        }
        catch
        {
            if (_untold.TryAdd(eventId, true))
            {
                Interlocked.Increment(ref _untoldCount);
            }

            throw;
        }

        if (_untold.TryRemove(eventId, out _))
        {
            Interlocked.Decrement(ref _untoldCount);
        }
    }
}
