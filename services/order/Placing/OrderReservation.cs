using DaprShop.Contracts.Inventory;
using DaprShop.Order.Clients;
using DaprShop.Order.Orders;
using DaprShop.ServiceDefaults.Faults;
using DaprShop.ServiceDefaults.State;

namespace DaprShop.Order.Placing;

/// <param name="Order">The order as decided first; null unless it is reserved.</param>
/// <param name="Sku">Which line was refused; null when none was, as under a reused key.</param>
internal sealed record ReservationOutcome(ReserveOutcome Outcome, OrderContent? Order, bool Replayed, string? Sku);

/// <summary>Reserves all lines of an order over several SKUs or none, by way of its intent.</summary>
internal sealed class OrderReservation(InventoryClient inventory, DocumentStore documents, TimeProvider clock)
{
    /// <summary>The backstop gives up an attempt of long ago, which a repeat may just be carrying on: the second is of now.</summary>
    private const int MaxTries = 3;

    /// <summary>Gives up an attempt that nobody finished, unless it was decided meanwhile.</summary>
    /// <returns>The intent as it now stands.</returns>
    public Task<OrderIntent> RefuseAsync(string orderId, int attempt, CancellationToken cancellationToken) =>
        documents.ChangeAsync<OrderIntent, OrderIntent>(
            OrderKeys.Intent(orderId), intent => OrderIntents.Decide(intent, attempt, IntentStatus.Refused), cancellationToken);

    public async Task<ReservationOutcome> ReserveAsync(OrderContent order, CancellationToken cancellationToken)
    {
        for (var tries = 0; tries < MaxTries; tries++)
        {
            if (await TryReserveAsync(order, cancellationToken) is { } outcome)
            {
                return outcome;
            }
        }

        throw new DependencyUnavailableException($"stock (the attempts to reserve order {order.OrderId} were given up as they ran)");
    }

    /// <returns>Null: the attempt was given up as it ran, though its stock was there; the next one is of its own time.</returns>
    private async Task<ReservationOutcome?> TryReserveAsync(OrderContent order, CancellationToken cancellationToken)
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

        var encoded = intent.Order.Encode();
        var results = await inventory.ReserveAsync(
            [.. intent.Order.Lines.Select(line => new Reserve(line.ReservationId, line.Sku, line.Quantity, encoded))], cancellationToken);
        var lines = intent.Order.Lines.Zip(results, (line, result) => (Outcome: result.Outcome, line.Sku)).ToList();
        if (lines.FindIndex(line => line.Outcome == ReserveOutcome.Unavailable) is var unknown and >= 0)
        {
            throw new DependencyUnavailableException($"stock of {lines[unknown].Sku}");
        }

        var refused = lines.FindIndex(line => line.Outcome != ReserveOutcome.Reserved);
        var decided = await documents.ChangeAsync<OrderIntent, OrderIntent>(
            OrderKeys.Intent(order.OrderId),
            found => OrderIntents.Decide(found, intent.Attempt, refused < 0 ? IntentStatus.Reserved : IntentStatus.Refused),
            cancellationToken);
        if (decided.Attempt == intent.Attempt && decided.Status == IntentStatus.Reserved)
        {
            return new ReservationOutcome(ReserveOutcome.Reserved, decided.Order, Replayed: false, Sku: null);
        }

        // Lost or refused: this attempt's lines belong to nobody. A crash before this line leaves them to the backstop.
        await ReleaseAsync(intent.Order, cancellationToken);
        return refused >= 0
            ? new ReservationOutcome(lines[refused].Outcome, null, Replayed: false, lines[refused].Sku)
            : null;
    }

    private async Task ReleaseAsync(OrderContent order, CancellationToken cancellationToken)
    {
        foreach (var line in order.Lines)
        {
            await inventory.ReleaseAsync(order, line, cancellationToken);
        }
    }
}
