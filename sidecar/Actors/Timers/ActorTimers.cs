using System.Globalization;
using Sidecar.Actors.Hosting;
using Sidecar.Actors.Schedules;
using Sidecar.Metrics;
using Sidecar.Scheduling;

namespace Sidecar.Actors.Timers;

/// <param name="Data">JSON; empty without any.</param>
internal sealed record TimerRequest(string Name, ScheduleRequest Times, ReadOnlyMemory<byte> Data, string Callback);

/// <summary>
/// Timers of the actors on this host: in memory, gone with the actor's deactivation (dapr-contract.md 10.4). A tick is a
/// turn, the next one is not looked at before it has ended, and a failed one counts like any other.
/// </summary>
internal sealed partial class ActorTimers : IDisposable
{
    private readonly Lock _gate = new();
    private readonly Dictionary<ActorAddress, Dictionary<string, Timer>> _byActor = [];
    private readonly Dictionary<string, Timer> _byKey = new(StringComparer.Ordinal);
    private readonly ActiveActors _actors;
    private readonly ActorApp _app;
    private readonly ActorMetrics _metrics;
    private readonly TimeProvider _clock;
    private readonly ILogger<ActorTimers> _logger;
    private readonly TimerQueue _queue;
    private readonly CancellationTokenSource _stopping = new();
    private long _made;

    public ActorTimers(ActiveActors actors, ActorApp app, SidecarMetrics metrics, TimeProvider clock, ILogger<ActorTimers> logger)
    {
        (_actors, _app, _metrics, _clock, _logger) = (actors, app, metrics.Actors, clock, logger);
        _queue = new TimerQueue(clock, key => _ = Task.Run(() => TickAsync(key)));
        actors.Deactivated += RemoveAll;
    }

    /// <summary>A timer of the same name is replaced. Throws <see cref="ActorException"/>, BadRequest for times that are none.</summary>
    public void Set(ActorAddress actor, TimerRequest request)
    {
        if (!_actors.IsHosted(actor.Type))
        {
            throw new ActorException(ActorFault.BadRequest, $"can't create timer for actor {actor}: actor type not registered");
        }

        Schedule schedule;
        try
        {
            schedule = Schedule.Of(request.Times, "timer", $"{actor}||{request.Name}", _clock.GetUtcNow());
        }
        catch (FormatException mistake)
        {
            throw new ActorException(ActorFault.BadRequest, mistake.Message, mistake);
        }

        lock (_gate)
        {
            Forget(actor, request.Name);
            var timer = new Timer((++_made).ToString(CultureInfo.InvariantCulture), actor, request, schedule);
            if (!_byActor.TryGetValue(actor, out var timers))
            {
                _byActor.Add(actor, timers = new Dictionary<string, Timer>(StringComparer.Ordinal));
            }

            timers.Add(request.Name, timer);
            _byKey.Add(timer.Key, timer);
            _queue.Set(timer.Key, schedule.Next);
        }
    }

    /// <summary>Removing what is not there is no error.</summary>
    public void Remove(ActorAddress actor, string name)
    {
        lock (_gate)
        {
            Forget(actor, name);
        }
    }

    public void Dispose()
    {
        _stopping.Cancel();
        _queue.Dispose();
        _stopping.Dispose();
    }

    private void RemoveAll(ActorAddress actor)
    {
        lock (_gate)
        {
            if (_byActor.TryGetValue(actor, out var timers))
            {
                foreach (var name in timers.Keys.ToList())
                {
                    Forget(actor, name);
                }
            }
        }
    }

    private void Forget(ActorAddress actor, string name)
    {
        if (_byActor.TryGetValue(actor, out var timers) && timers.Remove(name, out var timer))
        {
            _byKey.Remove(timer.Key);
            _queue.Set(timer.Key, null);
            if (timers.Count == 0)
            {
                _byActor.Remove(actor);
            }
        }
    }

    private async Task TickAsync(string key)
    {
        Timer? timer;
        lock (_gate)
        {
            if (!_byKey.TryGetValue(key, out timer))
            {
                return;
            }
        }

        var isCancelled = await FireAsync(timer);
        lock (_gate)
        {
            // Replaced or removed while its turn ran: its schedule means nothing any more.
            if (!_byKey.ContainsKey(key))
            {
                return;
            }

            if (isCancelled || timer.Schedule.AfterTick() is not { } next)
            {
                Forget(timer.Actor, timer.Request.Name);
                return;
            }

            timer.Schedule = next;
            _queue.Set(key, next.Next);
        }
    }

    private async Task<bool> FireAsync(Timer timer)
    {
        var (times, name) = (timer.Request.Times, timer.Request.Name);
        var call = new ScheduledCall(name, times.DueTime ?? "", times.Period ?? "", timer.Request.Data, timer.Request.Callback);
        try
        {
            var answer = await _actors.TurnAsync(
                timer.Actor, null, (chain, token) => _app.FireAsync(timer.Actor, call, chain, token), _stopping.Token);
            _metrics.TimerFired(timer.Actor.Type, success: true);
            return answer.CancelsSchedule;
        }
#pragma warning disable CA1031 // Nobody waits for a tick: whatever the app or a policy throws is told here or never.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            _metrics.TimerFired(timer.Actor.Type, success: false);
            LogFailed(_logger, name, timer.Actor, failure.Message);
            return false;
        }
    }

    private sealed class Timer(string key, ActorAddress actor, TimerRequest request, Schedule schedule)
    {
        public string Key => key;

        public ActorAddress Actor => actor;

        public TimerRequest Request => request;

        public Schedule Schedule { get; set; } = schedule;
    }

    [LoggerMessage(LogLevel.Warning, "The timer {Timer} of the actor {Actor} failed: {Reason}")]
    private static partial void LogFailed(ILogger logger, string timer, ActorAddress actor, string reason);
}
