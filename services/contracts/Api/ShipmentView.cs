namespace DaprShop.Contracts.Api;

/// <param name="Status">Planned or Cancelled.</param>
/// <param name="PlannedAt">Null: the order was refunded before anything was planned.</param>
/// <param name="ShipBy">When it must have left the house.</param>
public sealed record ShipmentView(string OrderId, string Status, DateTimeOffset? PlannedAt, DateTimeOffset? ShipBy, DateTimeOffset? CancelledAt);
