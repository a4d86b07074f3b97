using DaprShop.Contracts;
using DaprShop.Contracts.Inventory;
using DaprShop.Order.Clients;
using DaprShop.Order.Placing;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace DaprShop.Tests.Services.Order;

internal static class SampleOrders
{
    public static readonly DateTimeOffset Now = new(2026, 11, 21, 10, 0, 0, TimeSpan.Zero);

    public static OrderContent One(string orderId = "o-1", string bodyHash = "hash", int quantity = 2, string sku = "SKU-1001") =>
        new(
            orderId,
            "shopper-1",
            bodyHash,
            [new OrderLine(sku, quantity, new Money(500, "CNY"), orderId)],
            new Money(500L * quantity, "CNY"),
            "tok_ok",
            Now);

    public static OrderContent Two(string orderId = "o-2", string bodyHash = "hash") =>
        new(
            orderId,
            "shopper-1",
            bodyHash,
            [
                new OrderLine("SKU-1001", 1, new Money(500, "CNY"), orderId),
                new OrderLine("SKU-1002", 3, new Money(100, "CNY"), orderId),
            ],
            new Money(800, "CNY"),
            "tok_ok",
            Now);

    public static PriceBook PricesOf(StubHttp catalog, TimeProvider? clock = null) => new(
        new CatalogClient(catalog.Client()), Options.Create(new PriceOptions()), clock ?? TimeProvider.System, NullLogger<PriceBook>.Instance);
}
