using System.Diagnostics.Metrics;
using DaprShop.Order.Log;
using DaprShop.Order.Saga;
using DaprShop.ServiceDefaults.Telemetry;

namespace DaprShop.Order.Operations;

/// <summary>What this replica has accepted and not done yet. It counts all of it anyway: reading costs the hot path nothing.</summary>
internal sealed class IntakeMetrics : IObservedMetrics
{
    /// <summary>Orders made durable.</summary>
    public const string Accepted = "shop.orders.accepted";

    /// <summary>Accepted orders whose saga is not started: the outbox of this replica's logs.</summary>
    public const string Backlog = "shop.outbox.backlog";

    /// <summary>Age of the oldest of them, in seconds; 0 when there is none.</summary>
    public const string Age = "shop.outbox.age";

    /// <summary>Ended orders that the broker has not been told of.</summary>
    public const string Untold = "shop.outcomes.untold";

    public IntakeMetrics(IMeterFactory meters, OrderTails tails, OutcomePublisher outcomes, TimeProvider clock)
    {
        var meter = meters.Create(ShopActivity.SourceName);
        meter.CreateObservableCounter(Accepted, () => tails.Accepted, "{order}", "Orders accepted: durable, with their stock reserved.");
        meter.CreateObservableGauge(Backlog, () => tails.Count, "{order}", "Accepted orders whose saga is not started.");
        meter.CreateObservableGauge(
            Age,
            () => tails.OldestAt is { } oldest ? Math.Max(0, (clock.GetUtcNow() - oldest).TotalSeconds) : 0,
            "s",
            "Age of the oldest accepted order whose saga is not started.");
        meter.CreateObservableGauge(Untold, () => outcomes.Untold, "{order}", "Ended orders that the broker has not been told of.");
    }
}
