namespace DaprShop.Catalog;

/// <summary>Settings under <c>Catalog:</c>.</summary>
internal sealed class CatalogOptions
{
    /// <summary>How long a replica may answer from memory: as stale as a price may be after another replica changed it.</summary>
    public TimeSpan CacheFor { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>Writes the demo products that are missing at start.</summary>
    public bool Seed { get; set; } = true;
}
