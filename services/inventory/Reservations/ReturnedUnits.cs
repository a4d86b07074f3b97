using DaprShop.Contracts.Inventory;
using DaprShop.Inventory.Stock;

namespace DaprShop.Inventory.Reservations;

/// <summary>
/// A refunded order's units go back to the stock they were sold from. Those of a sale are on sale again until it ends; after that the
/// sweep brings them to the SKU, which it does not for a sale it has settled, so the sale is reopened.
/// </summary>
internal static class ReturnedUnits
{
    public static async Task<ChangeReservationResult> ReturnAsync(ChangeReservation command, StockPools pools, CancellationToken cancellationToken)
    {
        var result = await ChangeReservationEndpoints.HandleAsync(command, ReservationState.Returned, pools, cancellationToken);
        if (result.State == ReservationState.Returned && command.SaleId is { } saleId)
        {
            // Open reservations keep a sale from being settled, sold ones do not. After the units and with every repeat: whoever looked
            // before them settles nothing, and a crash in between is made up for.
            await pools.ReopenAsync(saleId, cancellationToken);
        }

        return result;
    }
}
