using DaprShop.Contracts.Inventory;

namespace DaprShop.Inventory.Stock;

/// <summary>An answer, and the fact to commit before it may be given; no entry means nothing changes.</summary>
internal readonly record struct Decision<TResult>(TResult Result, StockEntry? Entry = null);

internal enum RestockOutcome
{
    Restocked,
    Replayed,
    KeyReused,
}

/// <summary>Every decision about stock: pure functions of the ledger and the command.</summary>
internal static class StockDecisions
{
    public static Decision<RestockOutcome> Restock(StockLedger stock, string requestId, int quantity, DateTimeOffset now)
    {
        if (stock.FindRestock(requestId) is { } known)
        {
            return new(known.Quantity == quantity ? RestockOutcome.Replayed : RestockOutcome.KeyReused);
        }

        return new(RestockOutcome.Restocked, new UnitsRestocked(requestId, quantity, now));
    }

    /// <param name="sale">The terms that are judged with the units; null: the SKU's own stock has none.</param>
    public static Decision<ReserveResult> Reserve(StockLedger stock, Reserve command, SaleTerms? sale, DateTimeOffset now)
    {
        var known = stock.Find(command.ReservationId);
        if (known is { Order: null })
        {
            // It has ended, so its order's own record answers whoever asks again.
            return Refused(ReserveOutcome.Unavailable, stock);
        }

        if (known is not null && !string.Equals(known.Order.BodyHash, command.Order.BodyHash, StringComparison.Ordinal))
        {
            return Refused(ReserveOutcome.KeyReused, stock);
        }

        // Given back before any saga took the hold: its order was never accepted, so the same key may try again.
        var mayTakeAgain = known is { State: ReservationState.Released, WasHeld: false };
        if (known is not null && !mayTakeAgain)
        {
            // Its age counts from this request: the sweeper must not give back what is being accepted at this moment.
            var isAging = known.State == ReservationState.Tentative && known.ReservedAt < now;
            return new(
                new ReserveResult(ReserveOutcome.Reserved, known.Order, Replayed: true, stock.Available),
                isAging ? new ReservationRenewed(known.Id, now) : null);
        }

        if (Judge(stock, command, sale, now) is { } refusal)
        {
            return Refused(refusal, stock);
        }

        // The content decided first stays: the order record is a function of it, whoever writes it and however often.
        return new(
            new ReserveResult(ReserveOutcome.Reserved, known?.Order, Replayed: known is not null, stock.Available - command.Quantity),
            new UnitsReserved(command.ReservationId, command.Quantity, known is null ? command.Order : null, now));
    }

    public static Decision<ChangeReservationResult> Change(StockLedger stock, ReservationStep step, DateTimeOffset now) => step.Step switch
    {
        ReservationState.Held => Hold(stock, step.ReservationId, now),
        ReservationState.Confirmed => Confirm(stock, step.ReservationId, now),
        ReservationState.Released => Release(stock, step.ReservationId, now),
        ReservationState.Returned => Return(stock, step.ReservationId, now),
        _ => throw new ArgumentOutOfRangeException(nameof(step), step.Step, "is not a step"),
    };

    public static Decision<ChangeReservationResult> Hold(StockLedger stock, string reservationId, DateTimeOffset now) =>
        stock.Find(reservationId) switch
        {
            null => new(new ChangeReservationResult(Done: false, State: null)),
            { State: ReservationState.Tentative } => new(Done(ReservationState.Held), new ReservationHeld(reservationId, now)),
            { State: ReservationState.Released or ReservationState.Returned } reservation => new(Refused(reservation.State)),
            var reservation => new(Done(reservation.State)),
        };

    public static Decision<ChangeReservationResult> Confirm(StockLedger stock, string reservationId, DateTimeOffset now) =>
        stock.Find(reservationId) switch
        {
            null => new(new ChangeReservationResult(Done: false, State: null)),
            { State: ReservationState.Confirmed } => new(Done(ReservationState.Confirmed)),
            { State: ReservationState.Released or ReservationState.Returned } reservation => new(Refused(reservation.State)),
            _ => new(Done(ReservationState.Confirmed), new ReservationConfirmed(reservationId, now)),
        };

