namespace DaprShop.Contracts.Events;

/// <summary>CloudEvent type <c>com.daprshop.product.changed.v1</c> on topic <c>catalog</c>.</summary>
public sealed record ProductChanged(
    string EventId, string Sku, string Name, string Brand, string Category, Money Price, long Version, DateTimeOffset At)
{
    public const string Type = "com.daprshop.product.changed.v1";
}
