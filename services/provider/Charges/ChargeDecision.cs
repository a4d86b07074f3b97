using DaprShop.Contracts.Payments;
using DaprShop.Provider.Ledger;
using DaprShop.Provider.Webhooks;
using DaprShop.ServiceDefaults.Ids;

namespace DaprShop.Provider.Charges;

/// <summary>What becomes of one charge request: a pure function of the book, the request and the clock.</summary>
internal abstract record ChargeDecision
{
    public sealed record Replay(Charge Charge) : ChargeDecision;

    public sealed record Opened(Charge Charge) : ChargeDecision;

    public sealed record AnswerError : ChargeDecision;

    public sealed record KeyReused : ChargeDecision;

    public static (ChargeDecision Result, IReadOnlyList<Entry> Entries) Make(
        BookState state, CreateCharge command, Outcome outcome, ProviderOptions options, DateTimeOffset now, string? traceParent)
    {
        if (state.ChargeOfKey(command.IdempotencyKey) is { } known)
        {
            return (Same(known.Opened, command) ? new Replay(known) : new KeyReused(), []);
        }

        if (outcome.ErrorFirst && !state.ErrorAnswered(command.IdempotencyKey))
        {
            return (new AnswerError(), [new ErrorAnswered(now, command.IdempotencyKey)]);
        }

        var opened = new ChargeOpened(
            now, "ch_" + DerivedIds.Of("charge", command.IdempotencyKey), command.IdempotencyKey, command.Amount, command.Currency,
            command.Source, command.Reference, outcome.Name, CaptureAt(outcome, options, now))
        {
            TraceParent = traceParent,
        };
        var entries = new List<Entry> { opened };
        var status = ChargeStatus.Processing;
        if (outcome.Declines)
        {
            status = ChargeStatus.Declined;
            entries.Add(new ChargeDeclined(now, opened.ChargeId));
        }
        else if (!outcome.Processes)
        {
            status = ChargeStatus.Succeeded;
            entries.Add(new ChargeCaptured(now, opened.ChargeId));
        }

        if (outcome.ForgedFirst)
        {
            entries.Add(ChargeEvents.Forged(opened, now));
        }

        return (new Opened(new Charge(opened, status, Refunded: 0)), entries);
    }

    /// <summary>Settles a processing charge, with the webhooks that its outcome sends.</summary>
    public static IReadOnlyList<Entry> Capture(BookState state, string chargeId, DateTimeOffset now)
    {
        var charge = state.Charges[chargeId];
        if (charge.Status != ChargeStatus.Processing)
        {
            return [];
        }

        var webhooks = Outcome.ByName[charge.Opened.Outcome].Webhooks;
        return [new ChargeCaptured(now, chargeId), .. ChargeEvents.Succeeded(charge.Opened, now, webhooks)];
    }

    private static DateTimeOffset? CaptureAt(Outcome outcome, ProviderOptions options, DateTimeOffset now) => outcome switch
    {
        { Processes: false } => null,
        { Late: true } => now + options.LateAfter,
        _ => now + options.ProcessingTime,
    };

    private static bool Same(ChargeOpened opened, CreateCharge command) =>
        opened.Amount == command.Amount && opened.Currency == command.Currency
        && opened.Source == command.Source && opened.Reference == command.Reference;
}
