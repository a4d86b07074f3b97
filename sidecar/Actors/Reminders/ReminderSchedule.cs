using Sidecar.Actors.Hosting;
using Sidecar.Components;
using Sidecar.Metrics;
using Sidecar.Scheduling;

namespace Sidecar.Actors.Reminders;

/// <summary>
/// Fires the reminders of the actors that this host owns. What is due stands in the store; this holds a copy of what is
/// its own, finds it anew whenever the owners change, and writes each tick down only after the app took it: a crash in
/// between brings the tick again, never loses it.
/// </summary>
internal sealed partial class ReminderSchedule : IDisposable
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Entry> _entries = new(StringComparer.Ordinal);
    private readonly ReminderStore _store;
    private readonly ActiveActors _actors;
    private readonly ActorApp _app;
    private readonly ActorMetrics _metrics;
    private readonly TimeProvider _clock;
    private readonly ILogger<ReminderSchedule> _logger;
    private readonly TimerQueue _queue;
    private readonly SemaphoreSlim _reloading = new(1, 1);
    private readonly HashSet<Task> _ticks = [];
    private CancellationTokenSource _stop = new();
    private IReadOnlyCollection<string> _types = [];

    public ReminderSchedule(
        ReminderStore store, ActiveActors actors, ActorApp app, SidecarMetrics metrics, TimeProvider clock, ILogger<ReminderSchedule> logger)
    {
        (_store, _actors, _app, _metrics, _clock, _logger) = (store, actors, app, metrics.Actors, clock, logger);
        _queue = new TimerQueue(clock, Begin);
    }

    public void Start(IReadOnlyCollection<string> types)
    {
        lock (_gate)
        {
            _types = types;
            _stop = new CancellationTokenSource();
        }
    }

    /// <summary>Nothing new fires any more.</summary>
    public async Task StopAsync()
    {
        CancellationTokenSource stop;
        lock (_gate)
        {
            _types = [];
            stop = _stop;
            ForgetAll();
        }

        await stop.CancelAsync();
    }

    /// <summary>Returns when the ticks in hand are written down, so that they do not come again after a restart.</summary>
    public async Task SettleAsync(CancellationToken cancellationToken)
    {
        Task[] ticks;
        lock (_gate)
        {
            ticks = [.. _ticks];
        }

        await Task.WhenAll(ticks).WaitAsync(cancellationToken);
    }

    /// <summary>Reads from the store, in the background, what this host is to fire from now on.</summary>
    /// <param name="isOwn">Asked for every reminder's actor.</param>
    public void Reload(Func<ActorAddress, ValueTask<bool>> isOwn) => _ = Task.Run(() => ReloadUntilDoneAsync(isOwn));

    /// <summary>A registration of an actor that this host owns; replaces one of the same name.</summary>
    public void Adopt(StoredReminder stored)
    {
        lock (_gate)
        {
            if (_stop.IsCancellationRequested)
            {
                return;
            }

            var key = KeyOf(stored.Reminder.Actor, stored.Reminder.Name);

            // A tick in hand works on the entry: the same registration is already there, a newer one takes its place.
            if (_entries.TryGetValue(key, out var entry) && entry.Stored.Reminder.Registration == stored.Reminder.Registration)
            {
                return;
            }

            _entries[key] = new Entry(stored);
            _queue.Set(key, stored.Reminder.Schedule.Next);
        }
    }

    public void Forget(ActorAddress actor, string name)
    {
        lock (_gate)
        {
            var key = KeyOf(actor, name);
            _entries.Remove(key);
            _queue.Set(key, null);
        }
    }

    public void Dispose()
    {
        _stop.Cancel();
        _queue.Dispose();
        _stop.Dispose();
        _reloading.Dispose();
    }

    private static string KeyOf(ActorAddress actor, string name) => $"{actor.Id.Length}:{actor.UniqueKey}{name}";

    private void ForgetAll()
    {
        foreach (var key in _entries.Keys)
        {
            _queue.Set(key, null);
        }

        _entries.Clear();
    }

    private async Task ReloadUntilDoneAsync(Func<ActorAddress, ValueTask<bool>> isOwn)
    {
        var (stop, types) = Current();
        var backoff = new Backoff(_clock);
        while (!stop.IsCancellationRequested)
        {
            try
            {
                await _reloading.WaitAsync(stop);
                try
                {
                    await ReloadOnceAsync(types, isOwn, stop);
                    return;
                }
                finally
                {
                    _reloading.Release();
                }
            }
            catch (ActorException unusable)
            {
                LogUnusable(_logger, unusable.Message);
                return;
            }
            catch (ComponentException failure)
            {
                LogReloadFailed(_logger, failure);
                await backoff.WaitUnlessAsync(stop);
            }
            catch (Exception stopped) when (stopped is OperationCanceledException or ObjectDisposedException)
            {
                return;
            }
        }
    }

    private async Task ReloadOnceAsync(IReadOnlyCollection<string> types, Func<ActorAddress, ValueTask<bool>> isOwn, CancellationToken cancellationToken)
    {
        foreach (var type in types)
        {
            await foreach (var stored in _store.ListAsync(type, cancellationToken))
            {
                if (await isOwn(stored.Reminder.Actor))
                {
                    Adopt(stored);
                }
                else
                {
                    Forget(stored.Reminder.Actor, stored.Reminder.Name);
                }
            }
        }
    }

    private (CancellationToken Stop, IReadOnlyCollection<string> Types) Current()
    {
        lock (_gate)
        {
            return (_stop.Token, _types);
        }
    }

    private void Begin(string key)
    {
        lock (_gate)
        {
            var tick = Task.Run(() => TickAsync(key));
            _ticks.Add(tick);
            tick.ContinueWith(Ended, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        }
    }

    private void Ended(Task tick)
    {
        lock (_gate)
        {
            _ticks.Remove(tick);
        }
    }

    private async Task TickAsync(string key)
    {
        Entry? entry;
        CancellationToken stop;
        lock (_gate)
        {
            if (!_entries.TryGetValue(key, out entry) || _stop.IsCancellationRequested)
            {
                return;
            }

            stop = _stop.Token;
        }

        try
        {
            var outcome = await FireAsync(entry, stop);
            if (outcome == Outcome.Moved)
            {
                Drop(key, entry);
                return;
            }

            var next = outcome == Outcome.Cancelled ? null : entry.Stored.Reminder.Schedule.AfterTick(_clock.GetUtcNow());
            await WriteDownAsync(key, entry, next is null ? null : entry.Stored.Reminder with { Schedule = next }, stop);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            LogStopped(_logger, entry.Stored.Reminder.Name, entry.Stored.Reminder.Actor);
        }
    }

    private async Task<Outcome> FireAsync(Entry entry, CancellationToken stop)
    {
        var reminder = entry.Stored.Reminder;
        var call = new ScheduledCall(reminder.Name, reminder.Times.DueTime ?? "", reminder.Times.Period ?? "", reminder.Data);
        for (uint retry = 0; ; retry++)
        {
            try
            {
                var answer = await _actors.TurnAsync(
                    reminder.Actor, null, (chain, token) => _app.RemindAsync(reminder.Actor, call, chain, token), CancellationToken.None);
                _metrics.ReminderFired(reminder.Actor.Type, success: true);
                return answer.CancelsSchedule ? Outcome.Cancelled : Outcome.Done;
            }
            catch (ActorException moved) when (moved.Fault == ActorFault.Moved)
            {
                return Outcome.Moved;
            }
#pragma warning disable CA1031 // Nobody waits for a tick: whatever the app or a policy throws is told here or never.
            catch (Exception failure)
#pragma warning restore CA1031
            {
                _metrics.ReminderFired(reminder.Actor.Type, success: false);
                LogFailed(_logger, reminder.Name, reminder.Actor, failure.Message);
            }

            if (reminder.Failure.MaxRetries <= retry)
            {
                return Outcome.Done;
            }

            await Task.Delay(reminder.Failure.Interval, _clock, stop);
        }
    }

    private async Task WriteDownAsync(string key, Entry entry, Reminder? next, CancellationToken stop)
    {
        var backoff = new Backoff(_clock);
        while (true)
        {
            try
            {
                Settle(key, entry, await _store.AdvanceAsync(entry.Stored, next, CancellationToken.None));
                return;
            }
            catch (ComponentException failure)
            {
                LogNotWritten(_logger, entry.Stored.Reminder.Name, entry.Stored.Reminder.Actor, failure);
                await backoff.WaitAsync(stop);
            }
        }
    }

    private void Settle(string key, Entry entry, StoredReminder? stored)
    {
        lock (_gate)
        {
            // Replaced or deleted through this host while the tick was written: what came last counts.
            if (_entries.GetValueOrDefault(key) != entry)
            {
                return;
            }

            if (stored is null)
            {
                _entries.Remove(key);
                return;
            }

            entry.Stored = stored;
            _queue.Set(key, stored.Reminder.Schedule.Next);
        }
    }

    private void Drop(string key, Entry entry)
    {
        lock (_gate)
        {
            if (_entries.GetValueOrDefault(key) == entry)
            {
                _entries.Remove(key);
            }
        }
    }

    private enum Outcome { Done, Cancelled, Moved }

    private sealed class Entry(StoredReminder stored)
    {
        public StoredReminder Stored { get; set; } = stored;
    }

    [LoggerMessage(LogLevel.Warning, "The reminder {Reminder} of the actor {Actor} failed: {Reason}")]
    private static partial void LogFailed(ILogger logger, string reminder, ActorAddress actor, string reason);

    [LoggerMessage(LogLevel.Warning, "A tick of the reminder {Reminder} of the actor {Actor} could not be written down; trying again")]
    private static partial void LogNotWritten(ILogger logger, string reminder, ActorAddress actor, Exception failure);

    [LoggerMessage(LogLevel.Warning, "Reminders could not be read; trying again")]
    private static partial void LogReloadFailed(ILogger logger, Exception failure);

    [LoggerMessage(LogLevel.Warning, "No reminder will fire here: {Reason}")]
    private static partial void LogUnusable(ILogger logger, string reason);

    [LoggerMessage(LogLevel.Debug, "The reminder {Reminder} of the actor {Actor} was on its way when the host stopped; it comes again")]
    private static partial void LogStopped(ILogger logger, string reminder, ActorAddress actor);
}
