using DaprShop.Contracts.Inventory;

namespace DaprShop.Inventory.Stock;

/// <summary>An answer, and the fact to commit before it may be given; no entry means nothing changes.</summary>
internal readonly record struct Decision<TResult>(TResult Result, StockEntry? Entry = null);

internal enum RestockOutcome
{
    Restocked,
    Replayed,
    KeyReused,
    UnknownSku,
}

/// <summary>Every decision about stock: pure functions of the ledger and the command.</summary>
internal static class StockDecisions
{
    public static Decision<bool> Create(StockLedger stock, long quantity, DateTimeOffset now) =>
        stock.Exists ? new(false) : new(true, new StockCreated(quantity, now));

    public static Decision<RestockOutcome> Restock(StockLedger stock, string requestId, int quantity, DateTimeOffset now)
    {
        if (!stock.Exists)
        {
            return new(RestockOutcome.UnknownSku);
        }

        if (stock.FindRestock(requestId) is { } known)
        {
            return new(known.Quantity == quantity ? RestockOutcome.Replayed : RestockOutcome.KeyReused);
        }

        return new(RestockOutcome.Restocked, new UnitsRestocked(requestId, quantity, now));
    }

    public static Decision<ReserveResult> Reserve(StockLedger stock, Reserve command, DateTimeOffset now)
    {
        if (!stock.Exists)
        {
            return new(new ReserveResult(ReserveOutcome.UnknownSku, null, Replayed: false, 0));
        }

        var known = stock.Find(command.ReservationId);
        if (known is not null && !string.Equals(known.Order.BodyHash, command.Order.BodyHash, StringComparison.Ordinal))
        {
            return new(new ReserveResult(ReserveOutcome.KeyReused, null, Replayed: false, stock.Available));
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

        if (stock.Available < command.Quantity)
        {
            return new(new ReserveResult(ReserveOutcome.SoldOut, null, Replayed: false, stock.Available));
        }

        // The content decided first stays: the order record is a function of it, whoever writes it and however often.
        return new(
            new ReserveResult(ReserveOutcome.Reserved, known?.Order, Replayed: known is not null, stock.Available - command.Quantity),
            new UnitsReserved(command.ReservationId, command.Quantity, known is null ? command.Order : null, now));
    }

    public static Decision<ChangeReservationResult> Hold(StockLedger stock, string reservationId, DateTimeOffset now) =>
        stock.Find(reservationId) switch
        {
            null => new(new ChangeReservationResult(Done: false, State: null)),
            { State: ReservationState.Tentative } => new(Done(ReservationState.Held), new ReservationHeld(reservationId, now)),
            { State: ReservationState.Released } => new(Refused(ReservationState.Released)),
            var reservation => new(Done(reservation.State)),
        };

    public static Decision<ChangeReservationResult> Confirm(StockLedger stock, string reservationId, DateTimeOffset now) =>
        stock.Find(reservationId) switch
        {
            null => new(new ChangeReservationResult(Done: false, State: null)),
            { State: ReservationState.Confirmed } => new(Done(ReservationState.Confirmed)),
            { State: ReservationState.Released } => new(Refused(ReservationState.Released)),
            _ => new(Done(ReservationState.Confirmed), new ReservationConfirmed(reservationId, now)),
        };

    /// <summary>Releasing what was never reserved is done: a reservation that lands later is the backstop's.</summary>
    public static Decision<ChangeReservationResult> Release(StockLedger stock, string reservationId, DateTimeOffset now) =>
        stock.Find(reservationId) switch
        {
            null => new(new ChangeReservationResult(Done: true, State: null)),
            { State: ReservationState.Confirmed } => new(Refused(ReservationState.Confirmed)),
            { State: ReservationState.Released } => new(Done(ReservationState.Released)),
            _ => new(Done(ReservationState.Released), new ReservationReleased(reservationId, now)),
        };

    /// <summary>Gives back what the sweeper judged, unless it was held or taken again in the meantime.</summary>
    public static Decision<bool> Expire(StockLedger stock, Reservation judged, DateTimeOffset now) =>
        stock.Find(judged.Id) is { State: ReservationState.Tentative } found && found.ReservedAt == judged.ReservedAt
            ? new(true, new ReservationReleased(judged.Id, now))
            : new(false);

    private static ChangeReservationResult Done(ReservationState state) => new(Done: true, state);

    private static ChangeReservationResult Refused(ReservationState state) => new(Done: false, state);
}
