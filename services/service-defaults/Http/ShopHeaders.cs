namespace DaprShop.ServiceDefaults.Http;

/// <summary>Header names that more than one service speaks.</summary>
public static class ShopHeaders
{
    public const string User = "shop-user";
    public const string Role = "shop-role";
    public const string AppToken = "dapr-api-token";
    public const string IdempotencyKey = "Idempotency-Key";
    public const string IdempotencyReplayed = "Idempotency-Replayed";

    /// <summary>On a sold-out answer, for the gateway alone: whose stock refused.</summary>
    public const string SoldOut = "shop-sold-out";

    public const string TraceId = "X-Trace-Id";
}
