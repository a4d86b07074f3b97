using DaprShop.Contracts;
using DaprShop.Contracts.Api;
using DaprShop.Tests.Simulation.Engine;
using DaprShop.Tests.Simulation.Provider;

namespace DaprShop.Tests.Simulation.Load;

/// <param name="SaleId">The sale it is placed in; null: from the catalogue.</param>
/// <param name="Group">Orders of one group reach the order service in one batch, as from a gateway.</param>
/// <param name="CancelAfter">From the acceptance on; null: the customer keeps it.</param>
/// <param name="RefundAfter">From the acceptance on; null: no operator gives it back.</param>
internal sealed record PlannedOrder(
    string UserId, string Key, PlaceOrder Body, string? SaleId, int Group, TimeSpan At, TimeSpan? CancelAfter, TimeSpan? RefundAfter)
{
    public string Path => SaleId is null ? "/api/v1/orders" : $"/api/v1/sales/{SaleId}/orders";
}

internal sealed record PlannedStock(string Sku, int Initial, int Buckets, string Strategy);

/// <param name="Length">From the beginning of the run on.</param>
internal sealed record PlannedSale(string Id, string Sku, int Quantity, int PerUserLimit, int Buckets, TimeSpan Length)
{
    public static Money Price { get; } = new(499, "CNY");
}

internal sealed record PlannedRestock(string Sku, string Key, int Quantity, TimeSpan At);

/// <summary>What the customers and operators of one run are going to do, all of it from the seed.</summary>
internal sealed record Plan(
    IReadOnlyList<PlannedStock> Stock,
    PlannedSale? Sale,
    IReadOnlyList<PlannedOrder> Orders,
    IReadOnlyList<PlannedRestock> Restocks,
    TimeSpan PaymentWindow,
    int OrderReplicas,
    int InventoryReplicas)
{
    /// <summary>When the last order is placed for the first time.</summary>
    public static readonly TimeSpan Length = TimeSpan.FromSeconds(15);

    private static readonly string[] Strategies = ["group-commit", "group-commit", "etag", "lock"];

    public static Plan Of(ulong seed)
    {
        var chance = Chance.Of(seed, "plan");
        var stock = Enumerable.Range(1, chance.Between(1, 2))
            .Select(number => new PlannedStock($"SKU-{number}", chance.Between(2, 9), chance.Between(1, 2), chance.Of(Strategies)))
            .ToList();
        var sale = chance.In(0.4)
            ? new PlannedSale(
                "spring", stock[0].Sku, chance.Between(1, stock[0].Initial), chance.Between(1, 4), chance.Between(1, 2),
                chance.Between(TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(40)))
            : null;
        var orders = new List<PlannedOrder>();
        var users = chance.Between(1, 4);
        var group = 0;
        for (var left = chance.Between(4, 10); left > 0; group++)
        {
            var at = chance.Between(TimeSpan.FromMilliseconds(500), Length);
            var size = Math.Min(left, chance.In(0.4) ? chance.Between(2, 4) : 1);
            for (var member = 0; member < size; member++, left--)
            {
                // Now and then a key is used for another body: only one of the two can be the order.
                var twin = orders.Count > 0 && chance.In(0.08) ? orders[^1] : null;
                var inSale = twin is null ? (chance.In(0.5) ? sale : null) : (twin.SaleId is null ? null : sale);
                var body = inSale is null ? Body(chance, stock) : Body(chance, inSale.Sku);
                orders.Add(new PlannedOrder(
                    twin?.UserId ?? $"shopper-{chance.Between(1, users)}",
                    twin?.Key ?? $"key-{orders.Count}",
                    body,
                    inSale?.Id,
                    group,
                    at,
                    chance.In(0.25) ? chance.Between(TimeSpan.Zero, TimeSpan.FromSeconds(8)) : null,
                    chance.In(0.2) ? chance.Between(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(20)) : null));
            }
        }

        var restocks = Enumerable.Range(0, chance.Below(3))
            .Select(number => new PlannedRestock(
                chance.Of(stock).Sku, $"restock-{number}", chance.Between(1, 5), chance.Between(TimeSpan.FromSeconds(2), Length)))
            .ToList();
        return new Plan(
            stock, sale, orders, restocks, chance.Between(TimeSpan.FromSeconds(20), TimeSpan.FromSeconds(120)), chance.In(0.3) ? 2 : 1, chance.In(0.3) ? 2 : 1);
    }

    private static PlaceOrder Body(Chance chance, List<PlannedStock> stock)
    {
        var skus = stock.Count > 1 && chance.In(0.2) ? stock.Select(item => item.Sku) : [chance.Of(stock).Sku];
        return Body(chance, [.. skus]);
    }

    private static PlaceOrder Body(Chance chance, params string[] skus) => new(
        [.. skus.Select(sku => new PlaceOrderLine(sku, chance.Between(1, 3)))],
        new PaymentSource(chance.In(0.4) ? SimulatedProvider.Sources[0] : chance.Of(SimulatedProvider.Sources)));
}
