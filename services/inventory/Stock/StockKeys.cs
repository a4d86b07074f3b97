namespace DaprShop.Inventory.Stock;

/// <summary>Key format of everything inventory stores.</summary>
internal static class StockKeys
{
    public const string Index = "stock/index";

    public static string Settings(string pool) => $"stock/{pool}/settings";

    public static string Bucket(BucketId bucket) => $"stock/{bucket}";

    public static string Batch(BucketId bucket, long n) => $"stock/{bucket}/log/{n}";

    public static string Snapshot(BucketId bucket, long n) => $"stock/{bucket}/snapshot/{n}";

    public static string SnapshotPage(BucketId bucket, long n, int page) => $"stock/{bucket}/snapshot/{n}/{page}";

    public static string SaleRequest(string requestId) => $"sale-request/{requestId}";
}
