using System.Text.Json;
using System.Text.Json.Serialization;

namespace DaprShop.Reliability.Checking;

/// <summary>
/// All that the checker judges, as plain data: what clients were told, and what lies in the stores and at the provider. Read by
/// <c>Evidence</c>, without the services' code. Money is in minor units.
/// </summary>
/// <param name="Offers">The products of the run, as the operator created them.</param>
/// <param name="Logged">Every order of the order logs.</param>
/// <param name="Records">The orders' own records.</param>
internal sealed record World(
    IReadOnlyList<HistoryEvent> History,
    IReadOnlyList<Offer> Offers,
    IReadOnlyList<OrderRecord> Logged,
    IReadOnlyList<OrderRecord> Records,
    IReadOnlyList<OrderFacts> States,
    IReadOnlyList<StockPool> Pools,
    IReadOnlyList<StockBucket> Stock,
    IReadOnlyList<LedgerLine> Ledger,
    IReadOnlyList<PaymentFacts> Payments,
    IReadOnlyList<Note> Notes,
    IReadOnlyList<ListedOrder> Listed)
{
    private static readonly JsonSerializerOptions Format = new(JsonSerializerDefaults.Web)
    {
        Converters = { new JsonStringEnumConverter() },
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    /// <summary>What the run itself sent that no consumer can take.</summary>
    public IReadOnlyList<Poison> Poison { get; init; } = [];

    public IReadOnlyList<DeadLetter> DeadLetters { get; init; } = [];

    /// <summary>Every entry of the lists that operators read, whose days are in the list of days.</summary>
    public IReadOnlyList<DeadLetterEntry> DeadLetterLists { get; init; } = [];

    public string ToJson() => JsonSerializer.Serialize(this, Format);

    public static World FromJson(string json) => JsonSerializer.Deserialize<World>(json, Format) ?? throw new JsonException("A world must be a JSON object.");
}

internal enum Phase
{
    /// <summary>The call begins.</summary>
    Invoke,

    /// <summary>It was answered with what was asked for.</summary>
    Ok,

    /// <summary>It was refused for good: it had no effect.</summary>
    Fail,

    /// <summary>Unknown: no answer, or one that says so. It may have had its effect or may have it later.</summary>
    Info,
}

/// <summary>What clients do.</summary>
internal static class Actions
{
    public const string Place = "place";
    public const string Read = "read";
    public const string Cancel = "cancel";
    public const string Refund = "refund";
    public const string Restock = "restock";
}

/// <summary>One end of one HTTP call.</summary>
/// <param name="Call">Invoke and outcome of a call have the same number.</param>
/// <param name="AtMs">Since the beginning of the run, by the monotonic clock.</param>
/// <param name="Key">The idempotency key, the same for every call of one wish; the order id for a read or a cancel.</param>
/// <param name="Lines">What is asked for or was answered; a restock has one.</param>
/// <param name="Total">What an order was answered to cost.</param>
/// <param name="Detail">The status code, or why there was none.</param>
/// <param name="PricesAsOf">Of an order whose prices the catalogue had named before it went away.</param>
internal sealed record HistoryEvent(
    long Call,
    long AtMs,
    string User,
    string Action,
    string Key,
    Phase Phase,
    IReadOnlyList<Line>? Lines = null,
    string? OrderId = null,
    long? Total = null,
    string? Status = null,
    long? Version = null,
    string? Detail = null,
    DateTimeOffset? PricesAsOf = null);

internal sealed record Line(string Sku, int Quantity, long Price = 0, string? ReservationId = null);

/// <param name="Initial">Units that its stock began with.</param>
internal sealed record Offer(string Sku, long Price, long Initial);

internal sealed record OrderRecord(string OrderId, string User, long Total, IReadOnlyList<Line> Lines, string? SaleId = null);

internal sealed record OrderFacts(
    string OrderId, string User, string Status, long Version, string PaymentStatus, string? CancelReason, bool RefundAsked, IReadOnlyList<Step> Timeline);

/// <param name="Event">Such as <c>HoldTaken</c>; <c>placed</c> for the first.</param>
internal sealed record Step(string Status, string Event);

/// <summary>Units of a SKU, or of a sale of it, in so many buckets.</summary>
internal sealed record StockPool(string Pool, string Sku, long Initial, int Buckets);

/// <param name="Batches">The log, with what only the document still carries; by number.</param>
internal sealed record StockBucket(
    string Bucket,
    string Sku,
    long Initial,
    long Restocked,
    long Available,
    long Reserved,
    long Sold,
    long Received,
    long Sent,
    long Seq,
    IReadOnlyList<StockBatch> Batches);

internal sealed record StockBatch(long N, IReadOnlyList<StockChange> Entries);

/// <param name="Id">Of the reservation, or of the request to restock.</param>
/// <param name="OrderId">Of a reservation that is taken the first time.</param>
internal sealed record StockChange(string Kind, string? Id = null, long Units = 0, string? OrderId = null);

/// <param name="Kind"><c>capture</c> or <c>refund</c>.</param>
/// <param name="OrderId">What the merchant called the charge.</param>
internal sealed record LedgerLine(string Kind, string Id, string ChargeId, string OrderId, long Amount, string Currency);

/// <param name="Unpublished">Events that it still has to tell.</param>
internal sealed record PaymentFacts(string OrderId, string Status, long Amount, bool RefundOwed, int Unpublished);

internal sealed record Note(string User, string Id, string Kind, string OrderId);

/// <param name="RefusedBy">The subscriptions whose consumers act on its type, and so have to refuse it.</param>
internal sealed record Poison(string EventId, IReadOnlyList<string> RefusedBy);

/// <param name="EventId">Null: it was no event.</param>
internal sealed record DeadLetter(string Id, string Subscription, string? EventId, string? EventType, string? Reason);

internal sealed record DeadLetterEntry(string Subscription, string Id);

/// <summary>An entry of a customer's list of orders.</summary>
internal sealed record ListedOrder(string User, string OrderId);
