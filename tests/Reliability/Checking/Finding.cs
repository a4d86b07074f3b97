namespace DaprShop.Reliability.Checking;

/// <summary>One way in which the world is not as it has to be.</summary>
/// <param name="Kind">One of <see cref="Findings"/>.</param>
/// <param name="Subject">The order, the SKU, the bucket or the key.</param>
/// <param name="Weight">Orders or units that it is about.</param>
internal sealed record Finding(string Kind, string Subject, string Detail, long Weight = 1);

/// <summary>What can be found.</summary>
internal static class Findings
{
    // What clients were told (I4, I10, I11, I14, I17).
    public const string OrderForgotten = "order-forgotten";
    public const string OrderNotRecorded = "order-not-recorded";
    public const string OrderNotLogged = "order-not-logged";
    public const string OrderUnfinished = "order-unfinished";
    public const string OrderUnasked = "order-unasked";
    public const string OrderTwice = "order-twice";
    public const string RefusedAndAccepted = "refused-and-accepted";
    public const string AnswerDiffers = "answer-differs";
    public const string ContentDiffers = "content-differs";
    public const string PriceDiffers = "price-differs";
    public const string Unresolved = "unresolved";
    public const string ReadForgot = "read-forgot";
    public const string ReadRegressed = "read-regressed";
    public const string RefundForgotten = "refund-forgotten";
    public const string RefundUnasked = "refund-unasked";
    public const string CancelUnasked = "cancel-unasked";
    public const string RestockLost = "restock-lost";

    // A process did not come back (I16).
    public const string NotRecovered = "not-recovered";

    // A drill found something else than it states, such as no order accepted while a broker was down.
    public const string OtherThanExpected = "other-than-expected";

    // The life of an order (I3).
    public const string IllegalMove = "illegal-move";
    public const string VersionDiffers = "version-differs";

    // Stock (I1, I2).
    public const string Oversold = "oversold";
    public const string Undersold = "undersold";
    public const string StockDrift = "stock-drift";
    public const string StockLogGap = "stock-log-gap";
    public const string StockIllegalMove = "stock-illegal-move";
    public const string UnitsNotSold = "units-not-sold";
    public const string UnitsKept = "units-kept";
    public const string UnitsOfNobody = "units-of-nobody";
    public const string QuantityDiffers = "quantity-differs";
    public const string TransferLost = "transfer-lost";

    // Money (I5, I6, I14).
    public const string DoubleCapture = "double-capture";
    public const string DoubleRefund = "double-refund";
    public const string CaptureMissing = "capture-missing";
    public const string MoneyKept = "money-kept";
    public const string MoneyGivenAway = "money-given-away";
    public const string AmountDiffers = "amount-differs";
    public const string MoneyOfNobody = "money-of-nobody";
    public const string PaymentDiffers = "payment-differs";
    public const string PaymentOwing = "payment-owing";

    // What customers see (I7, I8, I9).
    public const string NoteMissing = "note-missing";
    public const string NoteTwice = "note-twice";
    public const string NoteWrong = "note-wrong";
    public const string ListMissing = "list-missing";
    public const string ListTwice = "list-twice";
    public const string ListOfNobody = "list-of-nobody";

    // What consumers did not take (I9, I19).
    public const string DeadLetter = "dead-letter";
    public const string DeadLetterMissing = "dead-letter-missing";
    public const string DeadLetterUnlisted = "dead-letter-unlisted";
    public const string DeadLetterForgotten = "dead-letter-forgotten";
}
