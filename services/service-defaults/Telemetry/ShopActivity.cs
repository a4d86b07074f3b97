using System.Diagnostics;

namespace DaprShop.ServiceDefaults.Telemetry;

/// <summary>The source of the shop's own spans.</summary>
public static class ShopActivity
{
    public const string SourceName = "DaprShop";

    public static ActivitySource Source { get; } = new(SourceName);
}
