using Sidecar.Configuration;
using Sidecar.Expressions;

namespace Sidecar.Resiliency;

internal enum Direction { Inbound, Outbound }

/// <summary>The policies of all Resiliency documents by name, and which of them a target uses.</summary>
internal sealed class PolicySet
{
    public const string BuiltInServiceRetries = "DaprBuiltInServiceRetries";
    public const string BuiltInActorRetries = "DaprBuiltInActorRetries";
    public const string BuiltInActorNotFoundRetries = "DaprBuiltInActorNotFoundRetries";
    public const string BuiltInInitializationRetries = "DaprBuiltInInitializationRetries";

    private const int FewestBuiltInRetries = 3;

    private readonly ResiliencySpec _spec;
    private readonly Dictionary<string, RetryPolicy> _retries;
    private readonly Dictionary<string, CircuitBreakerPolicy> _breakers;

    /// <summary>The spec was checked while it was read: patterns and trip expressions parse.</summary>
    public PolicySet(ResiliencySpec spec)
    {
        _spec = spec;
        _breakers = spec.CircuitBreakers.ToDictionary(item => item.Key, item => Breaker(item.Value), StringComparer.Ordinal);
        _retries = new Dictionary<string, RetryPolicy>(StringComparer.Ordinal)
        {
            [BuiltInServiceRetries] = new() { Duration = TimeSpan.FromSeconds(1), MaxRetries = FewestBuiltInRetries },
            [BuiltInActorRetries] = new() { Duration = TimeSpan.FromSeconds(1), MaxRetries = FewestBuiltInRetries },
            [BuiltInActorNotFoundRetries] = new() { Duration = TimeSpan.FromSeconds(1), MaxRetries = 5 },
            [BuiltInInitializationRetries] = new() { Exponential = true, MaxInterval = TimeSpan.FromSeconds(1), MaxRetries = FewestBuiltInRetries },
        };
        foreach (var (name, retry) in spec.Retries)
        {
            _retries[name] = Retry(name, retry);
        }
    }

    public TimeSpan? Timeout(string? name) => name is null || _spec.Timeouts[name] == TimeSpan.Zero ? null : _spec.Timeouts[name];

    public RetryPolicy? Retry(string? name) => name is null ? null : _retries[name];

    public CircuitBreakerPolicy CircuitBreaker(string name) => _breakers[name];

    /// <summary>Null when nothing targets the app.</summary>
    public PolicyNames? ForApp(string appId) => _spec.Apps.TryGetValue(appId, out var target) ? target.Policies : Default(["App"]);

    public int BreakersOf(string appId) =>
        _spec.Apps.TryGetValue(appId, out var target) ? target.CircuitBreakerCacheSize : AppTarget.DefaultCacheSize;

    /// <summary>Null when nothing targets the actor type.</summary>
    public ActorTarget? ForActor(string type) =>
        _spec.Actors.TryGetValue(type, out var target) ? target
        : Default(["Actor"]) is { } names ? new ActorTarget(names, BreakerPerType: false, ActorTarget.DefaultCacheSize)
        : null;

    /// <summary>A component that is a target has no defaults, not even for the direction it leaves out.</summary>
    public PolicyNames? ForComponent(string name, string? type, Direction direction)
    {
        if (_spec.Components.TryGetValue(name, out var target))
        {
            return direction == Direction.Inbound ? target.Inbound : target.Outbound;
        }

        string[] targets = [$"Component{direction}", "Component"];
        return Default(Kind(type) is { } kind ? [$"{kind}Component{direction}", .. targets] : targets);
    }

    /// <summary>What daprd calls the kind of component; null for one without policies of its own.</summary>
    public static string? Kind(string? type) => type?.Split('.')[0] switch
    {
        "state" => "Statestore",
        "pubsub" => "Pubsub",
        "bindings" => "Binding",
        "secretstores" => "Secretstore",
        "configuration" => "Configuration",
        "lock" => "Lock",
        "crypto" => "Crypto",
        _ => null,
    };

    private PolicyNames? Default(string[] targets)
    {
        var found = new PolicyNames(
            FirstOf(_spec.Timeouts, targets, "Timeout"), FirstOf(_spec.Retries, targets, "Retry"), FirstOf(_breakers, targets, "CircuitBreaker"));
        return found == PolicyNames.None ? null : found;
    }

    private static string? FirstOf<T>(IReadOnlyDictionary<string, T> policies, string[] targets, string kind) =>
        targets.Append("").Select(target => $"Default{target}{kind}Policy").FirstOrDefault(policies.ContainsKey);

    private static RetryPolicy Retry(string name, RetrySpec spec) => new()
    {
        Exponential = spec.Kind == RetryKind.Exponential,
        Duration = spec.Duration,
        MaxInterval = spec.MaxInterval,

        // daprd raises a built-in policy that was redefined below its own three retries, "without limit" (-1) included.
        MaxRetries = name.StartsWith("DaprBuiltIn", StringComparison.Ordinal) ? Math.Max(spec.MaxRetries, FewestBuiltInRetries) : spec.MaxRetries,
        Matching = StatusCodeMatch.Parse(spec.HttpStatusCodes, spec.GrpcStatusCodes, out var error)
            ?? throw new ArgumentException($"retry policy {name}: {error}"),
    };

    private static CircuitBreakerPolicy Breaker(CircuitBreakerSpec spec) => new()
    {
        MaxRequests = spec.MaxRequests,
        Interval = spec.Interval,
        Timeout = spec.Timeout,
        Trip = Condition.Parse(spec.Trip, CircuitBreakerPolicy.Counters),
    };
}
