using DaprShop.Contracts.Events;
using DaprShop.ServiceDefaults.State;

namespace DaprShop.Order.Shipping;

/// <summary>
/// What an event makes of the plan. Events come twice and in any order: a plan is made once, its times come from the event, and a refund is the
/// last word, also when it is the first.
/// </summary>
internal static class ShipmentDecisions
{
    private static readonly TimeSpan LeadTime = TimeSpan.FromDays(2);

    /// <returns>True: planned, now.</returns>
    public static Change<ShipmentPlan, bool> Confirm(ShipmentPlan? stored, OrderConfirmed order) => stored is null
        ? Change.To(new ShipmentPlan(order.OrderId, ShipmentStatus.Planned, order.At, order.At + LeadTime, CancelledAt: null, Version: 1), true)
        : Change.None<ShipmentPlan, bool>(false);

    /// <returns>True: cancelled, now.</returns>
    public static Change<ShipmentPlan, bool> Refund(ShipmentPlan? stored, OrderRefunded order) => stored switch
    {
        null => Change.To(
            new ShipmentPlan(order.OrderId, ShipmentStatus.Cancelled, PlannedAt: null, ShipBy: null, order.At, Version: 1), true),
        { Status: ShipmentStatus.Planned } => Change.To(
            stored with { Status = ShipmentStatus.Cancelled, CancelledAt = order.At, Version = stored.Version + 1 }, true),
        _ => Change.None<ShipmentPlan, bool>(false),
    };
}
