using DaprShop.Contracts.Api;
using DaprShop.Order.Operations;
using DaprShop.ServiceDefaults.Batching;
using DaprShop.ServiceDefaults.Faults;
using DaprShop.ServiceDefaults.State;
using Microsoft.Extensions.Options;

namespace DaprShop.Order.Reconciling;

/// <summary>
/// One run of the audit: read, compare, look a second time when there is something to see, repair what is safe, write it down. The lock only keeps
/// replicas from doing the same work at once; two runs side by side give the same commands, which take effect once.
/// </summary>
internal sealed partial class Reconciler(
    FactsReader facts,
    InvariantGauges gauges,
    ReconciliationMetrics metrics,
    DriftRepairs repairs,
    ReconciliationHistory history,
    ContentionLock locks,
    IOptions<ReconciliationOptions> options,
    TimeProvider clock,
    ILogger<Reconciler> logger) : IAsyncDisposable
{
    public const string Cron = "cron";
    public const string Operator = "operator";

    private const string Resource = "order-reconciliation";

    /// <summary>A run's record has so many drifts at the most; the count has all of them.</summary>
    private const int MaxDrifts = 100;

    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(120);

    private readonly CancellationTokenSource _stopping = new();
    private Task _running = Task.CompletedTask;

    /// <summary>Begins a run and goes on with it in the background.</summary>
    /// <returns>The run; null: somebody else holds the lock.</returns>
    public async Task<Reconciliation?> StartAsync(string trigger, CancellationToken cancellationToken)
    {
        if (await locks.TryTakeAsync(Resource, Lease, cancellationToken) is not { } held)
        {
            return null;
        }

        try
        {
            var run = await history.BeginAsync(trigger, cancellationToken);
            _running = Detached.Run(() => RunToEndAsync(run, held));
            return run;
        }
        catch
        {
            await held.DisposeAsync();
            throw;
        }
    }

    /// <summary>Goes through with a run that has begun.</summary>
    public async Task<Reconciliation> RunAsync(Reconciliation run, CancellationToken cancellationToken)
    {
        var ended = await TryAsync(run, cancellationToken);
        metrics.Ended(ended);
        await history.WriteAsync(ended, cancellationToken);
        LogEnded(ended.Id, ended.Status, ended.Counts.Drifts, ended.Counts.Repaired);
        return ended;
    }

    public async ValueTask DisposeAsync()
    {
        await Detached.CancelAsync(_stopping);
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        _stopping.Dispose();
    }

    private async Task RunToEndAsync(Reconciliation run, IAsyncDisposable held)
    {
        try
        {
            await RunAsync(run, _stopping.Token);
        }
#pragma warning disable CA1031 // Nobody waits for this task: its history shows a run that did not end.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            LogBroken(failure, run.Id);
        }

        await held.DisposeAsync();
    }

    private async Task<Reconciliation> TryAsync(Reconciliation run, CancellationToken cancellationToken)
    {
        try
        {
            var read = await facts.ReadAsync(cancellationToken);
            gauges.Judge(read.Evidence);
            var found = DriftFinder.Find(read, options.Value.Patience);
            if (found.Count > 0)
            {
                // Reads are not one moment: what is really adrift is so in two looks.
                var again = DriftFinder.Find(await facts.ReadAsync(cancellationToken), options.Value.Patience).Select(drift => drift.Identity).ToHashSet();
                found = [.. found.Where(drift => again.Contains(drift.Identity))];
            }

            var drifts = new List<ReconciliationDrift>();
            foreach (var drift in found)
            {
                var repaired = await repairs.RepairAsync(drift, cancellationToken);
                LogDrift(drift.Kind, drift.OrderId ?? drift.Sku, drift.Detail, repaired);
                drifts.Add(new ReconciliationDrift(drift.Kind, drift.OrderId, drift.Sku, drift.Detail, repaired));
            }

            await metrics.SawAsync(drifts, cancellationToken);
            return run with
            {
                Status = "Completed",
                EndedAt = clock.GetUtcNow(),
                Counts = new ReconciliationCounts(
                    read.Evidence.Orders.Count,
                    read.Evidence.Stock.Sum(stock => stock.Reservations.Count),
                    read.Evidence.Ledger.Count,
                    drifts.Count,
                    drifts.Count(drift => drift.Repaired)),
                Drifts = [.. drifts.Take(MaxDrifts)],
            };
        }
        catch (Exception failure) when (failure is DependencyUnavailableException or HttpRequestException)
        {
            LogBroken(failure, run.Id);
            return run with { Status = "Failed", EndedAt = clock.GetUtcNow(), Error = "A service that it reads from did not answer; run it again." };
        }
    }

    [LoggerMessage(LogLevel.Information, "Reconciliation {RunId} is {Status}: {Drifts} drifts, {Repaired} repaired")]
    private partial void LogEnded(string runId, string status, int drifts, int repaired);

    [LoggerMessage(LogLevel.Warning, "Drift {Kind} of {Subject}: {Detail} (repaired: {Repaired})")]
    private partial void LogDrift(string kind, string? subject, string detail, bool repaired);

    [LoggerMessage(LogLevel.Warning, "Reconciliation {RunId} did not get to its end")]
    private partial void LogBroken(Exception failure, string runId);
}
