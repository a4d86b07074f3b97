using System.Collections.Concurrent;

namespace DaprShop.Gateway.Limits;

/// <summary>A token bucket for each user who sent something lately.</summary>
internal sealed class UserLimits : IDisposable
{
    private static readonly TimeSpan SweepEvery = TimeSpan.FromSeconds(10);

    private readonly ConcurrentDictionary<string, TokenBucket> _buckets = new(StringComparer.Ordinal);
    private readonly LiveSettings _settings;
    private readonly TimeProvider _clock;
    private readonly ITimer _sweep;

    public UserLimits(LiveSettings settings, TimeProvider clock)
    {
        (_settings, _clock) = (settings, clock);
        _sweep = clock.CreateTimer(_ => Sweep(), state: null, SweepEvery, SweepEvery);
    }

    /// <summary>Users who are remembered.</summary>
    public int Count => _buckets.Count;

    public bool TryTake(string user)
    {
        while (true)
        {
            var bucket = _buckets.GetOrAdd(user, static (_, clock) => new TokenBucket(clock.GetTimestamp()), _clock);
            if (bucket.TryTake(_settings.Edge, _clock) is { } isTaken)
            {
                return isTaken;
            }

            // Retired at this moment; the sweep is about to take it out, or this does.
            _buckets.TryRemove(KeyValuePair.Create(user, bucket));
        }
    }

    public void Dispose() => _sweep.Dispose();

    private void Sweep()
    {
        foreach (var bucket in _buckets)
        {
            if (bucket.Value.TryRetire(_settings.Edge, _clock))
            {
                _buckets.TryRemove(bucket);
            }
        }
    }
}
