using Dapr.Workflow;
using DaprShop.Contracts.Inventory;
using DaprShop.Contracts.Payments;
using DaprShop.Order.Clients;
using DaprShop.Order.Orders;

namespace DaprShop.Order.Saga;

/// <summary>What one look at the payment showed, and whether the customer still wants the order.</summary>
internal sealed record PaymentLook(string PaymentId, PaymentStatus Status, bool CancelRequested);

/// <param name="OrderId">Whose money is asked for.</param>
/// <param name="PayBefore">By the saga's clock: the one that set the order's deadline may have been put right since.</param>
internal sealed record RequestChargeInput(string OrderId, DateTime PayBefore);

/// <summary>
/// Asks for the money, unless the customer cancelled first or the deadline passed while payment could not be reached.
/// Undone by <see cref="ClosePayment"/> or <see cref="RefundOrder"/>.
/// </summary>
internal sealed class RequestCharge(OrderStore orders, PaymentClient payments, AttendedPayments attended, TimeProvider clock)
    : WorkflowActivity<RequestChargeInput, PaymentLook>
{
    public override async Task<PaymentLook> RunAsync(WorkflowActivityContext context, RequestChargeInput input)
    {
        var orderId = input.OrderId;
        if (input.PayBefore <= clock.GetUtcNow().UtcDateTime)
        {
            return new PaymentLook(PaymentId: "", PaymentStatus.Pending, CancelRequested: false);
        }

        if (await orders.IsCancelRequestedAsync(orderId, CancellationToken.None))
        {
            return new PaymentLook(PaymentId: "", PaymentStatus.Pending, CancelRequested: true);
        }

        var order = await orders.RequireAsync(orderId, CancellationToken.None);
        var payment = await AttendAsync(order);
        return new PaymentLook(payment.PaymentId, payment.Status, CancelRequested: false);
    }

    /// <summary>Payment tells of its end before it answers. Should an event of a later end be missed here, the saga's first look comes soon.</summary>
    private async Task<PaymentResult> AttendAsync(OrderContent order)
    {
        var hasEnded = false;
        attended.Add(order.OrderId);
        try
        {
            var payment = await payments.ChargeAsync(order, CancellationToken.None);
            hasEnded = payment.Status != PaymentStatus.Pending;
            return payment;
        }
        finally
        {
            if (!hasEnded)
            {
                attended.Remove(order.OrderId);
            }
        }
    }
}

/// <summary>Looks again after a wait. A payment that cannot be reached is looked at next time: the deadline does not wait for it.</summary>
internal sealed partial class PollPayment(OrderStore orders, PaymentClient payments, ILogger<PollPayment> logger)
    : WorkflowActivity<string, PaymentLook>
{
    public override async Task<PaymentLook> RunAsync(WorkflowActivityContext context, string orderId)
    {
        var cancelRequested = await orders.IsCancelRequestedAsync(orderId, CancellationToken.None);
        var order = await orders.RequireAsync(orderId, CancellationToken.None);
        try
        {
            var payment = await payments.PollAsync(order, CancellationToken.None);
            return new PaymentLook(payment.PaymentId, payment.Status, cancelRequested);
        }
        catch (HttpRequestException failure)
        {
            LogUnreachable(failure, orderId);
            return new PaymentLook(PaymentId: "", PaymentStatus.Pending, cancelRequested);
        }
    }

    [LoggerMessage(LogLevel.Warning, "The payment of order {OrderId} could not be looked at; the saga looks again")]
    private partial void LogUnreachable(Exception failure, string orderId);
}

/// <summary>One swap in payment decides: voided, or the money is there and the order goes on as paid.</summary>
internal sealed class ClosePayment(OrderStore orders, PaymentClient payments) : WorkflowActivity<string, PaymentLook>
{
    public override async Task<PaymentLook> RunAsync(WorkflowActivityContext context, string orderId)
    {
        var order = await orders.RequireAsync(orderId, CancellationToken.None);
        var payment = await payments.CloseAsync(order, CancellationToken.None);
        return new PaymentLook(payment.PaymentId, payment.Status, CancelRequested: false);
    }
}

/// <summary>Gives the money back, once: payment and provider know it by one key.</summary>
internal sealed class RefundOrder(OrderStore orders, PaymentClient payments) : WorkflowActivity<string, bool>
{
    public override async Task<bool> RunAsync(WorkflowActivityContext context, string orderId)
    {
        var order = await orders.RequireAsync(orderId, CancellationToken.None);
        var payment = await payments.RefundAsync(order, CancellationToken.None);
        return payment.Status == PaymentStatus.Refunded
            ? true
            : throw new InvalidOperationException($"The refund of order {orderId} is not done yet: its payment is {payment.Status}.");
    }
}
