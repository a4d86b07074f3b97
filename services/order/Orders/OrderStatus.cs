namespace DaprShop.Order.Orders;

internal enum OrderStatus
{
    Reserved,
    AwaitingPayment,
    Paid,
    Confirmed,
    Cancelled,
    Refunded,
}

/// <summary>What can happen to an order after it was accepted.</summary>
internal enum OrderEvent
{
    HoldTaken,
    HoldRefused,
    PaymentSucceeded,
    PaymentFailed,
    DeadlinePassed,
    CustomerCancelled,
    ReservationConfirmed,
    ConfirmRefused,
    LatePaymentRefunded,
    RefundRequested,
    Refunded,
}
