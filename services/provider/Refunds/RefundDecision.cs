using DaprShop.Contracts.Payments;
using DaprShop.Provider.Ledger;
using DaprShop.Provider.Webhooks;
using DaprShop.ServiceDefaults.Ids;

namespace DaprShop.Provider.Refunds;

/// <summary>What becomes of one refund request: a pure function of the book, the request and the clock.</summary>
internal abstract record RefundDecision
{
    public sealed record Done(RefundMade Refund) : RefundDecision;

    public sealed record KeyReused : RefundDecision;

    public sealed record NoSuchCharge : RefundDecision;

    public sealed record TooMuch(long Refundable) : RefundDecision;

    public static (RefundDecision Result, IReadOnlyList<Entry> Entries) Make(BookState state, CreateRefund command, DateTimeOffset now, string? traceParent)
    {
        if (state.RefundOfKey(command.IdempotencyKey) is { } known)
        {
            return (known.ChargeId == command.ChargeId && known.Amount == command.Amount ? new Done(known) : new KeyReused(), []);
        }

        if (!state.Charges.TryGetValue(command.ChargeId, out var charge))
        {
            return (new NoSuchCharge(), []);
        }

        var refundable = charge.Status == ChargeStatus.Succeeded ? charge.Opened.Amount - charge.Refunded : 0;
        if (command.Amount > refundable)
        {
            return (new TooMuch(refundable), []);
        }

        var refund = new RefundMade(
            now, "re_" + DerivedIds.Of("refund", command.IdempotencyKey), command.IdempotencyKey, command.ChargeId, command.Amount);
        return (new Done(refund), [refund, ChargeEvents.Refunded(refund) with { TraceParent = traceParent }]);
    }
}
