using DaprShop.Contracts.Inventory;
using DaprShop.Inventory.Stock;
using DaprShop.ServiceDefaults.Json;

namespace DaprShop.Inventory.Reservations;

/// <summary>Hold, confirm and release: the saga's steps on a reservation. Each may run any number of times.</summary>
internal static class ChangeReservationEndpoints
{
    private delegate Decision<ChangeReservationResult> Decide(StockLedger stock, string reservationId, DateTimeOffset now);

    public static void MapChangeReservation(this IEndpointRouteBuilder routes)
    {
        Map(routes, "hold", StockDecisions.Hold);
        Map(routes, "confirm", StockDecisions.Confirm);
        Map(routes, "release", StockDecisions.Release);
    }

    private static void Map(IEndpointRouteBuilder routes, string step, Decide decide) =>
        routes.MapPost(
            $"/internal/reservations/{step}",
            (Tolerant<ChangeReservation> command, StockBuckets buckets, CancellationToken cancellationToken) =>
                buckets.Of(command.Body.Sku).DecideAsync(
                    (stock, now) => decide(stock, command.Body.ReservationId, now), cancellationToken));
}
