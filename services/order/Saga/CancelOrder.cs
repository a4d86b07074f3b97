using Dapr.Workflow;
using DaprShop.Order.Clients;
using DaprShop.Order.Orders;

namespace DaprShop.Order.Saga;

internal sealed record CancelOrderInput(string OrderId, OrderEvent Reason, string? PaymentId);

/// <summary>Gives the units back, then ends the order and tells the world. The compensation of every hold.</summary>
internal sealed class CancelOrder(OrderStore orders, InventoryClient inventory, OrderAdvance advance, OutcomePublisher outcomes)
    : WorkflowActivity<CancelOrderInput, bool>
{
    public override async Task<bool> RunAsync(WorkflowActivityContext context, CancelOrderInput input)
    {
        var order = await orders.RequireAsync(input.OrderId, CancellationToken.None);
        foreach (var line in order.Lines)
        {
            var released = await inventory.ReleaseAsync(order, line, CancellationToken.None);
            if (!released.Done)
            {
                // Sold already, before another line of the same order turned out to be gone.
                await inventory.ReturnAsync(order, line, CancellationToken.None);
            }
        }

        var advanced = await advance.AdvanceAsync(order, input.Reason, new TransitionDetails(PaymentId: input.PaymentId), CancellationToken.None);
        await outcomes.PublishAsync(order, advanced.State, OrderStatus.Cancelled);
        return advanced.Applied;
    }
}
