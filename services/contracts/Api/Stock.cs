namespace DaprShop.Contracts.Api;

/// <summary>Always <c>Initial + Restocked = Available + Reserved + Sold</c>.</summary>
public sealed record StockView(
    string Sku, long Initial, long Restocked, long Available, long Reserved, long Sold, long Version);

/// <param name="Strategy"><c>group-commit</c> (default), <c>etag</c>, <c>lock</c> or <c>actor</c>: how concurrent reservations meet; none of them oversells.</param>
/// <param name="Buckets">1 (default) to 64: documents that the units are spread over, so that many buyers do not wait for one.</param>
public sealed record CreateStock(int Initial, string? Strategy = null, int? Buckets = null);

public sealed record Restock(int Quantity);
