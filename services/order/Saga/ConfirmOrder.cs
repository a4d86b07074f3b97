using Dapr.Workflow;
using DaprShop.Order.Clients;
using DaprShop.Order.Orders;

namespace DaprShop.Order.Saga;

internal sealed record ConfirmOrderInput(string OrderId, string PaymentId);

/// <summary>The order is paid: its units are sold, and the world is told. False: the reservation is gone, so the money must go back.</summary>
internal sealed class ConfirmOrder(OrderStore orders, InventoryClient inventory, OrderAdvance advance, OutcomePublisher outcomes)
    : WorkflowActivity<ConfirmOrderInput, bool>
{
    public override async Task<bool> RunAsync(WorkflowActivityContext context, ConfirmOrderInput input)
    {
        var order = await orders.RequireAsync(input.OrderId, CancellationToken.None);
        await advance.AdvanceAsync(
            order, OrderEvent.PaymentSucceeded, new TransitionDetails(PaymentId: input.PaymentId), CancellationToken.None);
        foreach (var line in order.Lines)
        {
            var confirmed = await inventory.ConfirmAsync(order, line, CancellationToken.None);
            if (!confirmed.Done)
            {
                return false;
            }
        }

        var ended = await advance.AdvanceAsync(order, OrderEvent.ReservationConfirmed, new TransitionDetails(), CancellationToken.None);
        await outcomes.PublishAsync(order, ended.State);
        return true;
    }
}
