using Dapr.Workflow;
using DaprShop.Contracts.Inventory;
using DaprShop.Order.Clients;
using DaprShop.Order.Orders;
using DaprShop.ServiceDefaults.Faults;

namespace DaprShop.Order.Saga;

internal sealed record ConfirmOrderInput(string OrderId, string PaymentId);

/// <summary>The order is paid: its units are sold, and the world is told. False: the reservation is gone, so the money must go back.</summary>
internal sealed class ConfirmOrder(OrderStore orders, InventoryClient inventory, OrderAdvance advance, OutcomePublisher outcomes)
    : WorkflowActivity<ConfirmOrderInput, bool>
{
    private static readonly OrderEvent[] PaidAndSold = [OrderEvent.PaymentSucceeded, OrderEvent.ReservationConfirmed];

    public override async Task<bool> RunAsync(WorkflowActivityContext context, ConfirmOrderInput input)
    {
        var order = await orders.RequireAsync(input.OrderId, CancellationToken.None);
        var paid = new TransitionDetails(PaymentId: input.PaymentId);
        bool isSold;
        try
        {
            isSold = await SellAsync(order);
        }
        catch (Exception failure) when (failure is HttpRequestException or DependencyUnavailableException or OperationCanceledException)
        {
            // Inventory may be away for long; the customer sees meanwhile that the money has come.
            await advance.AdvanceAsync(order, OrderEvent.PaymentSucceeded, paid, CancellationToken.None);
            throw;
        }

        if (!isSold)
        {
            var advanced = await advance.AdvanceAsync(order, OrderEvent.PaymentSucceeded, paid, CancellationToken.None);

            // Sold by an earlier attempt whose answer was lost, and given back by a refund since: the sale is still to be told.
            await outcomes.PublishAsync(order, advanced.State, OrderStatus.Confirmed);
            return advanced.State.Timeline.Any(entry => entry.Status == OrderStatus.Confirmed);
        }

        // Whether the units were sold before or after the order says that it is paid makes no difference: it stays paid from here on.
        var ended = await advance.AdvanceAsync(order, PaidAndSold, paid, CancellationToken.None);
        await outcomes.PublishAsync(order, ended.State, OrderStatus.Confirmed);
        return true;
    }

    private async Task<bool> SellAsync(OrderContent order)
    {
        foreach (var line in order.Lines)
        {
            var confirmed = await inventory.ConfirmAsync(order, line, CancellationToken.None);
            if (!confirmed.Done)
            {
                return false;
            }
        }

        return true;
    }
}
