namespace DaprShop.Order.Shipping;

/// <summary><c>shipment/{order id}</c> (commit rule R2): what the warehouse is to do about an order.</summary>
/// <param name="PlannedAt">Null: the refund came before the confirmation, so there was never anything to send.</param>
/// <param name="ShipBy">When it must have left the house.</param>
internal sealed record ShipmentPlan(
    string OrderId, ShipmentStatus Status, DateTimeOffset? PlannedAt, DateTimeOffset? ShipBy, DateTimeOffset? CancelledAt, long Version)
{
    public static string Key(string orderId) => $"shipment/{orderId}";
}

internal enum ShipmentStatus
{
    Planned,
    Cancelled,
}
