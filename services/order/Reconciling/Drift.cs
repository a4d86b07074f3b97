namespace DaprShop.Order.Reconciling;

/// <summary>Two records of the shop that ought to agree and do not.</summary>
/// <param name="Kind">One of <see cref="DriftKinds"/>.</param>
/// <param name="Sku">The SKU, or the bucket, when it is about stock.</param>
/// <param name="ReservationId">Which line of the order, when it is about one.</param>
internal sealed record Drift(string Kind, string? OrderId, string? Sku, string Detail, DriftRepair Repair = DriftRepair.None, string? ReservationId = null)
{
    /// <summary>Whether two looks saw the same.</summary>
    public (string, string?, string?, string?) Identity => (Kind, OrderId, Sku, ReservationId);
}

/// <summary>What drifts are called in the API.</summary>
internal static class DriftKinds
{
    public const string CapturedNotPaid = "captured-not-paid";
    public const string CaptureWithoutOrder = "capture-without-order";
    public const string PaidWithoutCapture = "paid-without-capture";
    public const string DoubleCapture = "double-capture";
    public const string VoidedButCaptured = "voided-but-captured";
    public const string RefundMissing = "refund-missing";
    public const string RefundedTwice = "refunded-twice";
    public const string AmountDiffers = "amount-differs";
    public const string ConfirmedNotSold = "confirmed-not-sold";
    public const string HeldAfterEnd = "held-after-end";
    public const string ReservationWithoutOrder = "reservation-without-order";
    public const string OrderWithoutReservation = "order-without-reservation";
    public const string StockCountersDiffer = "stock-counters-differ";
    public const string ProjectionBehind = "projection-behind";
    public const string ProjectionAhead = "projection-ahead";

    public static IReadOnlyList<string> All { get; } =
    [
        CapturedNotPaid, CaptureWithoutOrder, PaidWithoutCapture, DoubleCapture, VoidedButCaptured, RefundMissing, RefundedTwice, AmountDiffers,
        ConfirmedNotSold, HeldAfterEnd, ReservationWithoutOrder, OrderWithoutReservation, StockCountersDiffer, ProjectionBehind, ProjectionAhead,
    ];
}

/// <summary>A command that the sagas give too, and that may be given any number of times.</summary>
internal enum DriftRepair
{
    /// <summary>None is safe: a person decides.</summary>
    None,

    /// <summary>The order's saga is started unless it runs, and looks at the payment at once.</summary>
    WakeSaga,

    /// <summary>Payment looks at the provider; what came for a closed payment goes back.</summary>
    SettlePayment,
    RefundPayment,
    StartRefund,
    ConfirmUnits,
    ReturnUnits,
    ListOrder,
}
