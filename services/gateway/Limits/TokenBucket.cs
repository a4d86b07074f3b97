using DaprShop.Contracts.Api;

namespace DaprShop.Gateway.Limits;

/// <summary>
/// One user's tokens, counted by how many are missing: so a bucket that nobody uses needs no memory once it is full again, and new
/// limits hold at once for a bucket that stands.
/// </summary>
internal sealed class TokenBucket(long now)
{
    private readonly Lock _gate = new();
    private double _missing;
    private long _at = now;
    private bool _isRetired;

    /// <returns>Whether there was a token; null: the bucket was retired, a fresh one is as good.</returns>
    public bool? TryTake(EdgeLimits limits, TimeProvider clock)
    {
        lock (_gate)
        {
            if (_isRetired)
            {
                return null;
            }

            Refill(limits, clock);
            if (_missing + 1 > limits.Burst)
            {
                return false;
            }

            _missing++;
            return true;
        }
    }

    /// <returns>True: it is full, and nobody can take from it any more.</returns>
    public bool TryRetire(EdgeLimits limits, TimeProvider clock)
    {
        lock (_gate)
        {
            Refill(limits, clock);
            return _isRetired = _missing == 0;
        }
    }

    private void Refill(EdgeLimits limits, TimeProvider clock)
    {
        var now = clock.GetTimestamp();
        var fresh = clock.GetElapsedTime(_at, now).TotalSeconds * limits.RequestsPerSecond;
        (_missing, _at) = (Math.Clamp(_missing - fresh, 0, limits.Burst), now);
    }
}