    /// <summary>Releasing what was never reserved is done: a reservation that lands later is the backstop's.</summary>
    public static Decision<ChangeReservationResult> Release(StockLedger stock, string reservationId, DateTimeOffset now) =>
        stock.Find(reservationId) switch
        {
            null => new(new ChangeReservationResult(Done: true, State: null)),
            { State: ReservationState.Confirmed } => new(Refused(ReservationState.Confirmed)),
            { IsOpen: false } reservation => new(Done(reservation.State)),
            _ => new(Done(ReservationState.Released), new ReservationReleased(reservationId, now)),
        };

    /// <summary>A refunded order's units go back, once, from whichever state they are in; what is back already is done.</summary>
    public static Decision<ChangeReservationResult> Return(StockLedger stock, string reservationId, DateTimeOffset now) =>
        stock.Find(reservationId) switch
        {
            null => new(new ChangeReservationResult(Done: true, State: null)),
            { State: ReservationState.Confirmed } => new(Done(ReservationState.Returned), new UnitsReturned(reservationId, now)),
            { IsOpen: true } => new(Done(ReservationState.Released), new ReservationReleased(reservationId, now)),
            var reservation => new(Done(reservation.State)),
        };

    /// <summary>Gives back what the sweeper judged, unless it was held or taken again in the meantime.</summary>
    public static Decision<bool> Expire(StockLedger stock, Reservation judged, DateTimeOffset now) =>
        stock.Find(judged.Id) is { State: ReservationState.Tentative } found && found.ReservedAt == judged.ReservedAt
            ? new(true, new ReservationReleased(judged.Id, now))
            : new(false);

    /// <summary>The receiver asks a donor for units. With a question open already, that one is to be answered first.</summary>
    /// <param name="wanted">Judged by the receiver's ledger; nothing when not positive.</param>
    /// <returns>The open pull, be it this one or another; null: nothing is wanted.</returns>
    public static Decision<UnitPull?> StartPull(StockLedger receiver, BucketId donor, long wanted, DateTimeOffset now)
    {
        if (receiver.Pull is not null || wanted <= 0)
        {
            return new(receiver.Pull);
        }

        var pull = new UnitPull(receiver.LastPull + 1, donor.ToString(), wanted);
        return new(pull, new PullStarted(pull, now));
    }

    /// <summary>The donor gives what it can of what was asked, once for each number.</summary>
    /// <returns>The units that were given; null: the receiver has gone on to a later number.</returns>
    public static Decision<long?> Send(StockLedger donor, BucketId receiver, UnitPull pull, DateTimeOffset now)
    {
        var last = donor.FindSent(receiver.ToString());
        if (last is not null && last.Number >= pull.Number)
        {
            return new(last.Number == pull.Number ? last.Units : null);
        }

        var units = Math.Min(donor.Available, pull.Wanted);
        return new(units, new UnitsSent(receiver.ToString(), pull.Number, units, now));
    }

    /// <summary>The receiver takes what was sent, once for each number.</summary>
    /// <returns>The units that came by this call.</returns>
    public static Decision<long> Receive(StockLedger receiver, UnitPull pull, long units, bool fromSku, DateTimeOffset now) =>
        receiver.Pull?.Number == pull.Number
            ? new(units, new UnitsReceived(pull.Number, units, fromSku, now))
            : new(0);

    private static ReserveOutcome? Judge(StockLedger stock, Reserve command, SaleTerms? sale, DateTimeOffset now)
    {
        if (now < sale?.StartsAt)
        {
            return ReserveOutcome.SaleNotStarted;
        }

        if (now >= sale?.EndsAt)
        {
            return ReserveOutcome.SaleEnded;
        }

        if (stock.UnitsOf(command.Order.UserId) + command.Quantity > sale?.PerUserLimit)
        {
            return ReserveOutcome.PurchaseLimitReached;
        }

        return stock.Available < command.Quantity ? ReserveOutcome.SoldOut : null;
    }

    private static Decision<ReserveResult> Refused(ReserveOutcome outcome, StockLedger stock) =>
        new(new ReserveResult(outcome, null, Replayed: false, stock.Available));

    private static ChangeReservationResult Done(ReservationState state) => new(Done: true, state);

    private static ChangeReservationResult Refused(ReservationState state) => new(Done: false, state);
}
