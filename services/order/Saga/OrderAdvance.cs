using System.Diagnostics;
using DaprShop.Contracts.Inventory;
using DaprShop.Order.Orders;
using DaprShop.ServiceDefaults.State;

namespace DaprShop.Order.Saga;

/// <summary>Commits one event on one order: the only way an order's state changes.</summary>
internal sealed partial class OrderAdvance(DocumentStore documents, TimeProvider clock, ILogger<OrderAdvance> logger)
{
    public async Task<TransitionResult> AdvanceAsync(
        OrderContent order, OrderEvent happened, TransitionDetails details, CancellationToken cancellationToken)
    {
        var traced = details with { TraceId = Activity.Current?.TraceId.ToHexString() };
        var result = await documents.ChangeAsync<OrderState, TransitionResult>(
            OrderKeys.State(order.OrderId),
            stored => OrderTransitions.Apply(stored, order, happened, traced, clock.GetUtcNow()),
            cancellationToken);
        if (result.Applied)
        {
            LogAdvanced(order.OrderId, result.State.Status, happened);
        }
        else
        {
            LogIllegal(order.OrderId, happened, result.State.Status);
        }

        return result;
    }

    [LoggerMessage(LogLevel.Information, "Order {OrderId} is {Status} after {Event}")]
    private partial void LogAdvanced(string orderId, OrderStatus status, OrderEvent @event);

    [LoggerMessage(LogLevel.Warning, "Order {OrderId}: {Event} changes nothing while it is {Status}")]
    private partial void LogIllegal(string orderId, OrderEvent @event, OrderStatus status);
}
