using DaprShop.ServiceDefaults.Faults;
using DaprShop.ServiceDefaults.Ids;

namespace DaprShop.Inventory.Stock;

/// <summary>What operators may ask for, and how they name it.</summary>
internal static class StockRequests
{
    /// <summary>Each is a document; a search for the last units reads all of them.</summary>
    private const int MaxBuckets = 64;

    private static readonly Dictionary<string, StockStrategy> Strategies = new(StringComparer.Ordinal)
    {
        ["group-commit"] = StockStrategy.GroupCommit,
        ["etag"] = StockStrategy.Etag,
        ["lock"] = StockStrategy.Lock,
        ["actor"] = StockStrategy.Actor,
    };

    public static bool RequireSku(string sku, string member, ValidationErrors errors) =>
        errors.Require(SkuFormat.IsSku(sku), member, "must be 1 to 32 capital letters, digits and hyphens, such as SKU-1001");

    public static bool RequireBuckets(int? buckets, ValidationErrors errors) =>
        errors.Require(buckets is null or (>= 1 and <= MaxBuckets), "buckets", $"must be a whole number from 1 to {MaxBuckets}");

    public static StockStrategy RequireStrategy(string? name, ValidationErrors errors)
    {
        var strategy = StockStrategy.GroupCommit;
        errors.Require(
            name is null || Strategies.TryGetValue(name, out strategy), "strategy", $"must be one of {string.Join(", ", Strategies.Keys)}");
        return strategy;
    }
}
