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

    public async Task PublishAsync(OrderContent order, OrderState state)
    {
        var orderId = order.OrderId;
        var at = state.Timeline[^1].Time;
        switch (state.Status)
        {
            case OrderStatus.Confirmed:
                await PublishAsync(
                    OrderConfirmed.Type,
                    $"{orderId}:confirmed",
                    orderId,
                    new OrderConfirmed($"{orderId}:confirmed", orderId, order.UserId, order.Total, at, state.Version));
                break;
            case OrderStatus.Cancelled:
                await PublishAsync(
                    OrderCancelled.Type,
                    $"{orderId}:cancelled",
                    orderId,
                    new OrderCancelled($"{orderId}:cancelled", orderId, order.UserId, state.CancelReason ?? "unknown", at, state.Version));
                break;
            case OrderStatus.Refunded:
                await PublishAsync(
                    OrderRefunded.Type,
                    $"{orderId}:refunded",
                    orderId,
                    new OrderRefunded($"{orderId}:refunded", orderId, order.UserId, order.Total, at, state.Version));
                break;
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
