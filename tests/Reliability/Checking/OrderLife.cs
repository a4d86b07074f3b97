namespace DaprShop.Reliability.Checking;

/// <summary>The life of an order as architecture.md section 5 has it, written down a second time.</summary>
internal static class OrderLife
{
    public const string Reserved = "Reserved";
    public const string AwaitingPayment = "AwaitingPayment";
    public const string Paid = "Paid";
    public const string Confirmed = "Confirmed";
    public const string Cancelled = "Cancelled";
    public const string Refunded = "Refunded";

    private static readonly HashSet<(string From, string Event, string To)> Moves =
    [
        (Reserved, "HoldTaken", AwaitingPayment),
        (Reserved, "HoldRefused", Cancelled),
        (Reserved, "PaymentFailed", Cancelled),
        (Reserved, "DeadlinePassed", Cancelled),
        (Reserved, "CustomerCancelled", Cancelled),
        (AwaitingPayment, "PaymentSucceeded", Paid),
        (AwaitingPayment, "PaymentFailed", Cancelled),
        (AwaitingPayment, "DeadlinePassed", Cancelled),
        (AwaitingPayment, "CustomerCancelled", Cancelled),
        (Paid, "ReservationConfirmed", Confirmed),
        (Paid, "ConfirmRefused", Cancelled),
        (Cancelled, "LatePaymentRefunded", Cancelled),
        (Confirmed, "RefundRequested", Confirmed),
        (Confirmed, "Refunded", Refunded),
    ];

    public static bool HasEnded(string status) => status is Confirmed or Cancelled or Refunded;

    public static bool IsLegal(string from, Step step) => Moves.Contains((from, step.Event, step.Status));
}
