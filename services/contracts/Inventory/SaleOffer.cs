namespace DaprShop.Contracts.Inventory;

/// <summary><c>GET /internal/sales/{id}</c>: what an order of a sale needs to know. It never changes.</summary>
public sealed record SaleOffer(string Id, string Sku, Money Price);
