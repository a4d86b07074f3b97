namespace DaprShop.Contracts.Events;

/// <summary>The pub/sub component and its topics; the names are the same in every component set.</summary>
public static class Topics
{
    public const string PubSub = "pubsub";
    public const string Orders = "orders";
    public const string Payments = "payments";
    public const string Catalog = "catalog";
}
