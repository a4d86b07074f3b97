namespace DaprShop.Contracts;

/// <summary>Dapr app ids.</summary>
public static class AppIds
{
    public const string Gateway = "gateway";
    public const string Catalog = "catalog";
    public const string Order = "order";
    public const string Inventory = "inventory";
    public const string Payment = "payment";
    public const string Notification = "notification";

    /// <summary>Runs in dapr.polyglot.yaml only.</summary>
    public const string Loyalty = "loyalty";
}
