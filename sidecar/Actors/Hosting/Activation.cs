namespace Sidecar.Actors.Hosting;

/// <summary>An actor that is active on this host.</summary>
internal sealed class Activation : IDisposable
{
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _cut = new();
    private readonly TimeProvider _clock;
    private long _lastUsed;
    private int _isEnding;
    private volatile bool _isMoving;

    public Activation(ActorAddress actor, ActorTypeSettings settings, TimeProvider clock)
    {
        (Actor, Settings, _clock) = (actor, settings, clock);
        Cut = _cut.Token;
        Turns = new TurnQueue(settings.Reentrancy ? settings.MaxStackDepth : null);
        Touch();
    }

    public ActorAddress Actor { get; }

    public ActorTypeSettings Settings { get; }

    public TurnQueue Turns { get; }

    /// <summary>True once another host is to have the actor: whoever is turned away must look for it anew.</summary>
    public bool IsMoving => _isMoving;

    /// <summary>False while nothing will look at <see cref="IdleAt"/>; the end of the turn in hand then sees to it.</summary>
    public bool IsWatched { get; set; }

    /// <summary>Set when turns in hand are not waited for any longer.</summary>
    public CancellationToken Cut { get; }

    /// <summary>Completes when the app was told: only then may the actor become active again, here or elsewhere.</summary>
    public Task Ended => _ended.Task;

    public DateTimeOffset IdleAt => new DateTimeOffset(Interlocked.Read(ref _lastUsed), TimeSpan.Zero) + Settings.IdleTimeout;

    public void Touch() => Interlocked.Exchange(ref _lastUsed, _clock.GetUtcNow().UtcTicks);

    /// <summary>True for the one caller that is to tell the app.</summary>
    public bool TryBeginEnd() => Interlocked.Exchange(ref _isEnding, 1) == 0;

    /// <summary>Turns in hand have as long as the type gives them, or no time at all, and then they are cut off.</summary>
    public async Task DrainAsync(bool atOnce)
    {
        _isMoving = true;
        var idle = Turns.CloseAsync();
        if (Settings.DrainTurns && !atOnce)
        {
            await idle.WaitAsync(Settings.DrainTimeout, _clock).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        if (!idle.IsCompleted)
        {
            await _cut.CancelAsync();
        }
    }

    public void End() => _ended.TrySetResult();

    public void Dispose() => _cut.Dispose();
}
