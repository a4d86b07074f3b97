using Sidecar.Actors;
using Sidecar.Actors.Reminders;
using Sidecar.Components;
using Sidecar.Host;
using Sidecar.Metrics;
using Sidecar.Scheduling;

namespace Sidecar.Jobs;

/// <summary>
/// Runs the app's jobs. All its sidecars know when which job is due; whoever comes first takes a lease on the job, runs it
/// and writes down when it is due next. A sidecar that dies in between leaves a lease that ends, and another runs the job
/// again: at least once, and by one at a time.
/// </summary>
internal sealed partial class JobRunner : IAppLifecycle, IDisposable
{
    /// <summary>How long a sidecar that has gone silent keeps a job.</summary>
    public static readonly TimeSpan Lease = TimeSpan.FromSeconds(15);

    // What the clocks of two sidecars may differ by.
    private static readonly TimeSpan Margin = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(2);

    private readonly System.Threading.Lock _gate = new();
    private readonly HashSet<string> _inHand = new(StringComparer.Ordinal);
    private readonly Dictionary<string, DateTimeOffset> _meanwhile = new(StringComparer.Ordinal);
    private readonly HashSet<Task> _runs = [];
    private readonly string _holder = RandomId.NewUuid();
    private readonly JobStore _store;
    private readonly IJobApp _app;
    private readonly ComponentRegistry _components;
    private readonly SidecarMetrics _metrics;
    private readonly TimeProvider _clock;
    private readonly ILogger<JobRunner> _logger;
    private readonly TimerQueue _queue;
    private CancellationTokenSource _stop = new();
    private Task _following = Task.CompletedTask;
    private bool _isRunning;

    public JobRunner(
        JobStore store, IJobApp app, ComponentRegistry components, SidecarMetrics metrics, TimeProvider clock, ILogger<JobRunner> logger)
    {
        (_store, _app, _components, _metrics, _clock, _logger) = (store, app, components, metrics, clock, logger);
        _queue = new TimerQueue(clock, Begin);
    }

    public Task StartAsync(CancellationToken cancellationToken)
    {
        // Without a store there are no jobs, and whoever schedules one is told so.
        if (_components.ActorStateStore is not null)
        {
            lock (_gate)
            {
                _stop = new CancellationTokenSource();
                _isRunning = true;
            }

            _following = Task.Run(() => FollowAsync(_stop.Token), CancellationToken.None);
        }

        return Task.CompletedTask;
    }

    /// <summary>Calls in hand are finished and written down, unless the app fails them.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        Task[] runs;
        lock (_gate)
        {
            _isRunning = false;
            runs = [.. _runs];
        }

