using System.Text.Json.Serialization;
using DaprShop.Contracts.Inventory;

namespace DaprShop.Inventory.Stock;

/// <summary>One decided fact about a bucket. The stock log is nothing but these, in order.</summary>
[JsonDerivedType(typeof(StockCreated), "created")]
[JsonDerivedType(typeof(UnitsRestocked), "restocked")]
[JsonDerivedType(typeof(UnitsReserved), "reserved")]
[JsonDerivedType(typeof(ReservationRenewed), "renewed")]
[JsonDerivedType(typeof(ReservationHeld), "held")]
[JsonDerivedType(typeof(ReservationConfirmed), "confirmed")]
[JsonDerivedType(typeof(ReservationReleased), "released")]
[JsonDerivedType(typeof(UnitsReturned), "returned")]
[JsonDerivedType(typeof(PullStarted), "pullStarted")]
[JsonDerivedType(typeof(UnitsSent), "sent")]
[JsonDerivedType(typeof(UnitsReceived), "received")]
internal abstract record StockEntry(DateTimeOffset At);

internal sealed record StockCreated(long Quantity, DateTimeOffset At) : StockEntry(At);

/// <param name="RequestId">Derived from the caller's idempotency key.</param>
internal sealed record UnitsRestocked(string RequestId, int Quantity, DateTimeOffset At) : StockEntry(At);

/// <param name="Order">The order as decided first; null when the reservation was known and is taken again.</param>
internal sealed record UnitsReserved(string ReservationId, int Quantity, EncodedOrder? Order, DateTimeOffset At) : StockEntry(At);

/// <summary>Asked for again while tentative: whoever asks is about to accept the order, so its age counts from here.</summary>
internal sealed record ReservationRenewed(string ReservationId, DateTimeOffset At) : StockEntry(At);

internal sealed record ReservationHeld(string ReservationId, DateTimeOffset At) : StockEntry(At);

internal sealed record ReservationConfirmed(string ReservationId, DateTimeOffset At) : StockEntry(At);

internal sealed record ReservationReleased(string ReservationId, DateTimeOffset At) : StockEntry(At);

/// <summary>A refund: the sold units of this reservation are available again.</summary>
internal sealed record UnitsReturned(string ReservationId, DateTimeOffset At) : StockEntry(At);

/// <summary>This bucket asks another for units; it has one such question open at most.</summary>
internal sealed record PullStarted(UnitPull Pull, DateTimeOffset At) : StockEntry(At);

/// <summary>The units have left this bucket; that they may be none has to be written too, or a late repeat would send some.</summary>
/// <param name="Receiver">The bucket whose pull of this number is answered.</param>
internal sealed record UnitsSent(string Receiver, long Number, long Units, DateTimeOffset At) : StockEntry(At);

/// <summary>What the open pull of this number has brought.</summary>
/// <param name="FromSku">True: a sale draws from its SKU, which counts towards what it was allotted.</param>
internal sealed record UnitsReceived(long Number, long Units, bool FromSku, DateTimeOffset At) : StockEntry(At);

/// <summary>What one swap decided. Batch n lies inside the bucket document until <c>stock/{sku}/{bucket}/log/{n}</c> is written.</summary>
internal sealed record StockBatch(long N, IReadOnlyList<StockEntry> Entries);
