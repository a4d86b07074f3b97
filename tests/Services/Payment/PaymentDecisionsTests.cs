using DaprShop.Contracts;
using DaprShop.Contracts.Payments;
using DaprShop.Payment.Payments;
using DaprShop.Tests.Services.Order;

namespace DaprShop.Tests.Services.Payment;

public sealed class PaymentDecisionsTests
{
    private static readonly DateTimeOffset Now = SampleOrders.Now;
    private static readonly Money Amount = new(1000, "CNY");
    private static readonly ChargeOutcome Succeeded = new("ch_1", ChargeStatus.Succeeded);
    private static readonly ChargeOutcome Declined = new("ch_1", ChargeStatus.Declined, "declined");

    [Fact]
    public void Request_NewOrder_IsPendingBeforeTheProviderIsCalled()
    {
        var payment = Pending();

        Assert.Equal((PaymentStatus.Pending, 1, "tok_ok", Amount), (payment.Status, payment.Attempts, payment.Source, payment.Amount));
        Assert.Empty(payment.Unpublished);
    }

    [Fact]
    public void Request_VoidedOrder_StaysVoided()
    {
        var voided = PaymentDecisions.Close(null, new PaymentCommand("o-1", "shopper-1", Amount), Now).Result;

        var change = PaymentDecisions.Request(voided, new RequestPayment("o-1", "shopper-1", Amount, "tok_ok"), Now);

        Assert.Null(change.Next);
        Assert.Equal((PaymentStatus.Voided, 0), (change.Result.Status, change.Result.Attempts));
    }

    [Fact]
    public void Settle_PendingSucceeded_TellsOnce()
    {
        var first = PaymentDecisions.Settle(Pending(), Succeeded, Now);
        var again = PaymentDecisions.Settle(first.Result, Succeeded, Now);

        Assert.Equal((PaymentStatus.Succeeded, "ch_1"), (first.Result.Status, first.Result.ChargeId));
        Assert.IsType<SucceededEvent>(Assert.Single(first.Result.Unpublished));
        Assert.Null(again.Next);
    }

    [Fact]
    public void Settle_PendingDeclined_Fails()
    {
        var change = PaymentDecisions.Settle(Pending(), Declined, Now);

        Assert.Equal((PaymentStatus.Failed, "declined"), (change.Result.Status, change.Result.Reason));
        Assert.IsType<FailedEvent>(Assert.Single(change.Result.Unpublished));
    }

    [Fact]
    public void Settle_SuccessAfterVoid_OwesExactlyOneRefund()
    {
        var voided = PaymentDecisions.Close(Pending(), new PaymentCommand("o-1", "shopper-1", Amount), Now).Result;

        var late = PaymentDecisions.Settle(voided, Succeeded, Now);
        var again = PaymentDecisions.Settle(late.Result, Succeeded, Now);
        var refunded = PaymentDecisions.Refunded(late.Result, "re_1", Now);
        var refundedAgain = PaymentDecisions.Refunded(refunded.Result, "re_2", Now);

        Assert.Equal((PaymentStatus.Voided, new RefundDocument(Done: false, null)), (late.Result.Status, late.Result.Refund));
        Assert.Null(again.Next);
        Assert.Equal((PaymentStatus.Refunded, new RefundDocument(Done: true, "re_1")), (refunded.Result.Status, refunded.Result.Refund));
        Assert.Null(refundedAgain.Next);
    }

    [Fact]
    public void Close_SucceededPayment_GoesOnAsPaid()
    {
        var paid = PaymentDecisions.Settle(Pending(), Succeeded, Now).Result;

        var change = PaymentDecisions.Close(paid, new PaymentCommand("o-1", "shopper-1", Amount), Now);

        Assert.Null(change.Next);
        Assert.Equal(PaymentStatus.Succeeded, change.Result.Status);
    }

    [Fact]
    public void Retry_OnlyWhilePending_CountsTheAttempt()
    {
        var retried = PaymentDecisions.Retry(Pending());
        var voided = PaymentDecisions.Close(Pending(), new PaymentCommand("o-1", "shopper-1", Amount), Now).Result;

        Assert.Equal(2, retried.Result.Attempts);
        Assert.Null(PaymentDecisions.Retry(voided).Next);
    }

    [Fact]
    public void RequestRefund_OfAPaidOrder_IsOwedOnce()
    {
        var paid = PaymentDecisions.Settle(Pending(), Succeeded, Now).Result;

        var asked = PaymentDecisions.RequestRefund(paid);

        Assert.Equal(new RefundDocument(Done: false, null), asked.Result.Refund);
        Assert.Null(PaymentDecisions.RequestRefund(asked.Result).Next);
        Assert.Null(PaymentDecisions.RequestRefund(Pending()).Next);
    }

    [Fact]
    public void Published_SomeEvents_KeepsTheOthers()
    {
        var paid = PaymentDecisions.Settle(Pending(), Succeeded, Now).Result;
        var refunded = PaymentDecisions.Refunded(PaymentDecisions.RequestRefund(paid).Result, "re_1", Now).Result;

        var left = PaymentDecisions.Published(refunded, new HashSet<string> { $"{refunded.PaymentId}:succeeded" }).Result;

        Assert.Equal([$"{refunded.PaymentId}:refunded"], left.Unpublished.Select(waiting => waiting.EventId));
    }

    private static PaymentDocument Pending() =>
        PaymentDecisions.Request(null, new RequestPayment("o-1", "shopper-1", Amount, "tok_ok"), Now).Result;
}
