namespace DaprShop.Inventory.Stock;

/// <summary>
/// A bucket (commit rule R2): counters, the number of its newest batch and the batches whose log entry may not be written yet.
/// Always <c>Initial + Restocked = Available + Reserved + Sold</c>, and no term is ever negative.
/// </summary>
internal sealed record StockDocument(
    string Sku,
    long Initial,
    long Restocked,
    long Available,
    long Reserved,
    long Sold,
    long Seq,
    DateTimeOffset UpdatedAt,
    IReadOnlyList<StockBatch> Recent);

/// <summary>Key format of everything inventory stores.</summary>
internal static class StockKeys
{
    public const string Index = "stock/index";

    /// <summary>One bucket per SKU until "Flash sale" adds more.</summary>
    public static string Bucket(string sku) => $"stock/{sku}/0";

    public static string Batch(string sku, long n) => $"stock/{sku}/0/log/{n}";
}
