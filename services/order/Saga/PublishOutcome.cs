using Dapr.Client;
using Dapr.Workflow;
using DaprShop.Contracts.Events;
using DaprShop.Order.Orders;

namespace DaprShop.Order.Saga;

/// <summary>Tells the world how the order ended. At least once: the event's id is derived, so a consumer sees a repeat as one.</summary>
internal sealed class PublishOutcome(OrderStore orders, DaprClient dapr) : WorkflowActivity<string, bool>
{
    public override async Task<bool> RunAsync(WorkflowActivityContext context, string orderId)
    {
        var order = await orders.RequireAsync(orderId, CancellationToken.None);
        var state = await orders.StateAsync(orderId, CancellationToken.None)
            ?? throw new InvalidOperationException($"Order {orderId} ended without a state.");
        var at = state.Timeline[^1].Time;
        return state.Status switch
        {
            OrderStatus.Confirmed => await PublishAsync(
                OrderConfirmed.Type,
                $"{orderId}:confirmed",
                orderId,
                new OrderConfirmed($"{orderId}:confirmed", orderId, order.UserId, order.Total, at, state.Version)),
            OrderStatus.Cancelled => await PublishAsync(
                OrderCancelled.Type,
                $"{orderId}:cancelled",
                orderId,
                new OrderCancelled($"{orderId}:cancelled", orderId, order.UserId, state.CancelReason ?? "unknown", at, state.Version)),
            _ => false,
        };
    }

    private async Task<bool> PublishAsync<TEvent>(string type, string eventId, string orderId, TEvent happened)
    {
        await dapr.PublishEventAsync(
            Topics.PubSub,
            Topics.Orders,
            happened,
            new Dictionary<string, string>
            {
                ["cloudevent.id"] = eventId,
                ["cloudevent.type"] = type,
                ["partitionKey"] = orderId,
            });
        return true;
    }
}
