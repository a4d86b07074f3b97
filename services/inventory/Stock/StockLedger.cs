using DaprShop.Contracts.Inventory;

namespace DaprShop.Inventory.Stock;

/// <param name="Order">Null once the reservation has ended and its order's own record has the content; see <see cref="StockLedger"/>.</param>
/// <param name="Buyer">Whose limit it counts for; null outside sales.</param>
internal sealed record Reservation(
    string Id, string OrderId, int Quantity, ReservationState State, bool WasHeld, EncodedOrder? Order, DateTimeOffset ReservedAt, string? Buyer)
{
    public bool IsOpen => State is ReservationState.Tentative or ReservationState.Held;
}

/// <summary>
/// The fold of a bucket's log: its counters, every reservation ever made and every restock. A replica decides only
/// while its ledger stands at the document's <c>Seq</c>, because only the ledger knows which ids are taken. A reservation that
/// ended after its hold keeps its id and drops its content: its order has a record of its own by then.
/// </summary>
internal sealed class StockLedger
{
    private readonly Dictionary<string, Reservation> _reservations = new(StringComparer.Ordinal);
    private readonly HashSet<string> _tentative = new(StringComparer.Ordinal);
    private readonly Dictionary<string, UnitsRestocked> _restocks = new(StringComparer.Ordinal);
    private readonly Dictionary<string, SentUnits> _lastSent = new(StringComparer.Ordinal);
    private readonly Dictionary<string, long> _unitsOfBuyers = new(StringComparer.Ordinal);
    private readonly IdList _orderIds = new();
    private readonly StockLedger? _parent;

    public StockLedger(string name) => Name = name;

    private StockLedger(StockLedger parent)
        : this(parent.Name)
    {
        _parent = parent;
        Exists = parent.Exists;
        Seq = parent.Seq;
        Initial = parent.Initial;
        Restocked = parent.Restocked;
        Available = parent.Available;
        Reserved = parent.Reserved;
        Sold = parent.Sold;
        Received = parent.Received;
        Sent = parent.Sent;
        FromSku = parent.FromSku;
        Pull = parent.Pull;
        LastPull = parent.LastPull;
    }

    /// <summary>Of the bucket, for messages.</summary>
    public string Name { get; }

    public bool Exists { get; private set; }

    public long Seq { get; private set; } = -1;

    public long Initial { get; private set; }

    public long Restocked { get; private set; }

    public long Available { get; private set; }

    public long Reserved { get; private set; }

    public long Sold { get; private set; }

    public long Received { get; private set; }

    public long Sent { get; private set; }

    /// <summary>Of <see cref="Received"/>, what a sale drew from its SKU.</summary>
    public long FromSku { get; private set; }

    /// <summary>What was asked of another bucket and has not come yet.</summary>
    public UnitPull? Pull { get; private set; }

    /// <summary>Number of the newest pull; 0: there was none.</summary>
    public long LastPull { get; private set; }

    public int ReservationCount => _reservations.Count;

    public IEnumerable<Reservation> Reservations =>
        _parent is null
            ? _reservations.Values
            : _parent.Reservations.Where(reservation => !_reservations.ContainsKey(reservation.Id)).Concat(_reservations.Values);

    /// <summary>The order of every reservation ever made, in parts that stay as they are while the ledger goes on.</summary>
    public IReadOnlyList<ReadOnlyMemory<string>> OrderIds =>
        _parent is null ? [_orderIds.Standing] : [.. _parent.OrderIds, _orderIds.Standing];

    /// <summary>Those that no saga has taken yet: few, however many there ever were.</summary>
    public IEnumerable<Reservation> Tentative =>
        _parent is null
            ? _tentative.Select(id => _reservations[id])
            : _parent.Tentative.Where(reservation => !_reservations.ContainsKey(reservation.Id))
                .Concat(_reservations.Values.Where(reservation => reservation.State == ReservationState.Tentative));

    public Reservation? Find(string reservationId) =>
        _reservations.GetValueOrDefault(reservationId) ?? _parent?.Find(reservationId);

    public UnitsRestocked? FindRestock(string requestId) =>
        _restocks.GetValueOrDefault(requestId) ?? _parent?.FindRestock(requestId);

    public SentUnits? FindSent(string receiver) => _lastSent.GetValueOrDefault(receiver) ?? _parent?.FindSent(receiver);

    /// <summary>Units of a sale that a user's reservations keep or have bought.</summary>
    public long UnitsOf(string userId) =>
        _unitsOfBuyers.TryGetValue(userId, out var units) ? units : _parent?.UnitsOf(userId) ?? 0;

