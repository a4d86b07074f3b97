namespace DaprShop.ServiceDefaults.Http;

/// <summary>Header names that more than one service speaks.</summary>
public static class ShopHeaders
{
    public const string User = "shop-user";
    public const string Role = "shop-role";
    public const string AppToken = "dapr-api-token";
    public const string IdempotencyKey = "Idempotency-Key";
    public const string IdempotencyReplayed = "Idempotency-Replayed";
    public const string TraceId = "X-Trace-Id";
}
