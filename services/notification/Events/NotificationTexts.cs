using System.Globalization;
using DaprShop.Contracts;
using DaprShop.Contracts.Api;
using DaprShop.Contracts.Events;
using DaprShop.ServiceDefaults.Ids;

namespace DaprShop.Notification.Events;

/// <summary>Words an event for the customer. The id derives from order and kind, so every delivery makes the same entry.</summary>
internal static class NotificationTexts
{
    public static NotificationView? For(OrderConfirmed order) => order.Total is null ? null : Entry(
        "order-confirmed", order.OrderId, order.At, "Order confirmed", $"Your order is paid ({Text(order.Total)}) and confirmed.");

    public static NotificationView? For(OrderCancelled order) => Entry(
        "order-cancelled", order.OrderId, order.At, "Order cancelled", order.Reason switch
        {
            "customer" => "Your order is cancelled, as you asked.",
            "payment-declined" => "Your order is cancelled: the payment was declined.",
            "payment-deadline" => "Your order is cancelled: the payment did not arrive in time.",
            "reservation-lost" => "Your order is cancelled: its stock could not be held. You are not charged.",
            _ => "Your order is cancelled.",
        });

    public static NotificationView? For(OrderRefunded order) => order.Total is null ? null : Entry(
        "order-refunded", order.OrderId, order.At, "Order refunded", $"Your order is refunded ({Text(order.Total)}).");

    public static NotificationView? For(PaymentRefunded payment) => payment.Amount is null ? null : Entry(
        "payment-refunded", payment.OrderId, payment.At, "Payment refunded", $"{Text(payment.Amount)} is on its way back to you.");

    private static NotificationView? Entry(string kind, string? orderId, DateTimeOffset at, string title, string text) =>
        string.IsNullOrEmpty(orderId) ? null : new(DerivedIds.Of("notification", orderId, kind), kind, orderId, title, text, at);

    internal static string Text(Money money) =>
        string.Create(CultureInfo.InvariantCulture, $"{money.Currency} {money.Amount / 100}.{money.Amount % 100:00}");
}
