namespace Sidecar.Resiliency;

/// <summary>How often and how soon to try again.</summary>
internal sealed record RetryPolicy
{
    private const double Growth = 1.5;
    private const double Spread = 0.5;

    private static readonly TimeSpan FirstExponentialDelay = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan LongestExponentialLoop = TimeSpan.FromMinutes(15);

    public bool Exponential { get; init; }

    /// <summary>Between attempts of a constant policy.</summary>
    public TimeSpan Duration { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>The longest delay of an exponential policy, before jitter.</summary>
    public TimeSpan MaxInterval { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Retries, not attempts; negative: without limit.</summary>
    public int MaxRetries { get; init; } = -1;

    public StatusCodeMatch Matching { get; init; } = StatusCodeMatch.All;

    /// <summary>The delay before retry number <paramref name="retry"/> (1 is the first), or null to give up.</summary>
    /// <param name="elapsed">Since the first attempt began.</param>
    /// <param name="jitter">From 0 to 1.</param>
    public TimeSpan? DelayBefore(int retry, TimeSpan elapsed, double jitter)
    {
        if (MaxRetries >= 0 && retry > MaxRetries)
        {
            return null;
        }

        if (!Exponential)
        {
            return Duration;
        }

        var middle = Math.Min(FirstExponentialDelay.TotalMilliseconds * Math.Pow(Growth, retry - 1), MaxInterval.TotalMilliseconds);
        var delay = TimeSpan.FromMilliseconds(middle * (1 - Spread + (2 * Spread * jitter)));
        return elapsed + delay > LongestExponentialLoop ? null : delay;
    }
}
