namespace DaprShop.Contracts.Api;

/// <summary>Always <c>Initial + Restocked = Available + Reserved + Sold</c>.</summary>
public sealed record StockView(
    string Sku, long Initial, long Restocked, long Available, long Reserved, long Sold, long Version);

/// <param name="Strategy"><c>etag</c>, the default; the others answer 400 until they exist.</param>
/// <param name="Buckets">1, the default; more answers 400 until buckets exist.</param>
public sealed record CreateStock(int Initial, string? Strategy = null, int? Buckets = null);

public sealed record Restock(int Quantity);
