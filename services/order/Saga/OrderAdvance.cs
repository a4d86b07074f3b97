using System.Diagnostics;
using DaprShop.Contracts.Inventory;
using DaprShop.Order.Operations;
using DaprShop.Order.Orders;
using DaprShop.Order.Streaming;
using DaprShop.ServiceDefaults.State;

namespace DaprShop.Order.Saga;

/// <summary>Commits one event on one order: the only way an order's state changes.</summary>
internal sealed partial class OrderAdvance(
    DocumentStore documents, OrderWatches watches, SagaMetrics metrics, TimeProvider clock, ILogger<OrderAdvance> logger)
{
    public Task<TransitionResult> AdvanceAsync(
        OrderContent order, OrderEvent happened, TransitionDetails details, CancellationToken cancellationToken)
    {
        var traced = Traced(details);
        return CommitAsync(order, happened, stored => OrderTransitions.Apply(stored, order, happened, traced, clock.GetUtcNow()), cancellationToken);
    }

    /// <summary>Commits events that happened one after the other with one swap.</summary>
    /// <returns>The result of the last.</returns>
    public Task<TransitionResult> AdvanceAsync(
        OrderContent order, IReadOnlyList<OrderEvent> happened, TransitionDetails details, CancellationToken cancellationToken)
    {
        var traced = Traced(details);
        return CommitAsync(
            order, happened[^1], stored => OrderTransitions.ApplyAll(stored, order, happened, traced, clock.GetUtcNow()), cancellationToken);
    }

    /// <summary>As the first, for an order that most likely has no state yet: that spares the read.</summary>
    public async Task<TransitionResult> AdvanceFirstAsync(
        OrderContent order, OrderEvent happened, TransitionDetails details, CancellationToken cancellationToken)
    {
        var first = OrderTransitions.Apply(stored: null, order, happened, Traced(details), clock.GetUtcNow());
        if (first.Next is null || await documents.CreateAsync(OrderKeys.State(order.OrderId), first.Next, cancellationToken) is not null)
        {
            return await AdvanceAsync(order, happened, details, cancellationToken);
        }

        Tell(order, happened, first.Result);
        return first.Result;
    }

    private async Task<TransitionResult> CommitAsync(
        OrderContent order, OrderEvent happened, Func<OrderState?, Change<OrderState, TransitionResult>> decide, CancellationToken cancellationToken)
    {
        // Of the decision that stood: an end that an earlier attempt wrote, unknown to it, is nobody's.
        var isEnd = false;
        var result = await documents.ChangeAsync<OrderState, TransitionResult>(
            OrderKeys.State(order.OrderId),
            stored =>
            {
                var change = decide(stored);
                isEnd = change.Next is { } next && OrderTable.IsTerminal(next.Status) && !(stored is not null && OrderTable.IsTerminal(stored.Status));
                return change;
            },
            cancellationToken);
        Tell(order, happened, result);
        if (isEnd)
        {
            metrics.Ended(order, result.State);
        }

        return result;
    }

    private static TransitionDetails Traced(TransitionDetails details) => details with { TraceId = Activity.Current?.TraceId.ToHexString() };

    private void Tell(OrderContent order, OrderEvent happened, TransitionResult result)
    {
        watches.Offer(result.State);
        if (result.Applied)
        {
            LogAdvanced(order.OrderId, result.State.Status, happened);
        }
        else
        {
            LogIllegal(order.OrderId, happened, result.State.Status);
        }
    }

    [LoggerMessage(LogLevel.Information, "Order {OrderId} is {Status} after {Event}")]
    private partial void LogAdvanced(string orderId, OrderStatus status, OrderEvent @event);

    [LoggerMessage(LogLevel.Warning, "Order {OrderId}: {Event} changes nothing while it is {Status}")]
    private partial void LogIllegal(string orderId, OrderEvent @event, OrderStatus status);
}
