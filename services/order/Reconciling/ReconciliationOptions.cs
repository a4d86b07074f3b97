using System.ComponentModel.DataAnnotations;

namespace DaprShop.Order.Reconciling;

/// <summary>Section <c>Reconciliation</c>.</summary>
internal sealed record ReconciliationOptions
{
    /// <summary>How long nothing about an order may have moved before it is compared: longer than any retry or webhook takes.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "24:00:00")]
    public TimeSpan Patience { get; init; } = TimeSpan.FromMinutes(5);
}
