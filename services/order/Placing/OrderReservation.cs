using DaprShop.Contracts.Inventory;
using DaprShop.Order.Clients;
using DaprShop.Order.Orders;
using DaprShop.ServiceDefaults.State;

namespace DaprShop.Order.Placing;

/// <param name="Order">The order as decided first; null unless it is reserved.</param>
/// <param name="Sku">Which line was refused.</param>
internal sealed record ReservationOutcome(ReserveOutcome Outcome, OrderContent? Order, bool Replayed, string? Sku);

/// <summary>Reserves all lines of an order or none: one line in one swap of its stock, several by way of the intent.</summary>
internal sealed class OrderReservation(InventoryClient inventory, DocumentStore documents, TimeProvider clock)
{
    public Task<ReservationOutcome> ReserveAsync(OrderContent order, CancellationToken cancellationToken) =>
        order.Lines.Count == 1
            ? ReserveOneAsync(order, cancellationToken)
            : ReserveSeveralAsync(order, cancellationToken);

    /// <summary>Gives up an attempt that nobody finished, unless it was decided meanwhile.</summary>
    /// <returns>The intent as it now stands.</returns>
    public Task<OrderIntent> RefuseAsync(string orderId, int attempt, CancellationToken cancellationToken) =>
        documents.ChangeAsync<OrderIntent, OrderIntent>(
            OrderKeys.Intent(orderId), intent => OrderIntents.Decide(intent, attempt, IntentStatus.Refused), cancellationToken);

    private async Task<ReservationOutcome> ReserveOneAsync(OrderContent order, CancellationToken cancellationToken)
    {
        // An order over several SKUs under the same key knows nothing of this line's stock: only its intent shows it.
        var intent = await documents.ReadAsync<OrderIntent>(OrderKeys.Intent(order.OrderId), cancellationToken);
        if (intent is { Status: not IntentStatus.Refused })
        {
            return new ReservationOutcome(ReserveOutcome.KeyReused, null, Replayed: false, Sku: null);
        }

        var line = order.Lines[0];
        var result = await inventory.ReserveAsync(
            new Reserve(line.ReservationId, line.Sku, line.Quantity, order), cancellationToken);
        return new ReservationOutcome(result.Outcome, result.Order, result.Replayed, line.Sku);
    }

    private async Task<ReservationOutcome> ReserveSeveralAsync(OrderContent order, CancellationToken cancellationToken)
    {
        var intent = await documents.ChangeAsync<OrderIntent, OrderIntent>(
            OrderKeys.Intent(order.OrderId), found => OrderIntents.Open(found, order, clock.GetUtcNow()), cancellationToken);
        if (intent.Order.BodyHash != order.BodyHash)
        {
            return new ReservationOutcome(ReserveOutcome.KeyReused, null, Replayed: false, Sku: null);
        }

        if (intent.Status == IntentStatus.Reserved)
        {
            return new ReservationOutcome(ReserveOutcome.Reserved, intent.Order, Replayed: true, Sku: null);
        }

        (ReserveOutcome Outcome, string Sku)? refusal = null;
        foreach (var line in intent.Order.Lines)
        {
            var result = await inventory.ReserveAsync(
                new Reserve(line.ReservationId, line.Sku, line.Quantity, intent.Order), cancellationToken);
            if (result.Outcome != ReserveOutcome.Reserved)
            {
                refusal = (result.Outcome, line.Sku);
                break;
            }
        }

        var decided = await documents.ChangeAsync<OrderIntent, OrderIntent>(
            OrderKeys.Intent(order.OrderId),
            found => OrderIntents.Decide(found, intent.Attempt, refusal is null ? IntentStatus.Reserved : IntentStatus.Refused),
            cancellationToken);
        if (decided.Attempt == intent.Attempt && decided.Status == IntentStatus.Reserved)
        {
            return new ReservationOutcome(ReserveOutcome.Reserved, decided.Order, Replayed: false, Sku: null);
        }

        // Lost or refused: this attempt's lines belong to nobody. A crash before this line leaves them to the backstop.
        await ReleaseAsync(intent.Order, cancellationToken);
        return refusal is { } refused
            ? new ReservationOutcome(refused.Outcome, null, Replayed: false, refused.Sku)
            : new ReservationOutcome(ReserveOutcome.SoldOut, null, Replayed: false, Sku: null);
    }

    private async Task ReleaseAsync(OrderContent order, CancellationToken cancellationToken)
    {
        foreach (var line in order.Lines)
        {
            await inventory.ReleaseAsync(line, cancellationToken);
        }
    }
}
