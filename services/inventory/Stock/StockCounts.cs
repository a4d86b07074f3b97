namespace DaprShop.Inventory.Stock;

/// <summary>Units of some buckets by what they are.</summary>
internal readonly record struct StockCounts(long Available, long Reserved, long Sold)
{
    /// <summary>Units that left a bucket are available: whoever is short finds them.</summary>
    public static StockCounts Of(StockLedger bucket) => new(bucket.Available + bucket.Sent - bucket.Received, bucket.Reserved, bucket.Sold);

    public static StockCounts Of(StockDocument bucket) => new(bucket.Available + bucket.Sent - bucket.Received, bucket.Reserved, bucket.Sold);

    public static StockCounts operator +(StockCounts left, StockCounts right) =>
        new(left.Available + right.Available, left.Reserved + right.Reserved, left.Sold + right.Sold);
}
