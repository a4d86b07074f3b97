using DaprShop.Contracts.Inventory;
using DaprShop.Order.Log;
using DaprShop.ServiceDefaults.State;

namespace DaprShop.Order.Orders;

/// <summary>An order with what is known of it now.</summary>
internal sealed record FoundOrder(OrderContent Order, OrderState? State);

/// <summary>Finds orders, however far the relay has got with them.</summary>
internal sealed class OrderStore(DocumentStore documents, OrderRecords records, OrderTails tails, OrderLogReader log)
{
    public async Task<FoundOrder?> FindAsync(string orderId, CancellationToken cancellationToken)
    {
        // Once more at the end: relayed between the two looks, it is behind the watermarks and under its own key.
        var order = await FindAcceptedAsync(orderId, cancellationToken)
            ?? await log.FindUnrelayedAsync(orderId, cancellationToken)
            ?? await records.FindAsync(orderId, cancellationToken);
        return order is null
            ? null
            : new FoundOrder(order, await StateAsync(orderId, cancellationToken));
    }

    /// <summary>
    /// An order this key already names; its record first, because that decides when one key was used for two bodies. A record that lies only in a log of another process is not looked for here: inventory knows its
    /// reservation and answers with the same content.
    /// </summary>
    public async Task<OrderContent?> FindAcceptedAsync(string orderId, CancellationToken cancellationToken) =>
        await records.FindAsync(orderId, cancellationToken) ?? tails.Find(orderId);

    /// <summary>The record itself: what every saga step needs. Throws when there is none, which only a broken caller can cause.</summary>
    public async Task<OrderContent> RequireAsync(string orderId, CancellationToken cancellationToken) =>
        await records.FindAsync(orderId, cancellationToken)
        ?? throw new InvalidOperationException($"Order {orderId} has a saga but no record.");

    public Task<OrderState?> StateAsync(string orderId, CancellationToken cancellationToken) =>
        documents.ReadAsync<OrderState>(OrderKeys.State(orderId), cancellationToken);

    public async Task<bool> IsCancelRequestedAsync(string orderId, CancellationToken cancellationToken) =>
        await documents.ReadOnceAsync<CancelRequest>(OrderKeys.Cancel(orderId), cancellationToken) is not null;

    public Task RequestCancelAsync(string orderId, CancellationToken cancellationToken) =>
        documents.WriteOnceAsync(OrderKeys.Cancel(orderId), new CancelRequest(orderId), cancellationToken);
}

/// <summary><c>order/{id}/cancel</c>: the customer no longer wants it (commit rule R1).</summary>
internal sealed record CancelRequest(string OrderId);
