using System.Diagnostics.Metrics;
using DaprShop.Contracts.Api;
using DaprShop.Contracts.Events;
using DaprShop.Order.DeadLetters;
using DaprShop.ServiceDefaults.Telemetry;

namespace DaprShop.Order.Reconciling;

/// <summary>
/// What the last audit on this replica found. A replica that has not audited for long says nothing, so that an old answer never hides a new one.
/// </summary>
internal sealed class ReconciliationMetrics
{
    /// <summary>By <c>kind</c> and <c>repaired</c>; 0 for every kind that was looked for and not found.</summary>
    public const string Drift = "shop.reconciliation.drift";

    /// <summary>By <c>status</c>: completed, failed.</summary>
    public const string Runs = "shop.reconciliation.runs";

    /// <summary>Dead letters that nobody has decided about, by <c>subscription</c>; <see cref="MaxOpen"/> at the most.</summary>
    public const string OpenLetters = "shop.deadletters.open";

    private const int MaxOpen = 1000;

    /// <summary>Longer than the pause between two runs of the audit (components/*/order-reconciliation.yaml).</summary>
    private static readonly TimeSpan Fresh = TimeSpan.FromMinutes(40);

    private static readonly bool[] Both = [true, false];

    private readonly DeadLetterStore _letters;
    private readonly TimeProvider _clock;
    private readonly Counter<long> _runs;
    private volatile Look? _last;

    public ReconciliationMetrics(IMeterFactory meters, DeadLetterStore letters, TimeProvider clock)
    {
        (_letters, _clock) = (letters, clock);
        var meter = meters.Create(ShopActivity.SourceName);
        _runs = meter.CreateCounter<long>(Runs, "{run}", "Runs of the audit by how they ended.");
        meter.CreateObservableGauge(Drift, ObserveDrift, "{drift}", "Records that disagree, as the last audit found them.");
        meter.CreateObservableGauge(OpenLetters, ObserveLetters, "{letter}", "Dead letters that nobody has decided about.");
    }

    private Look? Current => _last is { } last && _clock.GetUtcNow() - last.At < Fresh ? last : null;

    public async Task SawAsync(IReadOnlyList<ReconciliationDrift> drifts, CancellationToken cancellationToken)
    {
        var letters = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var subscription in Subscriptions.All)
        {
            var (open, _) = await _letters.ReadAsync([subscription], DeadLetterStatus.Open, after: null, MaxOpen, cancellationToken);
            letters[subscription.Name] = open.Count;
        }

        _last = new Look(_clock.GetUtcNow(), drifts, letters);
    }

    public void Ended(Reconciliation run) =>
        _runs.Add(1, new KeyValuePair<string, object?>("status", run.Status == "Completed" ? "completed" : "failed"));

    private IEnumerable<Measurement<long>> ObserveDrift() => Current is not { } last
        ? []
        : from kind in DriftKinds.All
          from repaired in Both
          select new Measurement<long>(
              last.Drifts.Count(drift => drift.Kind == kind && drift.Repaired == repaired),
              new KeyValuePair<string, object?>("kind", kind),
              new KeyValuePair<string, object?>("repaired", repaired ? "true" : "false"));

    private IEnumerable<Measurement<long>> ObserveLetters() => (Current?.Letters ?? new Dictionary<string, int>())
        .Select(open => new Measurement<long>(open.Value, new KeyValuePair<string, object?>("subscription", open.Key)));

    private sealed record Look(DateTimeOffset At, IReadOnlyList<ReconciliationDrift> Drifts, IReadOnlyDictionary<string, int> Letters);
}
