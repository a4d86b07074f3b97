using DaprShop.Contracts.Events;
using DaprShop.Contracts.Payments;
using DaprShop.ServiceDefaults.Ids;
using DaprShop.ServiceDefaults.State;

namespace DaprShop.Payment.Payments;

/// <summary>What the provider says about a charge.</summary>
internal enum ChargeStatus
{
    Processing,
    Succeeded,
    Declined,
}

internal sealed record ChargeOutcome(string ChargeId, ChargeStatus Status, string? Reason = null);

/// <summary>Every decision about a payment: pure functions of the document and what happened.</summary>
internal static class PaymentDecisions
{
    /// <summary>Pending is written before the provider is called. A known payment, voided ones too, stays what it is.</summary>
    public static Change<PaymentDocument, PaymentDocument> Request(PaymentDocument? payment, RequestPayment command, DateTimeOffset now)
    {
        if (payment is not null)
        {
            return Change.None<PaymentDocument, PaymentDocument>(payment);
        }

        return Changed(Create(command.OrderId, command.UserId, command.Amount, now) with { Source = command.Source, Attempts = 1 });
    }

    /// <summary>The charge goes to the provider once more, under the same key.</summary>
    public static Change<PaymentDocument, PaymentDocument> Retry(PaymentDocument payment) =>
        payment.Status == PaymentStatus.Pending
            ? Changed(Next(payment) with { Attempts = payment.Attempts + 1 })
            : Change.None<PaymentDocument, PaymentDocument>(payment);

    /// <summary>The one swap behind all three ways an outcome arrives: the call's answer, a webhook, a poll.</summary>
    public static Change<PaymentDocument, PaymentDocument> Settle(PaymentDocument payment, ChargeOutcome outcome, DateTimeOffset now)
    {
        switch (payment.Status, outcome.Status)
        {
            case (PaymentStatus.Pending, ChargeStatus.Succeeded):
                var succeeded = new PaymentSucceeded(
                    EventId(payment, "succeeded"), payment.OrderId, payment.UserId, payment.PaymentId, payment.Amount, now);
                return Changed(With(
                    Next(payment) with { Status = PaymentStatus.Succeeded, ChargeId = outcome.ChargeId }, new SucceededEvent(succeeded)));

            case (PaymentStatus.Pending, ChargeStatus.Declined):
                var reason = outcome.Reason ?? "declined";
                var failed = new PaymentFailed(
                    EventId(payment, "failed"), payment.OrderId, payment.UserId, payment.PaymentId, reason, now);
                return Changed(With(
                    Next(payment) with { Status = PaymentStatus.Failed, ChargeId = outcome.ChargeId, Reason = reason }, new FailedEvent(failed)));

            // The order was given up before the money came: it goes back, exactly once.
            case (PaymentStatus.Voided or PaymentStatus.Failed, ChargeStatus.Succeeded) when payment.Refund is null:
                return Changed(Next(payment) with { ChargeId = outcome.ChargeId, Refund = new RefundDocument(Done: false, RefundId: null) });

            default:
                return Change.None<PaymentDocument, PaymentDocument>(payment);
        }
    }

    /// <summary>Either nobody will ever take this order's money, or the money is already there and the order goes on as paid.</summary>
    public static Change<PaymentDocument, PaymentDocument> Close(PaymentDocument? payment, PaymentCommand command, DateTimeOffset now) =>
        payment switch
        {
            null => Changed(Create(command.OrderId, command.UserId, command.Amount, now) with { Status = PaymentStatus.Voided, ClosedAt = now }),
            { Status: PaymentStatus.Pending } => Changed(Next(payment) with { Status = PaymentStatus.Voided, ClosedAt = now }),
            _ => Change.None<PaymentDocument, PaymentDocument>(payment),
        };

    public static Change<PaymentDocument, PaymentDocument> RequestRefund(PaymentDocument payment) =>
        payment is { Status: PaymentStatus.Succeeded, Refund: null }
            ? Changed(Next(payment) with { Refund = new RefundDocument(Done: false, RefundId: null) })
            : Change.None<PaymentDocument, PaymentDocument>(payment);

    public static Change<PaymentDocument, PaymentDocument> Refunded(PaymentDocument payment, string refundId, DateTimeOffset now)
    {
        if (payment.Refund is not { Done: false })
        {
            return Change.None<PaymentDocument, PaymentDocument>(payment);
        }

        var refunded = new PaymentRefunded(
            EventId(payment, "refunded"), payment.OrderId, payment.UserId, payment.PaymentId, payment.Amount, now);
        return Changed(With(
            Next(payment) with { Status = PaymentStatus.Refunded, Refund = new RefundDocument(Done: true, refundId) }, new RefundedEvent(refunded)));
    }

    public static Change<PaymentDocument, PaymentDocument> Published(PaymentDocument payment, IReadOnlySet<string> eventIds)
    {
        var left = payment.Unpublished.Where(waiting => !eventIds.Contains(waiting.EventId)).ToList();
        return left.Count == payment.Unpublished.Count
            ? Change.None<PaymentDocument, PaymentDocument>(payment)
            : Changed(payment with { Unpublished = left });
    }

    private static PaymentDocument Create(string orderId, string userId, Contracts.Money amount, DateTimeOffset now) =>
        new(
            PaymentId: $"pay_{DerivedIds.Of("payment", orderId)}",
            orderId,
            userId,
            amount,
            Source: null,
            PaymentStatus.Pending,
            Reason: null,
            Attempts: 0,
            ChargeId: null,
            Refund: null,
            Unpublished: [],
            Version: 1,
            CreatedAt: now);

    private static string EventId(PaymentDocument payment, string what) => $"{payment.PaymentId}:{what}";

    private static PaymentDocument Next(PaymentDocument payment) => payment with { Version = payment.Version + 1 };

    private static PaymentDocument With(PaymentDocument payment, PaymentEvent happened) =>
        payment with { Unpublished = [.. payment.Unpublished, happened] };

    private static Change<PaymentDocument, PaymentDocument> Changed(PaymentDocument next) => Change.To(next, next);
}
