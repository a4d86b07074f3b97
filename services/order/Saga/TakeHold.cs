using Dapr.Workflow;
using DaprShop.Order.Clients;
using DaprShop.Order.Orders;
using Microsoft.Extensions.Options;

namespace DaprShop.Order.Saga;

internal enum HoldOutcome
{
    Held,
    Refused,
    CancelRequested,

    /// <summary>The order is terminal: this instance ran before.</summary>
    Finished,
}

/// <param name="PayBefore">By the wall clock of the replica that took the hold, for customers.</param>
/// <param name="TimeToPay">
/// What was left until then by that same clock, at most the window: the saga waits for so long by its own clock. Null from a step of an earlier version.
/// </param>
internal sealed record HoldResult(HoldOutcome Outcome, DateTimeOffset? PayBefore, TimeSpan? TimeToPay = null);

/// <summary>Turns the tentative reservation into one that only this saga ends. From now on the payment window runs.</summary>
internal sealed class TakeHold(
    OrderStore orders, InventoryClient inventory, OrderAdvance advance, IOptions<PaymentWindow> window, TimeProvider clock)
    : WorkflowActivity<string, HoldResult>
{
    public override async Task<HoldResult> RunAsync(WorkflowActivityContext context, string orderId)
    {
        var state = await orders.StateAsync(orderId, CancellationToken.None);
        if (state is not null)
        {
            return OrderTable.IsTerminal(state.Status)
                ? new HoldResult(HoldOutcome.Finished, PayBefore: null)
                : Held(state.PayBefore);
        }

        if (await orders.IsCancelRequestedAsync(orderId, CancellationToken.None))
        {
            return new HoldResult(HoldOutcome.CancelRequested, PayBefore: null);
        }

        var order = await orders.RequireAsync(orderId, CancellationToken.None);
        foreach (var line in order.Lines)
        {
            var held = await inventory.HoldAsync(order, line, CancellationToken.None);
            if (!held.Done)
            {
                return new HoldResult(HoldOutcome.Refused, PayBefore: null);
            }
        }

        var advanced = await advance.AdvanceFirstAsync(
            order,
            OrderEvent.HoldTaken,
            new TransitionDetails(PayBefore: clock.GetUtcNow() + window.Value.Window),
            CancellationToken.None);
        return OrderTable.IsTerminal(advanced.State.Status)
            ? new HoldResult(HoldOutcome.Finished, PayBefore: null)
            : Held(advanced.State.PayBefore);
    }

    /// <summary>A deadline that was set by a clock days ahead, or is read by one, leaves neither days nor nothing.</summary>
    private HoldResult Held(DateTimeOffset? payBefore)
    {
        var left = payBefore - clock.GetUtcNow();
        return new HoldResult(HoldOutcome.Held, payBefore, left > window.Value.Window ? window.Value.Window : left);
    }
}
