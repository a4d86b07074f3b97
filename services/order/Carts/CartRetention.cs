using System.ComponentModel.DataAnnotations;

namespace DaprShop.Order.Carts;

/// <summary>Section <c>Cart</c>.</summary>
internal sealed record CartRetention
{
    /// <summary>A cart that nobody changed for this long is emptied.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "366.00:00:00")]
    public TimeSpan AbandonedAfter { get; init; } = TimeSpan.FromDays(30);
}
