using DaprShop.Contracts.Inventory;
using DaprShop.Inventory.Stock;
using DaprShop.ServiceDefaults.Json;

namespace DaprShop.Inventory.Reservations;

/// <summary>Hold, confirm, release and return: the saga's steps on a reservation. Each may run any number of times.</summary>
internal static class ChangeReservationEndpoints
{
    public static void MapChangeReservation(this IEndpointRouteBuilder routes)
    {
        Map(routes, "hold", ReservationState.Held);
        Map(routes, "confirm", ReservationState.Confirmed);
        Map(routes, "release", ReservationState.Released);
        routes.MapPost(
            "/internal/reservations/return",
            (Tolerant<ChangeReservation> command, StockPools pools, CancellationToken cancellationToken) =>
                ReturnedUnits.ReturnAsync(command.Body, pools, cancellationToken));
    }

    internal static async Task<ChangeReservationResult> HandleAsync(
        ChangeReservation command, ReservationState step, StockPools pools, CancellationToken cancellationToken)
    {
        var name = command.SaleId is { } sale ? StockPoolNames.OfSale(sale) : command.Sku;
        if (await pools.FindAsync(name, cancellationToken) is { } pool)
        {
            return await pool.ChangeAsync(command.UserId, new ReservationStep(command.ReservationId, step), cancellationToken);
        }

        // Giving back what was never reserved is done.
        return new ChangeReservationResult(Done: step is ReservationState.Released or ReservationState.Returned, State: null);
    }

    private static void Map(IEndpointRouteBuilder routes, string path, ReservationState step) =>
        routes.MapPost(
            $"/internal/reservations/{path}",
            (Tolerant<ChangeReservation> command, StockPools pools, CancellationToken cancellationToken) =>
                HandleAsync(command.Body, step, pools, cancellationToken));
}
