using System.Text.Json.Serialization;

namespace DaprShop.Contracts.Inventory;

/// <summary><c>POST /internal/reservations/batch</c>: each command has its own result, in the same order.</summary>
public sealed record ReserveMany(IReadOnlyList<Reserve> Commands);

public sealed record ReserveManyResult(IReadOnlyList<ReserveResult> Results);

/// <summary>What the order service asks inventory to reserve.</summary>
/// <param name="ReservationId">The order id, or <c>{orderId}:{attempt}:{sku}</c> when an order has several SKUs.</param>
/// <param name="Order">The order as decided first; stored with the reservation and given back to every retry.</param>
public sealed record Reserve(string ReservationId, string Sku, int Quantity, EncodedOrder Order);

/// <summary>The immutable content of an order: the order record is a pure function of it.</summary>
/// <param name="TraceParent">W3C trace context of the accepting request: what follows from the order continues its trace.</param>
/// <param name="BodyHash">Hex SHA-256 over the canonical request body; another hash under the same key is a reused key.</param>
/// <param name="SaleId">The sale whose units, price and limit it has; null: an order from the catalogue.</param>
/// <param name="PricesAsOf">When the catalogue named these prices, for an order placed while it did not answer; null: they were its prices then.</param>
public sealed record OrderContent(
    string OrderId,
    string UserId,
    string BodyHash,
    IReadOnlyList<OrderLine> Lines,
    Money Total,
    string PaymentSource,
    DateTimeOffset CreatedAt,
    string? TraceParent = null,
    string? SaleId = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] DateTimeOffset? PricesAsOf = null);

/// <param name="ReservationId">Which reservation holds this line's units.</param>
public sealed record OrderLine(string Sku, int Quantity, Money UnitPrice, string ReservationId);

public enum ReserveOutcome
{
    Reserved,
    SoldOut,
    KeyReused,
    UnknownSku,
    PurchaseLimitReached,
    SaleNotStarted,
    SaleEnded,

    /// <summary>Too many wait for this stock: nothing was reserved.</summary>
    Overloaded,

    /// <summary>Unknown: it may be reserved all the same. The command may be repeated.</summary>
    Unavailable,
}

/// <param name="Order">The content decided first, when the id was known; else null: it is the content that was sent.</param>
/// <param name="Replayed">True when the id was known.</param>
/// <param name="Available">Units left, for the sold-out answer.</param>
public sealed record ReserveResult(ReserveOutcome Outcome, EncodedOrder? Order, bool Replayed, long Available);

/// <summary>Tentative -> Held -> Confirmed | Released; Tentative -> Released; Confirmed -> Returned.</summary>
public enum ReservationState
{
    Tentative,
    Held,
    Confirmed,
    Released,

    /// <summary>Sold, and given back by a refund.</summary>
    Returned,
}

/// <summary>
/// <c>POST /internal/reservations/{hold|confirm|release|return}</c>. Each is idempotent; <c>Done</c> is false when the
/// reservation can no longer get there (released before a hold or confirm, confirmed before a release, or unknown). A return is always done:
/// whatever the reservation kept or had sold is available again.
/// </summary>
/// <param name="UserId">Whose order it is: it leads to the bucket.</param>
/// <param name="SaleId">The order's sale, if it has one.</param>
public sealed record ChangeReservation(string Sku, string ReservationId, string UserId, string? SaleId = null);

public sealed record ChangeReservationResult(bool Done, ReservationState? State);

/// <summary><c>GET /internal/stock-audit</c>: the stock logs folded, one entry per bucket.</summary>
public sealed record StockAudit(StockFold Document, StockFold Log, long UnitsHeldByReservations, IReadOnlyList<AuditedReservation> Reservations);

/// <summary>Always <c>Initial + Restocked + Received = Available + Reserved + Sold + Sent</c>.</summary>
/// <param name="Bucket">Such as <c>SKU-1001/0</c>, or <c>sale:spring/0</c> for one of a sale.</param>
/// <param name="Received">Units that came from other buckets.</param>
/// <param name="Sent">Units that went to other buckets, received there or not.</param>
/// <param name="UnderWay">Of what others sent, the units that this bucket has asked for and not received yet.</param>
public sealed record StockFold(
    string Sku, string Bucket, long Initial, long Restocked, long Available, long Reserved, long Sold, long Received, long Sent, long UnderWay, long Seq);

public sealed record AuditedReservation(string ReservationId, string OrderId, ReservationState State, int Quantity, DateTimeOffset ReservedAt);
