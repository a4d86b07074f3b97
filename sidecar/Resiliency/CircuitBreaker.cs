namespace Sidecar.Resiliency;

internal enum BreakerState { Closed, Open, HalfOpen }

/// <summary>The breaker refused the call. No retry loop goes on after it.</summary>
internal sealed class CircuitBreakerOpenException(string message) : Exception(message);

/// <summary>
/// closed --trip--> open --timeout--> half open --maxRequests successes--> closed, or --one failure--> open.
/// Each state change starts a new generation; the outcome of a call that began in an older one no longer counts.
/// </summary>
internal sealed class CircuitBreaker(CircuitBreakerPolicy policy, TimeProvider clock)
{
    private readonly Lock _gate = new();
    private BreakerState _state;
    private Counts _counts;
    private long _generation;
    private long _since = clock.GetTimestamp();

    public BreakerState State
    {
        get
        {
            lock (_gate)
            {
                MoveByTime();
                return _state;
            }
        }
    }

    /// <summary>Lets a call through and names its generation, or throws <see cref="CircuitBreakerOpenException"/>.</summary>
    public long Enter()
    {
        lock (_gate)
        {
            MoveByTime();
            if (_state == BreakerState.Open)
            {
                throw new CircuitBreakerOpenException("circuit breaker is open");
            }

            if (_state == BreakerState.HalfOpen && _counts.Requests >= policy.MaxRequests)
            {
                throw new CircuitBreakerOpenException("too many requests");
            }

            _counts.Requests++;
            return _generation;
        }
    }

    public void Report(long generation, bool success)
    {
        lock (_gate)
        {
            MoveByTime();
            if (generation != _generation)
            {
                return;
            }

            if (success)
            {
                _counts.TotalSuccesses++;
                _counts.ConsecutiveSuccesses++;
                _counts.ConsecutiveFailures = 0;
                if (_state == BreakerState.HalfOpen && _counts.ConsecutiveSuccesses >= policy.MaxRequests)
                {
                    MoveTo(BreakerState.Closed);
                }

                return;
            }

            _counts.TotalFailures++;
            _counts.ConsecutiveFailures++;
            _counts.ConsecutiveSuccesses = 0;
            if (_state == BreakerState.HalfOpen || policy.Trip.Holds(name => _counts[name], out _))
            {
                MoveTo(BreakerState.Open);
            }
        }
    }

    /// <summary>The caller went away before there was an outcome: give back the place of a trial call.</summary>
    public void Abandon(long generation)
    {
        lock (_gate)
        {
            if (generation == _generation)
            {
                _counts.Requests--;
            }
        }
    }

    private void MoveByTime()
    {
        var elapsed = clock.GetElapsedTime(_since);
        if (_state == BreakerState.Open && elapsed >= policy.Timeout)
        {
            MoveTo(BreakerState.HalfOpen);
        }
        else if (_state == BreakerState.Closed && policy.Interval > TimeSpan.Zero && elapsed >= policy.Interval)
        {
            MoveTo(BreakerState.Closed);
        }
    }

    private void MoveTo(BreakerState state)
    {
        _state = state;
        _counts = default;
        _generation++;
        _since = clock.GetTimestamp();
    }

    private struct Counts
    {
        public int Requests;
        public int TotalSuccesses;
        public int TotalFailures;
        public int ConsecutiveSuccesses;
        public int ConsecutiveFailures;

        public readonly double this[string name] => name switch
        {
            "requests" => Requests,
            "totalSuccesses" => TotalSuccesses,
            "totalFailures" => TotalFailures,
            "consecutiveSuccesses" => ConsecutiveSuccesses,
            _ => ConsecutiveFailures,
        };
    }
}
