using System.ComponentModel.DataAnnotations;

namespace DaprShop.Order.Placing;

/// <summary>Section <c>Prices</c>.</summary>
internal sealed record PriceOptions
{
    /// <summary>How old the catalogue's last word may be that an order is placed at while it does not answer; zero turns such orders away.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "24:00:00")]
    public TimeSpan StaleFor { get; init; } = TimeSpan.FromMinutes(15);
}
