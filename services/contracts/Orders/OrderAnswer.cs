namespace DaprShop.Contracts.Orders;

/// <summary>What the order service answers to one <see cref="PassedOrder"/>: all that would cross the gateway had it been passed on by itself.</summary>
/// <param name="Status">HTTP status code.</param>
/// <param name="Replayed">The header <c>Idempotency-Replayed: true</c>.</param>
/// <param name="SoldOutPool">The header <c>shop-sold-out</c>, for the gateway alone; null: none.</param>
public sealed record OrderAnswer(
    int Status, string ContentType, string? Location, string? ETag, string? RetryAfter, bool Replayed, string? SoldOutPool, ReadOnlyMemory<byte> Body);
