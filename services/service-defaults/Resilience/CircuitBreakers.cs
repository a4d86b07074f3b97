using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace DaprShop.ServiceDefaults.Resilience;

/// <summary>The breakers of this process, one for each other side it calls.</summary>
public sealed class CircuitBreakers(TimeProvider clock, ILogger<CircuitBreaker> logger)
{
    private readonly ConcurrentDictionary<string, CircuitBreaker> _breakers = new(StringComparer.Ordinal);

    /// <summary>In the order of their names.</summary>
    public IEnumerable<CircuitBreaker> All => _breakers.Values.OrderBy(breaker => breaker.Name, StringComparer.Ordinal);

    /// <param name="name">A component or an app id.</param>
    public CircuitBreaker Of(string name) => _breakers.GetOrAdd(name, _ => new CircuitBreaker(name, clock, logger));

    /// <summary>As health and metrics write it.</summary>
    public static string Text(BreakerState state) => state switch
    {
        BreakerState.Closed => "closed",
        BreakerState.HalfOpen => "half-open",
        _ => "open",
    };
}
