namespace DaprShop.Contracts.Orders;

/// <summary>
/// A request for an order as the gateway passes it on among others: <c>POST /internal/orders/batch</c>, written by <see cref="OrderBatchFormat"/>.
/// </summary>
/// <param name="Path">The public path it came by, without escapes: it says whether it is an order in a sale, and is the <c>instance</c> of a problem.</param>
/// <param name="Key">The <c>Idempotency-Key</c>, found to be one.</param>
/// <param name="TraceParent">W3C trace context of the request at the gateway.</param>
/// <param name="Body">As the client sent it: JSON, or what should have been.</param>
public sealed record PassedOrder(string Path, string UserId, string Role, string Key, string TraceParent, ReadOnlyMemory<byte> Body)
{
    /// <summary>Of one batch.</summary>
    public const int MaxOrders = 128;

    /// <summary>Bytes of one body. An order of 50 lines has about half of it; a longer body is passed on by itself.</summary>
    public const int MaxBodyBytes = 4 * 1024;

    /// <summary>Bytes of a batch: orders of the largest size, and half as much again for what comes with each.</summary>
    public const int MaxBatchBytes = MaxOrders * MaxBodyBytes * 3 / 2;
}
