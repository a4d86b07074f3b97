using DaprShop.Contracts.Inventory;

namespace DaprShop.Inventory.Stock;

internal sealed record Reservation(
    string Id, int Quantity, ReservationState State, bool WasHeld, OrderContent Order, DateTimeOffset ReservedAt);

/// <summary>
/// The fold of a bucket's log: its counters, every reservation ever made and every restock. A replica decides only
/// while its ledger stands at the document's <c>Seq</c>, because only the ledger knows which ids are taken.
/// </summary>
internal sealed class StockLedger(string sku)
{
    private readonly Dictionary<string, Reservation> _reservations = new(StringComparer.Ordinal);
    private readonly Dictionary<string, UnitsRestocked> _restocks = new(StringComparer.Ordinal);
    private readonly StockLedger? _parent;

    private StockLedger(StockLedger parent)
        : this(parent.Sku)
    {
        _parent = parent;
        Exists = parent.Exists;
        Seq = parent.Seq;
        Initial = parent.Initial;
        Restocked = parent.Restocked;
        Available = parent.Available;
        Reserved = parent.Reserved;
        Sold = parent.Sold;
    }

    public string Sku { get; } = sku;

    public bool Exists { get; private set; }

    public long Seq { get; private set; } = -1;

    public long Initial { get; private set; }

    public long Restocked { get; private set; }

    public long Available { get; private set; }

    public long Reserved { get; private set; }

    public long Sold { get; private set; }

    public IEnumerable<Reservation> Reservations =>
        _parent is null
            ? _reservations.Values
            : _parent.Reservations.Where(reservation => !_reservations.ContainsKey(reservation.Id)).Concat(_reservations.Values);

    public Reservation? Find(string reservationId) =>
        _reservations.GetValueOrDefault(reservationId) ?? _parent?.Find(reservationId);

    public UnitsRestocked? FindRestock(string requestId) =>
        _restocks.GetValueOrDefault(requestId) ?? _parent?.FindRestock(requestId);

    public void Apply(StockBatch batch)
    {
        if (batch.N != Seq + 1)
        {
            throw new InvalidOperationException($"Stock log of {Sku}: batch {batch.N} cannot follow {Seq}.");
        }

        foreach (var entry in batch.Entries)
        {
            Apply(entry);
        }

        Seq = batch.N;
    }

    public void Apply(StockEntry entry)
    {
        switch (entry)
        {
            case StockCreated created:
                Exists = true;
                Initial = created.Quantity;
                Available = created.Quantity;
                break;
            case UnitsRestocked restocked:
                _restocks[restocked.RequestId] = restocked;
                Restocked += restocked.Quantity;
                Available += restocked.Quantity;
                break;
            case UnitsReserved reserved:
                var known = Find(reserved.ReservationId);
                var order = reserved.Order ?? known?.Order
                    ?? throw new InvalidOperationException($"Stock log of {Sku}: {reserved.ReservationId} is taken again but was never taken.");
                _reservations[reserved.ReservationId] = new Reservation(
                    reserved.ReservationId, reserved.Quantity, ReservationState.Tentative, WasHeld: false, order, reserved.At);
                Available -= reserved.Quantity;
                Reserved += reserved.Quantity;
                break;
            case ReservationRenewed renewed:
                _reservations[renewed.ReservationId] = Require(renewed.ReservationId) with { ReservedAt = renewed.At };
                break;
            case ReservationHeld held:
                Move(held.ReservationId, ReservationState.Held);
                break;
            case ReservationConfirmed confirmed:
                var sold = Move(confirmed.ReservationId, ReservationState.Confirmed).Quantity;
                Reserved -= sold;
                Sold += sold;
                break;
            case ReservationReleased released:
                var returned = Move(released.ReservationId, ReservationState.Released).Quantity;
                Reserved -= returned;
                Available += returned;
                break;
            default:
                throw new InvalidOperationException($"Stock log of {Sku}: unknown entry {entry.GetType().Name}.");
        }
    }

    public StockDocument ToDocument(long seq, DateTimeOffset at, IReadOnlyList<StockBatch> recent) =>
        new(Sku, Initial, Restocked, Available, Reserved, Sold, seq, at, recent);

    /// <summary>A view to decide a batch on; this ledger follows only once the swap is known to be committed.</summary>
    public StockLedger Fork() => new(this);

    private Reservation Require(string reservationId) =>
        Find(reservationId) ?? throw new InvalidOperationException($"Stock log of {Sku}: {reservationId} was never reserved.");

    private Reservation Move(string reservationId, ReservationState state)
    {
        var reservation = Require(reservationId);
        var moved = reservation with { State = state, WasHeld = reservation.WasHeld || state == ReservationState.Held };
        _reservations[reservationId] = moved;
        return moved;
    }
}
