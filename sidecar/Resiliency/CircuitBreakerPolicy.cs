using Sidecar.Configuration;
using Sidecar.Expressions;

namespace Sidecar.Resiliency;

/// <summary>When a breaker opens and how it closes again.</summary>
internal sealed record CircuitBreakerPolicy
{
    /// <summary>What a trip expression may speak of.</summary>
    public static readonly IReadOnlyDictionary<string, ValueKind> Counters = new Dictionary<string, ValueKind>(StringComparer.Ordinal)
    {
        ["requests"] = ValueKind.Number,
        ["totalSuccesses"] = ValueKind.Number,
        ["totalFailures"] = ValueKind.Number,
        ["consecutiveSuccesses"] = ValueKind.Number,
        ["consecutiveFailures"] = ValueKind.Number,
    };

    /// <summary>Trial calls while half open, and the successes in a row that close the breaker.</summary>
    public int MaxRequests { get; init; } = 1;

    /// <summary>How long the counters of a closed breaker live; zero: for ever.</summary>
    public TimeSpan Interval { get; init; }

    /// <summary>From open to half open.</summary>
    public TimeSpan Timeout { get; init; } = CircuitBreakerSpec.DefaultTimeout;

    public Condition Trip { get; init; } = Condition.Parse(CircuitBreakerSpec.DefaultTrip, Counters);
}
