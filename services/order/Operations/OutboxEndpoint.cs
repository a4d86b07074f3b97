using DaprShop.Contracts.Api;
using DaprShop.Order.Log;
using DaprShop.Order.Orders;
using DaprShop.ServiceDefaults.Http;

namespace DaprShop.Order.Operations;

/// <summary>Depth and age of the outbox, which the order logs are. Read from the store, so that every replica gives the same answer.</summary>
internal static class OutboxEndpoint
{
    public static void MapOutbox(this IEndpointRouteBuilder routes) =>
        routes.MapGet("/api/v1/ops/outbox", HandleAsync).RequireOperator();

    internal static async Task<OutboxView> HandleAsync(OrderLogReader log, TimeProvider clock, CancellationToken cancellationToken)
    {
        var slots = await Task.WhenAll((await log.SlotsAsync(cancellationToken)).Select(slot => ReadAsync(slot, log, cancellationToken)));
        var oldest = slots.Min(slot => slot.OldestAt);
        return new OutboxView(
            slots.Sum(slot => slot.Waiting), oldest, oldest is { } at ? Math.Max(0, (clock.GetUtcNow() - at).TotalSeconds) : 0, slots);
    }

    private static async Task<OutboxSlot> ReadAsync(OrderSlot slot, OrderLogReader log, CancellationToken cancellationToken)
    {
        var waiting = 0;
        DateTimeOffset? oldest = null;
        foreach (var epoch in slot.Epochs)
        {
            await foreach (var record in log.RecordsAsync(slot.Slot, epoch.Epoch, epoch.Watermark, cancellationToken))
            {
                waiting += record.Orders.Count;
                var first = record.Orders.Min(order => order.Decode().CreatedAt);
                oldest = oldest < first ? oldest : first;
            }
        }

        return new OutboxSlot(slot.Slot, slot.Owner, waiting, oldest);
    }
}
