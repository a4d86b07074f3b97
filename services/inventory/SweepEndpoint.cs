using DaprShop.Inventory.Reservations;
using DaprShop.Inventory.Sales;

namespace DaprShop.Inventory;

/// <summary>What the cron binding <c>inventory-sweep</c> calls every few seconds, at every replica.</summary>
internal static class SweepEndpoint
{
    public static void MapSweep(this IEndpointRouteBuilder routes) =>
        routes.MapPost("/inventory-sweep", async (SweepSales sales, SweepReservations reservations, CancellationToken cancellationToken) =>
        {
            await sales.SweepAsync(cancellationToken);
            await reservations.SweepAsync(cancellationToken);
        });
}
