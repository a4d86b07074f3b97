using System.Text.Json.Serialization;

namespace DaprShop.Contracts.Api;

public sealed record PlaceOrder(IReadOnlyList<PlaceOrderLine> Items, PaymentSource Payment);

public sealed record PlaceOrderLine(string Sku, int Quantity);

/// <param name="Source">What to charge: an opaque token of the payment provider.</param>
public sealed record PaymentSource(string Source);

/// <param name="PricesAsOf">There only when the catalogue did not answer as the order was placed: when it had named these prices.</param>
public sealed record OrderView(
    string Id,
    string Status,
    IReadOnlyList<OrderItem> Items,
    Money Total,
    long Version,
    DateTimeOffset CreatedAt,
    DateTimeOffset? PayBefore,
    string? CancelReason,
    OrderPayment Payment,
    OrderLinks Links,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] DateTimeOffset? PricesAsOf = null);

public sealed record OrderItem(string Sku, int Quantity, Money UnitPrice);

/// <param name="Status">Pending, Succeeded, Failed or Refunded.</param>
public sealed record OrderPayment(string Status, string? PaymentId);

public sealed record OrderLinks(string Self, string Events, string Cancel);

/// <summary>One state change of an order.</summary>
public sealed record OrderTimelineEntry(
    string Status, DateTimeOffset Time, string Cause, string EventId, string? TraceId);

public sealed record OrderTimeline(string OrderId, IReadOnlyList<OrderTimelineEntry> Items);
