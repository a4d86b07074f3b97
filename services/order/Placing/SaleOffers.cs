using System.Collections.Concurrent;
using DaprShop.Contracts.Inventory;
using DaprShop.Order.Clients;

namespace DaprShop.Order.Placing;

/// <summary>The sales this replica has heard of. Their terms never change, so each is asked for once.</summary>
internal sealed class SaleOffers(InventoryClient inventory)
{
    private readonly ConcurrentDictionary<string, SaleOffer> _offers = new(StringComparer.Ordinal);

    /// <returns>Null: there is no such sale; one may be created later.</returns>
    public async Task<SaleOffer?> FindAsync(string id, CancellationToken cancellationToken)
    {
        if (_offers.TryGetValue(id, out var known))
        {
            return known;
        }

        var offer = await inventory.FindSaleAsync(id, cancellationToken);
        return offer is null ? null : _offers.GetOrAdd(id, offer);
    }
}