    public void Apply(StockBatch batch)
    {
        if (batch.N != Seq + 1)
        {
            throw new InvalidOperationException($"Stock log of {Name}: batch {batch.N} cannot follow {Seq}.");
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
                Reserve(reserved);
                break;
            case ReservationRenewed renewed:
                Put(Require(renewed.ReservationId) with { ReservedAt = renewed.At });
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
                var returned = Move(released.ReservationId, ReservationState.Released);
                Reserved -= returned.Quantity;
                Available += returned.Quantity;
                Count(returned.Buyer, -returned.Quantity);
                break;
            case UnitsReturned back:
                var refunded = Move(back.ReservationId, ReservationState.Returned);
                Sold -= refunded.Quantity;
                Available += refunded.Quantity;
                Count(refunded.Buyer, -refunded.Quantity);
                break;
            case PullStarted started:
                Pull = started.Pull;
                LastPull = started.Pull.Number;
                break;
            case UnitsSent sent:
                _lastSent[sent.Receiver] = new SentUnits(sent.Number, sent.Units);
                Sent += sent.Units;
                Available -= sent.Units;
                break;
            case UnitsReceived received:
                Pull = null;
                Received += received.Units;
                Available += received.Units;
                FromSku += received.FromSku ? received.Units : 0;
                break;
            default:
                throw new InvalidOperationException($"Stock log of {Name}: unknown entry {entry.GetType().Name}.");
        }
    }

    public StockDocument ToDocument(string sku, long seq, DateTimeOffset at, IReadOnlyList<EncodedBatch> recent, long snapshot) =>
        new(sku, Initial, Restocked, Available, Reserved, Sold, seq, at, recent, Received, Sent, Pull, AllSent(), snapshot);

    /// <summary>A view to decide a batch on; this ledger follows only once the swap is known to be committed.</summary>
    public StockLedger Fork() => new(this);

    /// <summary>A copy to write down while this ledger goes on.</summary>
    public StockSnapshot ToSnapshot() => new(
        Initial, Restocked, Available, Reserved, Sold, Received, Sent, FromSku, Pull, LastPull,
        [.. _restocks.Values], new Dictionary<string, SentUnits>(_lastSent), [.. _reservations.Values]);

    public static StockLedger FromSnapshot(string name, long seq, StockSnapshot snapshot)
    {
        var ledger = new StockLedger(name)
        {
            Exists = true,
            Seq = seq,
            Initial = snapshot.Initial,
            Restocked = snapshot.Restocked,
            Available = snapshot.Available,
            Reserved = snapshot.Reserved,
            Sold = snapshot.Sold,
            Received = snapshot.Received,
            Sent = snapshot.Sent,
            FromSku = snapshot.FromSku,
            Pull = snapshot.Pull,
            LastPull = snapshot.LastPull,
        };
        foreach (var restock in snapshot.Restocks)
        {
            ledger._restocks[restock.RequestId] = restock;
        }

        foreach (var (receiver, sent) in snapshot.LastSent)
        {
            ledger._lastSent[receiver] = sent;
        }

        foreach (var reservation in snapshot.Reservations)
        {
            ledger.Put(reservation);
            ledger._orderIds.Add(reservation.OrderId);
            ledger.Count(reservation.Buyer, reservation.State is ReservationState.Released or ReservationState.Returned ? 0 : reservation.Quantity);
        }

        return ledger;
    }

    private void Reserve(UnitsReserved reserved)
    {
        var known = Find(reserved.ReservationId);
        var order = reserved.Order ?? known?.Order
            ?? throw new InvalidOperationException($"Stock log of {Name}: {reserved.ReservationId} is taken again but was never taken.");
        var buyer = order.SaleId is null ? null : order.UserId;
        Put(new Reservation(
            reserved.ReservationId, order.OrderId, reserved.Quantity, ReservationState.Tentative, WasHeld: false, order, reserved.At, buyer));
        if (known is null)
        {
            _orderIds.Add(order.OrderId);
        }

        Available -= reserved.Quantity;
        Reserved += reserved.Quantity;
        Count(buyer, reserved.Quantity);
    }

    private void Count(string? buyer, int units)
    {
        if (buyer is not null)
        {
            _unitsOfBuyers[buyer] = UnitsOf(buyer) + units;
        }
    }

    private Dictionary<string, SentUnits> AllSent()
    {
        var all = _parent?.AllSent() ?? [];
        foreach (var (receiver, sent) in _lastSent)
        {
            all[receiver] = sent;
        }

        return all;
    }

    private Reservation Require(string reservationId) =>
        Find(reservationId) ?? throw new InvalidOperationException($"Stock log of {Name}: {reservationId} was never reserved.");

    /// <returns>The reservation as it was.</returns>
    private Reservation Move(string reservationId, ReservationState state)
    {
        var reservation = Require(reservationId);
        var wasHeld = reservation.WasHeld || state == ReservationState.Held;
        var hasEnded = state is ReservationState.Confirmed or ReservationState.Returned || (state == ReservationState.Released && wasHeld);
        Put(reservation with { State = state, WasHeld = wasHeld, Order = hasEnded ? null : reservation.Order });
        return reservation;
    }

    private void Put(Reservation reservation)
    {
        _reservations[reservation.Id] = reservation;
        if (reservation.State == ReservationState.Tentative)
        {
            _tentative.Add(reservation.Id);
        }
        else
        {
            _tentative.Remove(reservation.Id);
        }
    }
}
