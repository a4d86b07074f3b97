namespace DaprShop.Contracts.Payments;

/// <summary>One line of the provider's ledger (<c>GET /v1/ledger</c>), in order.</summary>
/// <param name="Kind"><c>capture</c> or <c>refund</c>.</param>
/// <param name="Reference">What the merchant called it: the order id.</param>
public sealed record LedgerEntry(
    long Sequence, string Kind, string Id, string ChargeId, string Reference, long Amount, string Currency, DateTimeOffset At);

public sealed record ProviderLedger(IReadOnlyList<LedgerEntry> Items);
