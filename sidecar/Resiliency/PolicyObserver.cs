using Sidecar.Metrics;

namespace Sidecar.Resiliency;

/// <summary>Counts what the policies of one target do. Its labels are made once, not for every call.</summary>
internal sealed class PolicyObserver(ResiliencyMetrics metrics, string document, Direction direction, string target)
{
    private readonly LabelValues _timeout = Of("timeout", document, direction, target);
    private readonly LabelValues _retry = Of("retry", document, direction, target);
    private readonly LabelValues _breaker = Of("circuitbreaker", document, direction, target);

    public void Begin(bool hasTimeout, bool hasRetry, CircuitBreaker? breaker)
    {
        if (hasTimeout)
        {
            metrics.Used(_timeout);
        }

        if (hasRetry)
        {
            metrics.Used(_retry);
        }

        if (breaker is not null)
        {
            var state = breaker.State;
            metrics.Used(_breaker with { Sixth = ResiliencyMetrics.NameOf(state) });
            metrics.Breaker(_breaker, state);
        }
    }

    public void TimedOut() => metrics.Activated(_timeout);

    public void Retries() => metrics.Activated(_retry);

    public void BreakerMoved(BreakerState state)
    {
        metrics.Activated(_breaker with { Sixth = ResiliencyMetrics.NameOf(state) });
        metrics.Breaker(_breaker, state);
    }

    private static LabelValues Of(string policy, string document, Direction direction, string target) =>
        new(document, policy, "", direction == Direction.Inbound ? "inbound" : "outbound", target);
}
