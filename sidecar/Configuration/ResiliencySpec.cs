namespace Sidecar.Configuration;

internal enum RetryKind { Constant, Exponential }

/// <param name="Duration">Between tries; constant only.</param>
/// <param name="MaxInterval">Upper bound of the growing interval; exponential only.</param>
/// <param name="MaxRetries">-1: without end. 0: no retry.</param>
/// <param name="HttpStatusCodes">Codes and ranges as written, such as "500-599,429"; null: every failure is retried.</param>
internal sealed record RetrySpec(
    RetryKind Kind, TimeSpan Duration, TimeSpan MaxInterval, int MaxRetries, string? HttpStatusCodes, string? GrpcStatusCodes, int Line)
{
    public static readonly TimeSpan DefaultDuration = TimeSpan.FromSeconds(5);
    public static readonly TimeSpan DefaultMaxInterval = TimeSpan.FromSeconds(60);
}

/// <param name="MaxRequests">Trial calls while half open.</param>
/// <param name="Interval">How often the counters of a closed breaker start over; zero: never.</param>
/// <param name="Timeout">From open to half open.</param>
/// <param name="Trip">A CEL expression over the counters.</param>
internal sealed record CircuitBreakerSpec(int MaxRequests, TimeSpan Interval, TimeSpan Timeout, string Trip, int Line)
{
    public const string DefaultTrip = "consecutiveFailures > 5";
    public static readonly TimeSpan DefaultTimeout = TimeSpan.FromSeconds(60);
}

/// <summary>The policies a target names; null where it names none.</summary>
internal sealed record PolicyNames(string? Timeout, string? Retry, string? CircuitBreaker)
{
    public static readonly PolicyNames None = new(null, null, null);
}

internal sealed record AppTarget(PolicyNames Policies, int CircuitBreakerCacheSize)
{
    public const int DefaultCacheSize = 100;
}

/// <param name="BreakerPerType">One breaker for all actors of the type; otherwise one for each actor.</param>
internal sealed record ActorTarget(PolicyNames Policies, bool BreakerPerType, int CircuitBreakerCacheSize)
{
    public const int DefaultCacheSize = 5000;
}

internal sealed record ComponentTarget(PolicyNames Inbound, PolicyNames Outbound);

/// <summary>All Resiliency documents meant for this sidecar, merged (dapr-contract.md 12). A later file's entries replace those of the same name.</summary>
internal sealed record ResiliencySpec
{
    /// <summary>Names of the loaded documents.</summary>
    public IReadOnlyList<string> Names { get; init; } = [];

    public IReadOnlyDictionary<string, TimeSpan> Timeouts { get; init; } = new Dictionary<string, TimeSpan>();

    public IReadOnlyDictionary<string, RetrySpec> Retries { get; init; } = new Dictionary<string, RetrySpec>();

    public IReadOnlyDictionary<string, CircuitBreakerSpec> CircuitBreakers { get; init; } = new Dictionary<string, CircuitBreakerSpec>();

    public IReadOnlyDictionary<string, AppTarget> Apps { get; init; } = new Dictionary<string, AppTarget>();

    /// <summary>By actor type.</summary>
    public IReadOnlyDictionary<string, ActorTarget> Actors { get; init; } = new Dictionary<string, ActorTarget>();

    public IReadOnlyDictionary<string, ComponentTarget> Components { get; init; } = new Dictionary<string, ComponentTarget>();
}
