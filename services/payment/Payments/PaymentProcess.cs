using DaprShop.Contracts.Events;
using DaprShop.Contracts.Payments;
using DaprShop.Payment.Provider;
using DaprShop.ServiceDefaults.Events;
using DaprShop.ServiceDefaults.Faults;
using DaprShop.ServiceDefaults.State;

namespace DaprShop.Payment.Payments;

/// <summary>
/// The order of deciding and acting about money: decide by a swap, call the provider, settle by a swap, refund what must go
/// back, publish. Every step may run twice at once: the document and the provider's idempotency keys make it one.
/// </summary>
internal sealed partial class PaymentProcess(
    DocumentStore documents, ProviderClient provider, EventPublisher events, PaymentMetrics metrics, TimeProvider clock, ILogger<PaymentProcess> logger)
{
    /// <summary>How long a broker that hangs may hold up who asks about money. What is not out by then is published later.</summary>
    private static readonly TimeSpan PublishPatience = TimeSpan.FromSeconds(2);

    public Task<PaymentDocument?> ReadAsync(string orderId, CancellationToken cancellationToken) =>
        documents.ReadAsync<PaymentDocument>(PaymentKeys.Document(orderId), cancellationToken);

    public async Task<PaymentDocument> ChargeAsync(RequestPayment command, CancellationToken cancellationToken)
    {
        // Most likely the first request for this order: that spares the read.
        var now = clock.GetUtcNow();
        var requested = PaymentDecisions.Request(payment: null, command, now).Result;
        var standing = await documents.CreateAsync(PaymentKeys.Document(command.OrderId), requested, cancellationToken);
        var payment = standing is null ? requested : PaymentDecisions.Request(standing, command, now).Result;
        return payment.Status == PaymentStatus.Pending
            ? await SubmitAsync(payment, cancellationToken)
            : await FinishAsync(payment, cancellationToken);
    }

    /// <summary>Asks the provider about a pending payment; hands the charge in again when the provider never heard of it.</summary>
    public async Task<PaymentDocument> PollAsync(string orderId, CancellationToken cancellationToken)
    {
        var payment = await RequireAsync(orderId, cancellationToken);
        if (payment.Status != PaymentStatus.Pending)
        {
            return await FinishAsync(payment, cancellationToken);
        }

        if (await provider.FindAsync(orderId, cancellationToken) is { } outcome)
        {
            return await SettleAsync(orderId, outcome, cancellationToken);
        }

        payment = await ChangeAsync(orderId, PaymentDecisions.Retry, cancellationToken);
        return payment.Status == PaymentStatus.Pending
            ? await SubmitAsync(payment, cancellationToken)
            : payment;
    }

    public Task<PaymentDocument> CloseAsync(PaymentCommand command, CancellationToken cancellationToken) =>
        CommitAsync(command.OrderId, found => PaymentDecisions.Close(found, command, clock.GetUtcNow()), cancellationToken);

    public async Task<PaymentDocument> RefundAsync(string orderId, CancellationToken cancellationToken)
    {
        var payment = await ChangeAsync(orderId, PaymentDecisions.RequestRefund, cancellationToken);
        return await FinishAsync(payment, cancellationToken);
    }

    /// <summary>The one place where an outcome meets the document, whichever way it came.</summary>
    public async Task<PaymentDocument> SettleAsync(string orderId, ChargeOutcome outcome, CancellationToken cancellationToken)
    {
        var payment = await ChangeAsync(
            orderId, found => PaymentDecisions.Settle(found, outcome, clock.GetUtcNow()), cancellationToken);
        LogSettled(orderId, outcome.Status, payment.Status);
        return await FinishAsync(payment, cancellationToken);
    }

    /// <summary>Asks the provider about a payment that nobody follows any more; money that came for a closed one goes back.</summary>
    public async Task<PaymentDocument> SettleClosedAsync(string orderId, CancellationToken cancellationToken)
    {
        var payment = await RequireAsync(orderId, cancellationToken);
        return payment.Status is PaymentStatus.Voided or PaymentStatus.Failed
            && await provider.FindAsync(orderId, cancellationToken) is { Status: not ChargeStatus.Processing } outcome
                ? await SettleAsync(orderId, outcome, cancellationToken)
                : await FinishAsync(payment, cancellationToken);
    }

    /// <summary>Does what the document says is owed: a refund that was decided, events that are not out.</summary>
    public async Task<PaymentDocument> FinishAsync(PaymentDocument payment, CancellationToken cancellationToken)
    {
        if (payment.Refund is { Done: false })
        {
            var refundId = await provider.RefundAsync(payment, cancellationToken);
            payment = await ChangeAsync(
                payment.OrderId, found => PaymentDecisions.Refunded(found, refundId, clock.GetUtcNow()), cancellationToken);
            LogRefunded(payment.OrderId, refundId);
        }

        return payment.Unpublished.Count == 0 ? payment : await PublishAsync(payment, cancellationToken);
    }

    private async Task<PaymentDocument> SubmitAsync(PaymentDocument payment, CancellationToken cancellationToken)
    {
        var outcome = await provider.ChargeAsync(payment, cancellationToken);
        return outcome is null or { Status: ChargeStatus.Processing }
            ? payment
            : await SettleAsync(payment.OrderId, outcome, cancellationToken);
    }

    private async Task<PaymentDocument> PublishAsync(PaymentDocument payment, CancellationToken cancellationToken)
    {
        using var patience = new CancellationTokenSource(PublishPatience, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        try
        {
            foreach (var waiting in payment.Unpublished)
            {
                var (type, body) = waiting switch
                {
                    SucceededEvent succeeded => (PaymentSucceeded.Type, (object)succeeded.Event),
                    FailedEvent failed => (PaymentFailed.Type, failed.Event),
                    RefundedEvent refunded => (PaymentRefunded.Type, refunded.Event),
                    _ => throw new InvalidOperationException($"Unknown event {waiting.GetType().Name}."),
                };
                await events.PublishAsync(new OutgoingEvent(Topics.Payments, waiting.EventId, type, payment.OrderId, body), either.Token);
            }
        }
        catch (Exception failure) when (failure is DependencyUnavailableException
            || (failure is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            // The document keeps them: the settlement watch or a repeated webhook comes by here again.
            LogUnpublished(failure, payment.OrderId, payment.Unpublished.Count);
            return payment;
        }

        var published = payment.Unpublished.Select(waiting => waiting.EventId).ToHashSet(StringComparer.Ordinal);
        return await ChangeAsync(payment.OrderId, found => PaymentDecisions.Published(found, published), cancellationToken);
    }

    private Task<PaymentDocument> ChangeAsync(
        string orderId, Func<PaymentDocument, Change<PaymentDocument, PaymentDocument>> decide, CancellationToken cancellationToken) =>
        CommitAsync(orderId, found => decide(found ?? throw new PaymentNotFoundException(orderId)), cancellationToken);

    private async Task<PaymentDocument> CommitAsync(
        string orderId, Func<PaymentDocument?, Change<PaymentDocument, PaymentDocument>> decide, CancellationToken cancellationToken)
    {
        // Of the decision that stood: what an earlier attempt wrote, unknown to it, is nobody's.
        var isNews = false;
        var payment = await documents.ChangeAsync<PaymentDocument, PaymentDocument>(
            PaymentKeys.Document(orderId),
            found =>
            {
                var change = decide(found);
                isNews = change.Next is { } next && next.Status != found?.Status;
                return change;
            },
            cancellationToken);
        if (isNews)
        {
            metrics.Became(payment, clock.GetUtcNow());
        }

        return payment;
    }

    private async Task<PaymentDocument> RequireAsync(string orderId, CancellationToken cancellationToken) =>
        await ReadAsync(orderId, cancellationToken) ?? throw new PaymentNotFoundException(orderId);

    [LoggerMessage(LogLevel.Information, "Provider says {Outcome} for order {OrderId}; its payment is {Status}")]
    private partial void LogSettled(string orderId, ChargeStatus outcome, PaymentStatus status);

    [LoggerMessage(LogLevel.Information, "Refunded the payment of order {OrderId} as {RefundId}")]
    private partial void LogRefunded(string orderId, string refundId);

    [LoggerMessage(LogLevel.Warning, "{Count} events of order {OrderId}'s payment are not published yet")]
    private partial void LogUnpublished(Exception failure, string orderId, int count);
}

/// <summary>A poll, refund or webhook names an order that was never charged.</summary>
internal sealed class PaymentNotFoundException(string orderId) : Exception($"There is no payment for order {orderId}.");
