using System.ComponentModel.DataAnnotations;

namespace DaprShop.Order.Saga;

/// <summary>Section <c>Payment</c>.</summary>
internal sealed record PaymentWindow
{
    /// <summary>How long a customer may take to pay, from the hold on. Shorter in demos and tests.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "24:00:00")]
    public TimeSpan Window { get; init; } = TimeSpan.FromMinutes(15);
}
