using Sidecar.Resiliency;

namespace Sidecar.Metrics;

/// <summary>Policies: how often they were around a call, and how often they did something.</summary>
internal sealed class ResiliencyMetrics
{
    private static readonly string[] Labels = ["name", "policy", "namespace", "flow_direction", "target", "status"];

    private readonly Family _loaded;
    private readonly Family _used;
    private readonly Family _activated;
    private readonly Family _breakers;

    public ResiliencyMetrics(FamilySet families)
    {
        _loaded = families.Counter("resiliency_loaded", "Resiliency documents loaded.", false, "name", "namespace");
        _used = families.Counter("resiliency_count", "Calls that a policy was around.", false, Labels);
        _activated = families.Counter("resiliency_activations_total", "Retries, timeouts, and changes of circuit breakers.", false, Labels);
        _breakers = families.Gauge("resiliency_cb_state", "1 for the state that a circuit breaker is in, 0 for the others.", false, Labels);
    }

    public void Loaded(string document) => _loaded.Count(new LabelValues(document));

    public void Used(LabelValues policy) => _used.Count(policy);

    public void Activated(LabelValues policy) => _activated.Count(policy);

    /// <param name="breaker">The policy without its status.</param>
    public void Breaker(LabelValues breaker, BreakerState state)
    {
        foreach (var each in Enum.GetValues<BreakerState>())
        {
            _breakers.Set(breaker with { Sixth = NameOf(each) }, each == state ? 1 : 0);
        }

        // daprd's fourth state, which a breaker here is never in.
        _breakers.Set(breaker with { Sixth = "unknown" }, 0);
    }

    public static string NameOf(BreakerState state) => state switch
    {
        BreakerState.Closed => "closed",
        BreakerState.Open => "open",
        _ => "half-open",
    };
}
