using DaprShop.Contracts.Api;
using DaprShop.Contracts.Inventory;

namespace DaprShop.Order.Placing;

/// <summary>A valid request for an order, before it has prices or stock.</summary>
/// <param name="BodyHash">Hex SHA-256 over the request: another hash under the same id is a reused key.</param>
/// <param name="TraceParent">W3C trace context of the request.</param>
/// <param name="Sale">The sale it is placed in; null: the catalogue says what it costs.</param>
internal sealed record OrderDraft(
    string OrderId, string UserId, string BodyHash, IReadOnlyList<PlaceOrderLine> Items, string PaymentSource, string? TraceParent, SaleOffer? Sale = null);
