namespace Sidecar.Resiliency;

/// <summary>The breakers of one app by endpoint, or of one actor type by id; the least recently used one goes when the cache is full.</summary>
internal sealed class BreakerCache(int capacity, Func<CircuitBreaker> create)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, LinkedListNode<(string Endpoint, CircuitBreaker Breaker)>> _byEndpoint = new(StringComparer.Ordinal);
    private readonly LinkedList<(string Endpoint, CircuitBreaker Breaker)> _byUse = new();

    public CircuitBreaker Get(string endpoint)
    {
        lock (_gate)
        {
            if (_byEndpoint.TryGetValue(endpoint, out var known))
            {
                _byUse.Remove(known);
                _byUse.AddFirst(known);
                return known.Value.Breaker;
            }

            if (_byEndpoint.Count >= capacity && _byUse.Last is { } oldest)
            {
                _byUse.RemoveLast();
                _byEndpoint.Remove(oldest.Value.Endpoint);
            }

            var added = _byUse.AddFirst((endpoint, create()));
            _byEndpoint.Add(endpoint, added);
            return added.Value.Breaker;
        }
    }
}
