using DaprShop.Contracts;
using DaprShop.Contracts.Api;
using DaprShop.Contracts.Inventory;
using DaprShop.Order.Clients;
using DaprShop.ServiceDefaults.Faults;

namespace DaprShop.Order.Placing;

/// <summary>Prices come from the catalogue, never from the request.</summary>
internal sealed class OrderPricing(CatalogClient catalog)
{
    /// <returns>Null with the reasons in <paramref name="errors"/>.</returns>
    public async Task<(IReadOnlyList<OrderLine> Lines, Money Total)?> PriceAsync(
        string orderId, PlaceOrder request, ValidationErrors errors, CancellationToken cancellationToken)
    {
        var prices = await catalog.PricesAsync([.. request.Items.Select(line => line.Sku)], cancellationToken);
        var lines = new List<OrderLine>(request.Items.Count);
        for (var index = 0; index < request.Items.Count; index++)
        {
            var line = request.Items[index];
            if (prices.TryGetValue(line.Sku, out var price))
            {
                // With one line the order is its own reservation; with several the intent numbers them.
                lines.Add(new OrderLine(line.Sku, line.Quantity, price, ReservationId: orderId));
            }
            else
            {
                errors.Add($"items[{index}].sku", $"there is no product {line.Sku}");
            }
        }

        if (errors.Any)
        {
            return null;
        }

        var currencies = lines.Select(line => line.UnitPrice.Currency).Distinct(StringComparer.Ordinal).ToList();
        if (!errors.Require(currencies.Count == 1, "items", "must all be priced in one currency"))
        {
            return null;
        }

        try
        {
            var total = lines.Aggregate(0L, (sum, line) => checked(sum + (line.UnitPrice.Amount * line.Quantity)));
            return (lines, new Money(total, currencies[0]));
        }
        catch (OverflowException)
        {
            errors.Add("items", "the total is too large");
            return null;
        }
    }
}
