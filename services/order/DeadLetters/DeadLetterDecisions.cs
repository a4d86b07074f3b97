using DaprShop.Contracts.Api;
using DaprShop.ServiceDefaults.State;

namespace DaprShop.Order.DeadLetters;

/// <summary>What a request makes of a letter; one swap each.</summary>
internal static class DeadLetterDecisions
{
    /// <summary>Longer than a delivery may take: until then another payload could overtake one that is under way.</summary>
    public static readonly TimeSpan HoldFor = TimeSpan.FromSeconds(60);

    private const int MostActions = 50;

    /// <summary>A replay begins. The same payload may be sent by several at once, since its consumer takes it once; another one has to wait.</summary>
    /// <returns>Null: send it. Otherwise why not, with the letter as it stands when it was taken already.</returns>
    public static Change<DeadLetter, (DeadLetter? Letter, string? Refusal)> Begin(DeadLetter? found, PayloadRef payload, DateTimeOffset now) => found switch
    {
        null => Stays(found, "There is no such letter."),
        { Status: DeadLetterStatus.Replayed } when found.Taken?.Hash == payload.Hash => Stays(found, refusal: null),
        { Status: DeadLetterStatus.Replayed } => Stays(found, "The letter was replayed already, with another payload."),
        { Status: DeadLetterStatus.Discarded } => Stays(found, "The letter was discarded: it cannot be replayed any more."),
        { Hold: { } hold } when hold.Until > now && hold.Payload != payload.Hash =>
            Stays(found, "The letter is being replayed with another payload, or that one was not answered: try again in a minute."),
        _ => Change.To<DeadLetter, (DeadLetter?, string?)>(found with { Hold = new ReplayHold(payload.Hash, now + HoldFor) }, (null, null)),
    };

    /// <summary>A replay ends. What was taken is replayed, whatever else was decided meanwhile: it took effect.</summary>
    /// <returns>The letter as it stands; true: replayed, now.</returns>
    public static Change<DeadLetter, (DeadLetter Letter, bool IsNew)> End(
        DeadLetter? found, PayloadRef payload, RedeliveryOutcome outcome, DeadLetterAction action)
    {
        var letter = found ?? throw new InvalidOperationException("A letter is never deleted.");
        if (letter.Status == DeadLetterStatus.Replayed)
        {
            return Change.None<DeadLetter, (DeadLetter, bool)>((letter, false));
        }

        var next = With(letter, action);
        next = outcome switch
        {
            RedeliveryOutcome.Taken => next with { Status = DeadLetterStatus.Replayed, Hold = null, Taken = payload },
            RedeliveryOutcome.Refused when letter.Hold?.Payload == payload.Hash => next with { Hold = null },
            _ => next,
        };
        return Change.To(next, (next, outcome == RedeliveryOutcome.Taken));
    }

    /// <returns>The letter as it stands, why it was not discarded, and whether it was, now.</returns>
    public static Change<DeadLetter, (DeadLetter? Letter, string? Refusal, bool IsNew)> Discard(
        DeadLetter? found, DeadLetterAction action, DateTimeOffset now)
    {
        switch (found)
        {
            case null or { Status: DeadLetterStatus.Discarded }:
                return Change.None<DeadLetter, (DeadLetter?, string?, bool)>((found, null, false));
            case { Status: DeadLetterStatus.Replayed }:
                return Change.None<DeadLetter, (DeadLetter?, string?, bool)>((found, "The letter was replayed: there is nothing to discard.", false));
            case { Hold: { } hold } when hold.Until > now:
                return Change.None<DeadLetter, (DeadLetter?, string?, bool)>(
                    (found, "The letter is being replayed, or its replay was not answered: try again in a minute.", false));
            default:
                var next = With(found, action) with { Status = DeadLetterStatus.Discarded, Hold = null };
                return Change.To<DeadLetter, (DeadLetter?, string?, bool)>(next, (next, null, true));
        }
    }

    private static Change<DeadLetter, (DeadLetter?, string?)> Stays(DeadLetter? letter, string? refusal) =>
        Change.None<DeadLetter, (DeadLetter?, string?)>((letter, refusal));

    private static DeadLetter With(DeadLetter letter, DeadLetterAction action) =>
        letter with { Audit = [.. letter.Audit.Append(action).TakeLast(MostActions)] };
}
