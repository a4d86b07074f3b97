using System.Diagnostics.Metrics;
using DaprShop.Contracts.Api;
using DaprShop.ServiceDefaults.Telemetry;

namespace DaprShop.Order.Operations;

/// <summary>
/// What the last look at the promises saw, as metrics. The audit looks regularly, on the replica that has its lock, and so does whoever asks for the
/// report; a replica that has not looked for long says nothing, so that an old answer never hides a new one.
/// </summary>
internal sealed class InvariantGauges
{
    /// <summary>1: the promise is broken; 0: it holds. By <c>check</c>.</summary>
    public const string Broken = "shop.invariant.broken";

    /// <summary>Age of the oldest accepted order without an end, in seconds.</summary>
    public const string Lag = "shop.invariants.lag";

    /// <summary>Longer than the pause between two runs of the audit (components/*/order-reconciliation.yaml).</summary>
    private static readonly TimeSpan Fresh = TimeSpan.FromMinutes(40);

    private readonly TimeProvider _clock;
    private volatile InvariantsReport? _last;

    public InvariantGauges(IMeterFactory meters, TimeProvider clock)
    {
        _clock = clock;
        var meter = meters.Create(ShopActivity.SourceName);
        meter.CreateObservableGauge(Broken, ObserveChecks, "{promise}", "Promises of the shop that its own records show broken.");
        meter.CreateObservableGauge(Lag, ObserveLag, "s", "Age of the oldest accepted order without an end.");
    }

    private InvariantsReport? Current => _last is { } last && _clock.GetUtcNow() - last.AsOf < Fresh ? last : null;

    public InvariantsReport Judge(AuditEvidence evidence)
    {
        var report = InvariantChecks.Judge(evidence);
        _last = report;
        return report;
    }

    private IEnumerable<Measurement<int>> ObserveChecks() =>
        (Current?.Checks ?? []).Select(check => new Measurement<int>(check.Holds ? 0 : 1, new KeyValuePair<string, object?>("check", check.Name)));

    private IEnumerable<Measurement<double>> ObserveLag() => Current is { } report ? [new Measurement<double>(report.LagSeconds)] : [];
}
