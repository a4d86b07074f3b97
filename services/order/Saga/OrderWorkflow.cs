using Dapr.Workflow;
using DaprShop.Contracts.Payments;
using DaprShop.Order.Orders;

namespace DaprShop.Order.Saga;

/// <summary>
/// The life of an accepted order. Instance id and input are the order id. Every step is an activity that may run twice; each forward
/// step is followed by the one that undoes it: hold / release, charge / close or refund.
/// </summary>
internal sealed class OrderWorkflow : Workflow<string, string>
{
    /// <summary>The external event that ends a wait early. It carries nothing: the saga looks for itself.</summary>
    public const string Wake = "wake";

    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(15);

    /// <summary>A step that cannot be reached now will be: giving up would leave money or stock in between.</summary>
    internal static readonly WorkflowTaskOptions UntilDone = new(
        new WorkflowRetryPolicy(10_000, TimeSpan.FromMilliseconds(200), backoffCoefficient: 2, maxRetryInterval: TimeSpan.FromSeconds(10)));

    public override async Task<string> RunAsync(WorkflowContext context, string orderId)
    {
        var held = await context.CallActivityAsync<HoldResult>(nameof(TakeHold), orderId, UntilDone);
        switch (held.Outcome)
        {
            case HoldOutcome.Finished:
                return nameof(HoldOutcome.Finished);
            case HoldOutcome.Refused:
                return await CancelAsync(context, orderId, OrderEvent.HoldRefused, paymentId: null);
            case HoldOutcome.CancelRequested:
                return await CancelAsync(context, orderId, OrderEvent.CustomerCancelled, paymentId: null);
        }

        // What is left is a duration of the clock that set the deadline; from here on only the saga's own clock counts.
        var until = held.TimeToPay is { } left ? context.CurrentUtcDateTime + left : held.PayBefore!.Value.UtcDateTime;
        var (payment, given) = await CollectAsync(context, orderId, until);
        if (payment.Status != PaymentStatus.Succeeded)
        {
            return await CancelAsync(context, orderId, given, payment.PaymentId);
        }

        // From here on the order is paid, whoever wanted what before.
        var confirmed = await context.CallActivityAsync<bool>(
            nameof(ConfirmOrder), new ConfirmOrderInput(orderId, payment.PaymentId), UntilDone);
        if (!confirmed)
        {
            await context.CallActivityAsync<bool>(nameof(RefundOrder), orderId, UntilDone);
            return await CancelAsync(context, orderId, OrderEvent.ConfirmRefused, payment.PaymentId);
        }

        return nameof(OrderStatus.Confirmed);
    }

    /// <summary>Charges and waits for the outcome until the deadline or a cancellation; then closes the payment, which decides.</summary>
    /// <returns>The payment's last word, and what to cancel the order for unless it succeeded.</returns>
    private static async Task<(PaymentLook Payment, OrderEvent Given)> CollectAsync(WorkflowContext context, string orderId, DateTime until)
    {
        var payment = await context.CallActivityAsync<PaymentLook>(nameof(RequestCharge), new RequestChargeInput(orderId, until), UntilDone);
        for (var pause = FirstPause; payment is { Status: PaymentStatus.Pending, CancelRequested: false };)
        {
            var left = until - context.CurrentUtcDateTime;
            if (left <= TimeSpan.Zero)
            {
                break;
            }

            await WaitAsync(context, pause < left ? pause : left);
            payment = await context.CallActivityAsync<PaymentLook>(nameof(PollPayment), orderId, UntilDone);
            pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
        }

        var given = payment.Status == PaymentStatus.Failed
            ? OrderEvent.PaymentFailed
            : payment.CancelRequested ? OrderEvent.CustomerCancelled : OrderEvent.DeadlinePassed;
        if (payment.Status == PaymentStatus.Pending)
        {
            payment = await context.CallActivityAsync<PaymentLook>(nameof(ClosePayment), orderId, UntilDone);
            given = payment.Status == PaymentStatus.Failed ? OrderEvent.PaymentFailed : given;
        }

        return (payment, given);
    }

    private static async Task WaitAsync(WorkflowContext context, TimeSpan pause)
    {
        try
        {
            await context.WaitForExternalEventAsync<object?>(Wake, pause);
        }
        catch (TaskCanceledException)
        {
            // Nobody woke the saga: it looks anyway.
            return;
        }
    }

    private static async Task<string> CancelAsync(WorkflowContext context, string orderId, OrderEvent reason, string? paymentId)
    {
        await context.CallActivityAsync<bool>(nameof(CancelOrder), new CancelOrderInput(orderId, reason, paymentId), UntilDone);
        return nameof(OrderStatus.Cancelled);
    }
}
