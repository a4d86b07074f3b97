namespace DaprShop.Provider.Ledger;

internal enum ChargeStatus
{
    Processing,
    Succeeded,
    Declined,
}

/// <summary>A charge as the journal tells it so far.</summary>
internal sealed record Charge(ChargeOpened Opened, ChargeStatus Status, long Refunded)
{
    public string Id => Opened.ChargeId;

    public string StatusName => Status switch
    {
        ChargeStatus.Succeeded => "succeeded",
        ChargeStatus.Declined => "declined",
        _ => "processing",
    };
}
