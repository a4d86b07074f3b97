using DaprShop.Contracts.Payments;

namespace DaprShop.Provider.Ledger;

/// <summary>The fold of the journal. Not safe for concurrent use: the book guards it.</summary>
internal sealed class BookState
{
    private readonly Dictionary<string, string> _chargeByKey = [];
    private readonly Dictionary<string, RefundMade> _refundByKey = [];
    private readonly Dictionary<string, List<string>> _chargesByReference = [];
    private readonly HashSet<string> _errorsAnswered = [];

    public Dictionary<string, Charge> Charges { get; } = [];

    /// <summary>Charges that are still processing.</summary>
    public Dictionary<string, DateTimeOffset> Captures { get; } = [];

    /// <summary>Webhooks that nobody has accepted yet, by delivery id.</summary>
    public Dictionary<string, WebhookQueued> Webhooks { get; } = [];

    public List<LedgerEntry> Ledger { get; } = [];

    public Charge? ChargeOfKey(string key) => _chargeByKey.TryGetValue(key, out var id) ? Charges[id] : null;

    public RefundMade? RefundOfKey(string key) => _refundByKey.GetValueOrDefault(key);

    public bool ErrorAnswered(string key) => _errorsAnswered.Contains(key);

    public IReadOnlyList<Charge> ChargesOf(string reference) =>
        _chargesByReference.TryGetValue(reference, out var ids) ? [.. ids.Select(id => Charges[id])] : [];

    public void Apply(Entry entry)
    {
        switch (entry)
        {
            case ErrorAnswered error:
                _errorsAnswered.Add(error.IdempotencyKey);
                break;
            case ChargeOpened opened:
                Open(opened);
                break;
            case ChargeCaptured captured:
                Settle(captured.ChargeId, ChargeStatus.Succeeded);
                var charge = Charges[captured.ChargeId].Opened;
                Record("capture", charge.ChargeId, charge, charge.Amount, captured.At);
                break;
            case ChargeDeclined declined:
                Settle(declined.ChargeId, ChargeStatus.Declined);
                break;
            case RefundMade refund:
                _refundByKey[refund.IdempotencyKey] = refund;
                var refunded = Charges[refund.ChargeId];
                Charges[refund.ChargeId] = refunded with { Refunded = refunded.Refunded + refund.Amount };
                Record("refund", refund.RefundId, refunded.Opened, refund.Amount, refund.At);
                break;
            case WebhookQueued webhook:
                Webhooks[webhook.DeliveryId] = webhook;
                break;
            case WebhookEnded ended:
                Webhooks.Remove(ended.DeliveryId);
                break;
            default:
                throw new InvalidDataException($"The ledger holds an unknown entry: {entry.GetType().Name}.");
        }
    }

    private void Open(ChargeOpened opened)
    {
        Charges[opened.ChargeId] = new Charge(opened, ChargeStatus.Processing, Refunded: 0);
        _chargeByKey[opened.IdempotencyKey] = opened.ChargeId;
        if (!_chargesByReference.TryGetValue(opened.Reference, out var ids))
        {
            _chargesByReference[opened.Reference] = ids = [];
        }

        ids.Add(opened.ChargeId);
        if (opened.CaptureAt is { } at)
        {
            Captures[opened.ChargeId] = at;
        }
    }

    private void Settle(string chargeId, ChargeStatus status)
    {
        Charges[chargeId] = Charges[chargeId] with { Status = status };
        Captures.Remove(chargeId);
    }

    private void Record(string kind, string id, ChargeOpened charge, long amount, DateTimeOffset at) =>
        Ledger.Add(new LedgerEntry(Ledger.Count + 1, kind, id, charge.ChargeId, charge.Reference, amount, charge.Currency, at));
}
