using Sidecar.Expressions;
using Sidecar.Resiliency;

namespace Sidecar.Configuration;

/// <summary>Reads and merges kind Resiliency (dapr-contract.md 12).</summary>
internal sealed class ResiliencyReader
{
    private readonly List<string> _names = [];
    private readonly Dictionary<string, TimeSpan> _timeouts = new(StringComparer.Ordinal);
    private readonly Dictionary<string, RetrySpec> _retries = new(StringComparer.Ordinal);
    private readonly Dictionary<string, CircuitBreakerSpec> _breakers = new(StringComparer.Ordinal);
    private readonly Dictionary<string, AppTarget> _apps = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ActorTarget> _actors = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ComponentTarget> _components = new(StringComparer.Ordinal);

    // A policy may be named before the file that defines it is read, so names are checked at the end.
    private readonly List<(YamlMember Member, string Policy, string Kind)> _used = [];

    public void Read(YamlMember document)
    {
        document.KnownMembers("apiVersion", "kind", "metadata", "spec", "scopes");
        var spec = document["spec"];
        spec.KnownMembers("policies", "targets");
        _names.Add(document["metadata"]["name"].Text() ?? "");
        ReadPolicies(spec["policies"]);
        ReadTargets(spec["targets"]);
    }

    public ResiliencySpec Finish()
    {
        foreach (var (member, policy, kind) in _used)
        {
            IReadOnlyCollection<string> known = kind switch
            {
                "timeout" => _timeouts.Keys,
                "retry" => _retries.Keys,
                _ => _breakers.Keys,
            };
            if (!known.Contains(policy))
            {
                var nearest = NearestName.Of(policy, known);
                member.Error($"there is no {kind} policy '{policy}'{(nearest is null ? "" : $"; did you mean '{nearest}'?")}");
            }
        }

        return new ResiliencySpec
        {
            Names = _names,
            Timeouts = _timeouts,
            Retries = _retries,
            CircuitBreakers = _breakers,
            Apps = _apps,
            Actors = _actors,
            Components = _components,
        };
    }

    private void ReadPolicies(YamlMember policies)
    {
        policies.KnownMembers("timeouts", "retries", "circuitBreakers");
        foreach (var (name, timeout) in policies["timeouts"].Entries())
        {
            _timeouts[name] = timeout.Duration() ?? TimeSpan.Zero;
        }

        foreach (var (name, retry) in policies["retries"].Entries())
        {
            _retries[name] = Retry(retry);
        }

        foreach (var (name, breaker) in policies["circuitBreakers"].Entries())
        {
            breaker.KnownMembers("maxRequests", "interval", "timeout", "trip");
            var trip = breaker["trip"].Text() is { Length: > 0 } text ? text : CircuitBreakerSpec.DefaultTrip;
            if (!Condition.IsValid(trip, CircuitBreakerPolicy.Counters, out var mistake))
            {
                breaker["trip"].Error(mistake);
            }

            _breakers[name] = new CircuitBreakerSpec(
                breaker["maxRequests"].Integer(minimum: 0) is > 0 and var requests ? requests : 1,
                breaker["interval"].Duration() ?? TimeSpan.Zero,
                breaker["timeout"].Duration() is { } open && open > TimeSpan.Zero ? open : CircuitBreakerSpec.DefaultTimeout,
                trip,
                breaker.FileLine);
        }
    }

    private static RetrySpec Retry(YamlMember retry)
    {
        retry.KnownMembers("policy", "duration", "maxInterval", "maxRetries", "matching");
        retry["matching"].KnownMembers("httpStatusCodes", "gRPCStatusCodes");
        var policy = retry["policy"].Text();
        if (policy is not (null or "constant" or "exponential"))
        {
            retry["policy"].Error($"must be constant or exponential, not '{policy}'");
        }

        if (StatusCodeMatch.Parse(retry["matching"]["httpStatusCodes"].Text(), null, out var mistake) is null)
        {
            retry["matching"]["httpStatusCodes"].Error(mistake!);
        }

        if (StatusCodeMatch.Parse(null, retry["matching"]["gRPCStatusCodes"].Text(), out mistake) is null)
        {
            retry["matching"]["gRPCStatusCodes"].Error(mistake!);
        }

        return new RetrySpec(
            policy == "exponential" ? RetryKind.Exponential : RetryKind.Constant,
            retry["duration"].Duration() ?? RetrySpec.DefaultDuration,
            retry["maxInterval"].Duration() ?? RetrySpec.DefaultMaxInterval,
            Math.Max(-1, retry["maxRetries"].Integer() ?? -1),
            retry["matching"]["httpStatusCodes"].Text(),
            retry["matching"]["gRPCStatusCodes"].Text(),
            retry.FileLine);
    }

    private void ReadTargets(YamlMember targets)
    {
        targets.KnownMembers("apps", "actors", "components");
        foreach (var (name, app) in targets["apps"].Entries())
        {
            app.KnownMembers("timeout", "retry", "circuitBreaker", "circuitBreakerCacheSize");
            _apps[name] = new AppTarget(Policies(app), app["circuitBreakerCacheSize"].Integer(minimum: 1) ?? AppTarget.DefaultCacheSize);
        }

        foreach (var (name, actor) in targets["actors"].Entries())
        {
            actor.KnownMembers("timeout", "retry", "circuitBreaker", "circuitBreakerScope", "circuitBreakerCacheSize");
            _actors[name] = Actor(actor);
        }

        foreach (var (name, component) in targets["components"].Entries())
        {
            component.KnownMembers("inbound", "outbound");
            _components[name] = new ComponentTarget(Direction(component["inbound"]), Direction(component["outbound"]));
        }
    }

    private ActorTarget Actor(YamlMember actor)
    {
        var policies = Policies(actor);
        var scope = actor["circuitBreakerScope"].Text();
        if (scope is not (null or "" or "type" or "id" or "both") || (policies.CircuitBreaker is not null && string.IsNullOrEmpty(scope)))
        {
            actor["circuitBreakerScope"].Error(
                $"must be type, id or both where a circuit breaker is used{(string.IsNullOrEmpty(scope) ? "" : $", not '{scope}'")}");
        }

        return new ActorTarget(policies, scope == "type", actor["circuitBreakerCacheSize"].Integer(minimum: 1) ?? ActorTarget.DefaultCacheSize);
    }

    private PolicyNames Direction(YamlMember direction)
    {
        direction.KnownMembers("timeout", "retry", "circuitBreaker");
        return direction.IsPresent ? Policies(direction) : PolicyNames.None;
    }

    private PolicyNames Policies(YamlMember target) =>
        new(Used(target["timeout"], "timeout"), Used(target["retry"], "retry"), Used(target["circuitBreaker"], "circuitBreaker"));

    private string? Used(YamlMember member, string kind)
    {
        if (member.Text() is not { Length: > 0 } policy)
        {
            return null;
        }

        _used.Add((member, policy, kind));
        return policy;
    }
}
