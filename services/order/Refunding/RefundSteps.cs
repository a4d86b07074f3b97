using Dapr.Workflow;
using DaprShop.Order.Clients;
using DaprShop.Order.Orders;
using DaprShop.Order.Saga;

namespace DaprShop.Order.Refunding;

/// <summary>True: the refund is decided and not done. Money never moves on the word of a workflow alone.</summary>
internal sealed class CheckRefund(OrderStore orders) : WorkflowActivity<string, bool>
{
    public override async Task<bool> RunAsync(WorkflowActivityContext context, string orderId) =>
        await orders.StateAsync(orderId, CancellationToken.None) is { IsRefunding: true };
}

/// <summary>Puts the sold units back into the stock they came from, once for each reservation.</summary>
internal sealed class ReturnUnits(OrderStore orders, InventoryClient inventory) : WorkflowActivity<string, bool>
{
    public override async Task<bool> RunAsync(WorkflowActivityContext context, string orderId)
    {
        var order = await orders.RequireAsync(orderId, CancellationToken.None);
        foreach (var line in order.Lines)
        {
            await inventory.ReturnAsync(order, line, CancellationToken.None);
        }

        return true;
    }
}

/// <summary>The order is refunded, the world is told, and nobody has to look for it any more.</summary>
internal sealed class EndRefund(OrderStore orders, OrderAdvance advance, OutcomePublisher outcomes, OpenRefunds open) : WorkflowActivity<string, bool>
{
    public override async Task<bool> RunAsync(WorkflowActivityContext context, string orderId)
    {
        var order = await orders.RequireAsync(orderId, CancellationToken.None);
        var ended = await advance.AdvanceAsync(order, OrderEvent.Refunded, new TransitionDetails(), CancellationToken.None);
        await outcomes.PublishAsync(order, ended.State, OrderStatus.Refunded);
        await open.RemoveAsync(orderId, CancellationToken.None);
        return ended.Applied;
    }
}
