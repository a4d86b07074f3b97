using Microsoft.Extensions.Logging;

namespace DaprShop.ServiceDefaults.Resilience;

public enum BreakerState
{
    /// <summary>Calls go through and are counted.</summary>
    Closed,

    /// <summary>A call is on its way to find out whether the other side is back; the others are refused.</summary>
    HalfOpen,

    /// <summary>Calls are refused.</summary>
    Open,
}

/// <summary>What a call tells about the other side.</summary>
public enum CallOutcome
{
    /// <summary>It is there, whatever it said.</summary>
    Answered,

    /// <summary>It gave no answer.</summary>
    Failed,

    /// <summary>Nothing: the caller left, or the answer may mean both.</summary>
    Unknown,
}

/// <summary>Leave to make one call; each is reported once.</summary>
/// <param name="Generation">Outcomes of calls that began before the breaker last moved do not count.</param>
/// <param name="Began">Monotonic timestamp.</param>
public readonly record struct BreakerPass(long Generation, long Began, bool IsProbe);

/// <summary>
/// Refuses calls that would only wait. Opens when half of at least ten calls within ten seconds failed, or when one failed slowly and nothing else was
/// answered meanwhile: whoever hangs is not asked ten times. Then it lets one call a second through, whose outcome decides. What it refuses was
/// certainly not done. It counts answers, not what they say: a service that refuses is there.
/// </summary>
/// <param name="name">For logs, metrics and health.</param>
public sealed partial class CircuitBreaker(string name, TimeProvider clock, ILogger<CircuitBreaker> logger)
{
    /// <summary>Fewer tell nothing about a share.</summary>
    internal const int LeastCalls = 10;

    internal static readonly TimeSpan Window = TimeSpan.FromSeconds(10);

    /// <summary>Short, so that the shop is back within seconds when the other side is.</summary>
    internal static readonly TimeSpan OpenFor = TimeSpan.FromSeconds(1);

    /// <summary>A failure that took as long is a wait, not a refusal.</summary>
    internal static readonly TimeSpan Slow = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private BreakerState _state;
    private long _generation;
    private long _since = clock.GetTimestamp();
    private long? _answeredAt;
    private bool _mayProbe;
    private int _calls;
    private int _failures;
    private long _refused;

    public string Name { get; } = name;

    public BreakerState State
    {
        get
        {
            lock (_gate)
            {
                return _state;
            }
        }
    }

    /// <summary>Calls refused since the process began.</summary>
    public long Refused => Interlocked.Read(ref _refused);

    /// <returns>Null: the call is refused.</returns>
    public BreakerPass? TryEnter()
    {
        lock (_gate)
        {
            if (_state == BreakerState.Closed)
            {
                return new BreakerPass(_generation, clock.GetTimestamp(), IsProbe: false);
            }

            if (_mayProbe || clock.GetElapsedTime(_since) >= OpenFor)
            {
                // A probe that waits for long does not keep the next one from asking; the first to hear anything decides.
                MoveTo(BreakerState.HalfOpen);
                return new BreakerPass(_generation, _since, IsProbe: true);
            }

            _refused++;
            return null;
        }
    }

    public void Report(BreakerPass pass, CallOutcome outcome)
    {
        lock (_gate)
        {
            if (pass.Generation != _generation)
            {
                return;
            }

            if (pass.IsProbe)
            {
                EndProbe(outcome);
            }
            else if (outcome != CallOutcome.Unknown)
            {
                Count(pass, outcome);
            }
        }
    }

    private void EndProbe(CallOutcome outcome)
    {
        MoveTo(outcome == CallOutcome.Answered ? BreakerState.Closed : BreakerState.Open);
        _mayProbe = outcome == CallOutcome.Unknown;
        if (_state == BreakerState.Closed)
        {
            LogClosed(Name);
        }
    }

    private void Count(BreakerPass pass, CallOutcome outcome)
    {
        if (clock.GetElapsedTime(_since) >= Window)
        {
            (_since, _calls, _failures) = (clock.GetTimestamp(), 0, 0);
        }

        _calls++;
        if (outcome == CallOutcome.Answered)
        {
            _answeredAt = clock.GetTimestamp();
            return;
        }

        _failures++;
        var isSilent = clock.GetElapsedTime(pass.Began) >= Slow && !(_answeredAt > pass.Began);
        if (isSilent || (_calls >= LeastCalls && _failures * 2 >= _calls))
        {
            LogOpened(Name, _failures, _calls);
            MoveTo(BreakerState.Open);
        }
    }

    private void MoveTo(BreakerState state)
    {
        _generation += _state == state ? 0 : 1;
        (_state, _since) = (state, clock.GetTimestamp());
        (_calls, _failures, _mayProbe) = (0, 0, false);
    }

    [LoggerMessage(LogLevel.Warning, "{Breaker} does not answer: {Failures} of {Calls} calls failed, and the next are refused at once")]
    private partial void LogOpened(string breaker, int failures, int calls);

    [LoggerMessage(LogLevel.Information, "{Breaker} answers again")]
    private partial void LogClosed(string breaker);
}
