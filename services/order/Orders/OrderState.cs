using DaprShop.Contracts.Inventory;

namespace DaprShop.Order.Orders;

/// <summary>
/// What changes about an order: <c>order/{id}/state</c> (commit rule R2), timeline inside. Until the saga's first step
/// there is none: the order is then <c>Reserved</c>, version 1, as its record says.
/// </summary>
/// <param name="RefundRequest">Id of the request that decided to refund it, derived from its idempotency key; null: nobody did.</param>
internal sealed record OrderState(
    string OrderId,
    string UserId,
    OrderStatus Status,
    long Version,
    DateTimeOffset? PayBefore,
    string? CancelReason,
    string PaymentStatus,
    string? PaymentId,
    IReadOnlyList<OrderTransition> Timeline,
    string? RefundRequest = null)
{
    /// <summary>The refund is decided and not done yet: money and units are on their way.</summary>
    public bool IsRefunding => Status == OrderStatus.Confirmed && RefundRequest is not null;

    public static OrderState AsPlaced(OrderContent order) => new(
        order.OrderId,
        order.UserId,
        OrderStatus.Reserved,
        Version: 1,
        PayBefore: null,
        CancelReason: null,
        PaymentStatus: "Pending",
        PaymentId: null,
        [new OrderTransition(OrderStatus.Reserved, order.CreatedAt, "stock reserved", $"{order.OrderId}:placed", TraceId: null)]);
}

internal sealed record OrderTransition(OrderStatus Status, DateTimeOffset Time, string Cause, string EventId, string? TraceId);

/// <summary>Key format of everything the order service stores.</summary>
internal static class OrderKeys
{
    public const int Slots = 16;

    public const string Replicas = "order/replicas";

    public const string Reconciliations = "order/reconciliations";

    public static string Record(string orderId) => $"order/{orderId}";

    public static string State(string orderId) => $"order/{orderId}/state";

    public static string Cancel(string orderId) => $"order/{orderId}/cancel";

    public static string Intent(string orderId) => $"order/{orderId}/intent";

    public static string Slot(int slot) => $"order/slot/{slot}";

    public static string LogRecord(int slot, long epoch, long n) => $"order/log/{slot}/{epoch}/{n}";

    public static string OpenRefunds(int shard) => $"order/refunds/{shard}";

    public static string Reconciliation(long place) => $"order/reconciliations/{place}";

    public static string UserHead(string userId) => $"userorders/{Uri.EscapeDataString(userId)}/head";

    public static string UserPage(string userId, int page) => $"userorders/{Uri.EscapeDataString(userId)}/page/{page}";
}
