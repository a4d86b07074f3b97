using DaprShop.Contracts.Api;
using DaprShop.Contracts.Inventory;

namespace DaprShop.Order.Orders;

/// <summary>The API's picture of an order.</summary>
internal static class OrderViews
{
    public static string Path(string orderId) => $"/api/v1/orders/{orderId}";

    public static OrderView Of(OrderContent order, OrderState? stored)
    {
        var state = stored ?? OrderState.AsPlaced(order);
        return new OrderView(
            order.OrderId,
            state.Status.ToString(),
            [.. order.Lines.Select(line => new OrderItem(line.Sku, line.Quantity, line.UnitPrice))],
            order.Total,
            state.Version,
            order.CreatedAt,
            state.PayBefore,
            state.CancelReason,
            new OrderPayment(state.PaymentStatus, state.PaymentId),
            new OrderLinks(Path(order.OrderId), $"{Path(order.OrderId)}/events", $"{Path(order.OrderId)}/cancel"),
            order.PricesAsOf);
    }

    public static OrderTimeline Timeline(OrderContent order, OrderState? stored) => new(
        order.OrderId,
        [.. (stored ?? OrderState.AsPlaced(order)).Timeline.Select(entry =>
            new OrderTimelineEntry(entry.Status.ToString(), entry.Time, entry.Cause, entry.EventId, entry.TraceId))]);
}
