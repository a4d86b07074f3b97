using System.ComponentModel.DataAnnotations;

namespace DaprShop.Inventory.Reservations;

/// <summary>Section <c>Sweep</c>: what becomes of reservations no saga has taken.</summary>
internal sealed record SweepOptions
{
    /// <summary>A tentative reservation this old makes inventory ask the order service about it.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan AskAfter { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>This old, and the order service knows no such order: the units go back.</summary>
    [Range(typeof(TimeSpan), "00:00:02", "24:00:00")]
    public TimeSpan OrphanAfter { get; init; } = TimeSpan.FromSeconds(30);
}
