using DaprShop.Contracts;
using DaprShop.Contracts.Inventory;
using DaprShop.ServiceDefaults.Faults;

namespace DaprShop.Order.Placing;

/// <summary>Prices come from the catalogue or the sale, never from the request.</summary>
internal static class OrderPricing
{
    /// <param name="catalogue">Asked for the SKUs of the order at least, unless it is of a sale.</param>
    /// <returns>The order as it would be placed now; null with the reasons in <paramref name="errors"/>.</returns>
    public static OrderContent? Price(
        OrderDraft draft, NamedPrices catalogue, DateTimeOffset now, ValidationErrors errors)
    {
        var lines = new List<OrderLine>(draft.Items.Count);
        for (var index = 0; index < draft.Items.Count; index++)
        {
            var line = draft.Items[index];
            if ((draft.Sale?.Price ?? catalogue.Find(line.Sku)) is { } price)
            {
                // With one line the order is its own reservation; with several the intent numbers them.
                lines.Add(new OrderLine(line.Sku, line.Quantity, price, ReservationId: draft.OrderId));
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

        var currency = lines[0].UnitPrice.Currency;
        if (!errors.Require(lines.TrueForAll(line => line.UnitPrice.Currency == currency), "items", "must all be priced in one currency"))
        {
            return null;
        }

        try
        {
            var total = lines.Aggregate(0L, (sum, line) => checked(sum + (line.UnitPrice.Amount * line.Quantity)));
            return new OrderContent(
                draft.OrderId,
                draft.UserId,
                draft.BodyHash,
                lines,
                new Money(total, currency),
                draft.PaymentSource,
                now,
                draft.TraceParent,
                draft.Sale?.Id,
                draft.Sale is null ? catalogue.AsOf : null);
        }
        catch (OverflowException)
        {
            errors.Add("items", "the total is too large");
            return null;
        }
    }
}
