using DaprShop.Contracts.Inventory;
using DaprShop.ServiceDefaults.Json;

namespace DaprShop.Order.Orders;

/// <summary>An order's content and its bytes: made of each other once.</summary>
internal static class OrderEncoding
{
    public static EncodedOrder Encode(this OrderContent order) => EncodedOrder.Of(order, ShopJson.Documents);

    public static OrderContent Decode(this EncodedOrder order) => order.Decode(ShopJson.Documents);
}
