using System.Collections.Concurrent;
using Sidecar.Metrics;
using Sidecar.Resiliency;
using Sidecar.Scheduling;

namespace Sidecar.Actors.Hosting;

/// <summary>
/// The actors that are active on this host. Active to waiting-for-its-end to gone: while the app is being told to
/// deactivate an actor nobody else may have it, so calls wait for that and only then begin anew.
/// </summary>
internal sealed partial class ActiveActors : IDisposable
{
    /// <summary>How long the app may take to deactivate an actor before it counts as gone.</summary>
    public static readonly TimeSpan DeactivationTimeout = TimeSpan.FromSeconds(5);

    private static readonly Dictionary<string, ActorTypeSettings> NoTypes = [];

    private readonly Lock _gate = new();
    private readonly ConcurrentDictionary<string, Activation> _active = new(StringComparer.Ordinal);
    private readonly ActorApp _app;
    private readonly ResiliencyPolicies _resiliency;
    private readonly ActorMetrics _metrics;
    private readonly TimeProvider _clock;
    private readonly ILogger<ActiveActors> _logger;
    private readonly TimerQueue _idle;
    private volatile IReadOnlyDictionary<string, ActorTypeSettings> _types = NoTypes;
    private Func<ActorAddress, bool> _stays = _ => false;

    public ActiveActors(ActorApp app, ResiliencyPolicies resiliency, SidecarMetrics metrics, TimeProvider clock, ILogger<ActiveActors> logger)
    {
        (_app, _resiliency, _metrics, _clock, _logger) = (app, resiliency, metrics.Actors, clock, logger);
        _idle = new TimerQueue(clock, LookForIdle);
    }

    /// <summary>Raised when an actor is no longer active, before anybody may activate it again.</summary>
    public event Action<ActorAddress>? Deactivated;

    /// <summary>The hosted types with the number of their active actors.</summary>
    public IReadOnlyList<(string Type, int Count)> Counts
    {
        get
        {
            var counts = _active.Values.CountBy(activation => activation.Actor.Type).ToDictionary(StringComparer.Ordinal);
            return [.. _types.Keys.Order(StringComparer.Ordinal).Select(type => (type, counts.GetValueOrDefault(type)))];
        }
    }

    public bool IsHosted(string type) => _types.ContainsKey(type);

    public bool IsActive(ActorAddress actor) => _active.ContainsKey(actor.UniqueKey);

    /// <summary>Which types may become active here; which actors of theirs is said by <see cref="KeepOnlyAsync"/>.</summary>
    public void Host(IReadOnlyDictionary<string, ActorTypeSettings> types) => _types = types;

    public void HostNothing() => _types = NoTypes;

    /// <summary>
    /// Runs a turn of the actor, which becomes active if it is not. Throws <see cref="ActorException"/>: Moved when the
    /// actor is not, or no longer, this host's.
    /// </summary>
    /// <param name="chain">The reentrancy id that came with the call.</param>
    /// <param name="turn">Is given the reentrancy id to go on with; null without reentrancy.</param>
    public async Task<T> TurnAsync<T>(
        ActorAddress actor, string? chain, Func<string?, CancellationToken, Task<T>> turn, CancellationToken cancellationToken)
    {
        while (true)
        {
            var activation = Activate(actor);
            var own = activation.Settings.Reentrancy ? chain ?? RandomId.NewUuid() : null;
            IDisposable place;
            _metrics.Waits(actor.Type);
            try
            {
                place = await activation.Turns.EnterAsync(own, cancellationToken);
            }
            catch (ActorException leaving) when (leaving.Fault == ActorFault.Moved)
            {
                await activation.Ended.WaitAsync(cancellationToken);
                if (activation.IsMoving)
                {
                    throw;
                }

                continue;
            }
            finally
            {
                _metrics.WaitsNoMore(actor.Type);
            }

            try
            {
                return await RunAsync(activation, token => turn(own, token), cancellationToken);
            }
            finally
            {
                activation.Touch();
                place.Dispose();
                Watch(activation);
            }
        }
    }

    /// <summary>From now on only these actors may be active here; returns when the app was told of all others that were.</summary>
    public Task KeepOnlyAsync(Func<ActorAddress, bool> stays) => KeepOnlyAsync(stays, atOnce: false);