        await _stop.CancelAsync();
        await Task.WhenAll([_following, .. runs]).WaitAsync(cancellationToken);
    }

    /// <summary>A job is due then, as far as is known; the store has the last word.</summary>
    public void Expect(string name, DateTimeOffset due)
    {
        lock (_gate)
        {
            if (_inHand.Contains(name))
            {
                _meanwhile[name] = due;
            }
            else if (_isRunning)
            {
                _queue.Set(name, due);
            }
        }
    }

    public void Dispose()
    {
        _queue.Dispose();
        _stop.Dispose();
    }

    // A sidecar that schedules a job expects it by itself; the others learn of it here.
    private async Task FollowAsync(CancellationToken stop)
    {
        string? seen = null;
        var backoff = new Backoff(_clock);
        while (!stop.IsCancellationRequested)
        {
            try
            {
                var changes = await _store.ChangesAsync(stop);
                if (changes != seen)
                {
                    await foreach (var job in _store.ListAsync(stop))
                    {
                        Expect(job.Name, job.Plan.Next);
                    }

                    seen = changes;
                }

                backoff = new Backoff(_clock);
                await Task.Delay(Look, _clock, stop);
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                return;
            }
            catch (ActorException unusable)
            {
                LogUnusable(_logger, unusable.Message);
                return;
            }
            catch (ComponentException failure)
            {
                LogNotRead(_logger, failure);
                await backoff.WaitUnlessAsync(stop);
            }
        }
    }

    private void Begin(string name)
    {
        lock (_gate)
        {
            if (!_isRunning || !_inHand.Add(name))
            {
                return;
            }

            var run = Task.Run(() => RunAsync(name, _stop.Token), CancellationToken.None);
            _runs.Add(run);
            run.ContinueWith(Ended, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        }
    }

    private void Ended(Task run)
    {
        lock (_gate)
        {
            _runs.Remove(run);
        }
    }

    private async Task RunAsync(string name, CancellationToken stop)
    {
        DateTimeOffset? again = null;
        try
        {
            again = await UntilItWorksAsync(name, () => TryRunAsync(name, stop), stop);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            LogLeft(_logger, name);
        }
        catch (ActorException unusable)
        {
            LogUnusable(_logger, unusable.Message);
        }
        finally
        {
            lock (_gate)
            {
                _inHand.Remove(name);
                if (_meanwhile.Remove(name, out var due) && !(again <= due))
                {
                    again = due;
                }

                if (_isRunning && again is not null)
                {
                    _queue.Set(name, again);
                }
            }
        }
    }

    /// <summary>Answers when to look at the job again; null: it is gone.</summary>
    private async Task<DateTimeOffset?> TryRunAsync(string name, CancellationToken stop)
    {
        if (await _store.LoadAsync(name, stop) is not { Job: var job } stored)
        {
            return null;
        }

        var now = _clock.GetUtcNow();
        if (job.Plan.Next > now)
        {
            return job.Plan.Next;
        }

        if (job.Lease is { } lease && lease.Until + Margin > now)
        {
            return lease.Until + Margin;
        }

        if (job.Plan.Expires <= now)
        {
            var (_, left) = await _store.SwapAsync(stored, null, stop);
            return left?.Job.Plan.Next;
        }

        var (isOurs, claimed) = await _store.SwapAsync(stored, Leased(job), stop);
        return !isOurs ? claimed?.Job.Lease?.Until + Margin ?? claimed?.Job.Plan.Next
            : await RunAsync(claimed!, stop);
    }

    private async Task<DateTimeOffset?> RunAsync(StoredJob claimed, CancellationToken stop)
    {
        var job = claimed.Job;
        var running = TryPolicyAsync(job, stop);
        while (await Task.WhenAny(running, Task.Delay(Lease / 3, _clock, CancellationToken.None)) != running)
        {
            claimed = await RenewAsync(claimed);
        }

        var next = await running ? job.Plan.After(job.Times, _clock.GetUtcNow(), _clock.LocalTimeZone) : job.Plan;
        var after = next is null ? null : job with { Plan = next, Lease = null };

        // Not given up when the sidecar stops: a run that is not written down comes again.
        var (_, stands) = await UntilItWorksAsync(job.Name, () => _store.SwapAsync(claimed, after, CancellationToken.None), CancellationToken.None);
        return stands?.Job.Plan.Next;
    }

    // A renewal that fails is no reason to end the call: the lease has two more thirds.
    private async Task<StoredJob> RenewAsync(StoredJob claimed)
    {
        try
        {
            var (isOurs, renewed) = await _store.SwapAsync(claimed, Leased(claimed.Job), CancellationToken.None);
            return isOurs ? renewed! : claimed;
        }
        catch (ComponentException failure)
        {
            LogNotWritten(_logger, claimed.Job.Name, failure);
            return claimed;
        }
    }

    /// <summary>False: the sidecar stops before the app took the job.</summary>
    private async Task<bool> TryPolicyAsync(ScheduledJob job, CancellationToken stop)
    {
        var policy = job.Failure ?? FailurePolicy.Default;
        for (uint retry = 0; ; retry++)
        {
            var started = _clock.GetTimestamp();
            var answer = await _app.TriggerAsync(job);
            _metrics.AppCalls.JobRun(answer.Failure is null, _clock.GetElapsedTime(started));
            if (answer.Failure is not { } failure)
            {
                return true;
            }

            LogFailed(_logger, job.Name, failure);
            if (answer.IsFinal || policy.MaxRetries <= retry)
            {
                return true;
            }

            await Task.Delay(policy.Interval, _clock, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (stop.IsCancellationRequested)
            {
                return false;
            }
        }
    }

    private ScheduledJob Leased(ScheduledJob job) => job with { Lease = new JobLease(_holder, _clock.GetUtcNow() + Lease) };

    private async Task<T> UntilItWorksAsync<T>(string name, Func<Task<T>> step, CancellationToken stop)
    {
        var backoff = new Backoff(_clock);
        while (true)
        {
            try
            {
                return await step();
            }
            catch (ComponentException failure)
            {
                LogNotWritten(_logger, name, failure);
            }

            await backoff.WaitAsync(stop);
        }
    }

    [LoggerMessage(LogLevel.Warning, "The job {Job} failed: {Reason}")]
    private static partial void LogFailed(ILogger logger, string job, string reason);

    [LoggerMessage(LogLevel.Warning, "The job {Job} could not be read or written down; trying again")]
    private static partial void LogNotWritten(ILogger logger, string job, Exception failure);

    [LoggerMessage(LogLevel.Warning, "Jobs could not be read; trying again")]
    private static partial void LogNotRead(ILogger logger, Exception failure);

    [LoggerMessage(LogLevel.Warning, "No job will run here: {Reason}")]
    private static partial void LogUnusable(ILogger logger, string reason);

    [LoggerMessage(LogLevel.Debug, "The job {Job} was on its way when the sidecar stopped; it comes again")]
    private static partial void LogLeft(ILogger logger, string job);
}
