using System.Diagnostics.Metrics;
using DaprShop.Contracts.Inventory;
using DaprShop.Order.Orders;
using DaprShop.ServiceDefaults.Telemetry;

namespace DaprShop.Order.Operations;

/// <summary>How long orders take from acceptance to their end, by <c>end</c>; its count is how many ended so.</summary>
internal sealed class SagaMetrics(IMeterFactory meters)
{
    public const string Duration = "shop.saga.duration";

    private static readonly KeyValuePair<string, object?> Confirmed = new("end", "confirmed");
    private static readonly KeyValuePair<string, object?> Cancelled = new("end", "cancelled");

    private readonly Histogram<double> _durations =
        meters.Create(ShopActivity.SourceName).CreateDurations(Duration, "From an order's acceptance to its end.");

    /// <param name="ended">Now, by the event that was committed last.</param>
    public void Ended(OrderContent order, OrderState ended) => _durations.Record(
        (ended.Timeline[^1].Time - order.CreatedAt).TotalSeconds,
        ended.Timeline[^1].Status == OrderStatus.Cancelled ? Cancelled : Confirmed);
}