    /// <summary>No actor may be active here from now on, and turns in hand are not waited for.</summary>
    public Task DropAllAsync() => KeepOnlyAsync(_ => false, atOnce: true);

    public void Dispose() => _idle.Dispose();

    private async Task KeepOnlyAsync(Func<ActorAddress, bool> stays, bool atOnce)
    {
        List<Activation> leaving;
        lock (_gate)
        {
            _stays = stays;
            leaving = [.. _active.Values.Where(activation => !stays(activation.Actor))];
        }

        await Task.WhenAll(leaving.Select(activation => MoveAwayAsync(activation, atOnce)));
    }

    private Activation Activate(ActorAddress actor)
    {
        var key = actor.UniqueKey;
        if (_active.TryGetValue(key, out var activation))
        {
            // A host that was stopped for longer than its lease finds that out here, before it begins a turn.
            return activation.IsMoving || Volatile.Read(ref _stays)(actor) ? activation : throw ActorException.Moved();
        }

        lock (_gate)
        {
            // Under the lock: or an actor could slip in between a change of owners and the look at what is active.
            if (!_types.TryGetValue(actor.Type, out var settings) || !_stays(actor))
            {
                throw ActorException.Moved();
            }

            return _active.GetOrAdd(key, _ => new Activation(actor, settings, _clock));
        }
    }

    private async Task<T> RunAsync<T>(Activation activation, Func<CancellationToken, Task<T>> turn, CancellationToken cancellationToken)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, activation.Cut);
        try
        {
            return _resiliency.ForActorTurn(activation.Actor.Type) is { IsEmpty: false } policy
                ? await policy.RunAsync(async token => Attempt<T>.Success(await turn(token)), either.Token)
                : await turn(either.Token);
        }
        catch (OperationCanceledException) when (activation.Cut.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw ActorException.Moved();
        }
    }

    // One entry per actor and not one change of it per call: whether the actor was used meanwhile is seen when it is due.
    private void Watch(Activation activation)
    {
        if (!activation.IsWatched)
        {
            activation.IsWatched = true;
            _idle.Set(activation.Actor.UniqueKey, activation.IdleAt);
        }
    }

    private void LookForIdle(string key)
    {
        if (!_active.TryGetValue(key, out var activation))
        {
            return;
        }

        activation.IsWatched = false;
        if (activation.IdleAt > _clock.GetUtcNow())
        {
            Watch(activation);
        }
        else if (activation.Turns.TryClose())
        {
            _ = Task.Run(() => DeactivateAsync(activation));
        }
    }

    private async Task MoveAwayAsync(Activation activation, bool atOnce)
    {
        await activation.DrainAsync(atOnce);
        await DeactivateAsync(activation);
    }

    private async Task DeactivateAsync(Activation activation)
    {
        if (!activation.TryBeginEnd())
        {
            await activation.Ended;
            return;
        }

        try
        {
            // An app that is gone has no actors left to deactivate.
            if (_app.IsReachable)
            {
                using var limit = new CancellationTokenSource(DeactivationTimeout, _clock);
                await _app.DeactivateAsync(activation.Actor, limit.Token);
            }

            _metrics.Deactivated(activation.Actor.Type);
            LogDeactivated(_logger, activation.Actor);
        }
        catch (Exception failure) when (failure is ActorException or OperationCanceledException)
        {
            _metrics.NotDeactivated(activation.Actor.Type);
            LogNotDeactivated(_logger, activation.Actor, failure.Message);
        }
        finally
        {
            _idle.Set(activation.Actor.UniqueKey, null);
            _active.TryRemove(KeyValuePair.Create(activation.Actor.UniqueKey, activation));
            Deactivated?.Invoke(activation.Actor);
            activation.End();
            activation.Dispose();
        }
    }

    [LoggerMessage(LogLevel.Debug, "The actor {Actor} was deactivated")]
    private static partial void LogDeactivated(ILogger logger, ActorAddress actor);

    [LoggerMessage(LogLevel.Warning, "The app did not deactivate the actor {Actor}: {Reason}")]
    private static partial void LogNotDeactivated(ILogger logger, ActorAddress actor, string reason);
}
