using System.Collections.Frozen;

namespace DaprShop.Order.Orders;

/// <summary>The life of an order as data. A pair that is not here cannot happen.</summary>
internal static class OrderTable
{
    private static readonly FrozenDictionary<(OrderStatus From, OrderEvent Event), OrderStatus> Rows =
        new Dictionary<(OrderStatus From, OrderEvent Event), OrderStatus>
        {
            [(OrderStatus.Reserved, OrderEvent.HoldTaken)] = OrderStatus.AwaitingPayment,
            [(OrderStatus.Reserved, OrderEvent.HoldRefused)] = OrderStatus.Cancelled,
            [(OrderStatus.Reserved, OrderEvent.PaymentFailed)] = OrderStatus.Cancelled,
            [(OrderStatus.Reserved, OrderEvent.DeadlinePassed)] = OrderStatus.Cancelled,
            [(OrderStatus.Reserved, OrderEvent.CustomerCancelled)] = OrderStatus.Cancelled,
            [(OrderStatus.AwaitingPayment, OrderEvent.PaymentSucceeded)] = OrderStatus.Paid,
            [(OrderStatus.AwaitingPayment, OrderEvent.PaymentFailed)] = OrderStatus.Cancelled,
            [(OrderStatus.AwaitingPayment, OrderEvent.DeadlinePassed)] = OrderStatus.Cancelled,
            [(OrderStatus.AwaitingPayment, OrderEvent.CustomerCancelled)] = OrderStatus.Cancelled,
            [(OrderStatus.Paid, OrderEvent.ReservationConfirmed)] = OrderStatus.Confirmed,
            [(OrderStatus.Paid, OrderEvent.ConfirmRefused)] = OrderStatus.Cancelled,
            [(OrderStatus.Cancelled, OrderEvent.LatePaymentRefunded)] = OrderStatus.Cancelled,
            [(OrderStatus.Confirmed, OrderEvent.RefundRequested)] = OrderStatus.Confirmed,
            [(OrderStatus.Confirmed, OrderEvent.Refunded)] = OrderStatus.Refunded,
        }.ToFrozenDictionary();

    public static bool IsTerminal(OrderStatus status) =>
        status is OrderStatus.Confirmed or OrderStatus.Cancelled or OrderStatus.Refunded;

    /// <returns>Null: the event is illegal in this state.</returns>
    public static OrderStatus? Next(OrderStatus from, OrderEvent happened) =>
        Rows.TryGetValue((from, happened), out var to) ? to : null;

    /// <summary>Why an order was cancelled, in the API's words; null for events that cancel nothing.</summary>
    public static string? CancelReason(OrderEvent happened) => happened switch
    {
        OrderEvent.HoldRefused => "reservation-lost",
        OrderEvent.PaymentFailed => "payment-declined",
        OrderEvent.DeadlinePassed => "payment-deadline",
        OrderEvent.CustomerCancelled => "customer",
        OrderEvent.ConfirmRefused => "confirm-refused",
        _ => null,
    };

    /// <summary>The cause as the timeline shows it.</summary>
    public static string Cause(OrderEvent happened) => happened switch
    {
        OrderEvent.HoldTaken => "stock held, payment requested",
        OrderEvent.HoldRefused => "reservation lost",
        OrderEvent.PaymentSucceeded => "payment succeeded",
        OrderEvent.PaymentFailed => "payment declined",
        OrderEvent.DeadlinePassed => "payment deadline passed",
        OrderEvent.CustomerCancelled => "cancelled by the customer",
        OrderEvent.ReservationConfirmed => "stock sold",
        OrderEvent.ConfirmRefused => "stock could not be sold, payment refunded",
        OrderEvent.LatePaymentRefunded => "late payment refunded",
        OrderEvent.RefundRequested => "refund requested",
        OrderEvent.Refunded => "payment refunded, stock returned",
        _ => throw new ArgumentOutOfRangeException(nameof(happened), happened, "Not an order event."),
    };
}
