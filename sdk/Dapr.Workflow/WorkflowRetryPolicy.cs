namespace Dapr.Workflow;

/// <summary>
/// When and how often a failed activity or child workflow is called again. The waits are durable timers of the
/// workflow, so they outlive the process.
/// </summary>
public class WorkflowRetryPolicy
{
    // Held against the first interval even where no maximum is given, as the official SDK does.
    private static readonly TimeSpan LongestFirstInterval = TimeSpan.FromHours(1);

    /// <summary>A policy.</summary>
    /// <param name="maxNumberOfAttempts">All attempts, the first included; at least 1.</param>
    /// <param name="firstRetryInterval">Wait after the first failure; above zero.</param>
    /// <param name="backoffCoefficient">What each further wait is multiplied with; at least 1.</param>
    /// <param name="maxRetryInterval">Longest wait; null for no cap.</param>
    /// <param name="retryTimeout">A failure later than this after the first attempt is not retried; null for no limit.</param>
    /// <exception cref="ArgumentOutOfRangeException">A value is outside its range.</exception>
    public WorkflowRetryPolicy(
        int maxNumberOfAttempts,
        TimeSpan firstRetryInterval,
        double backoffCoefficient = 1,
        TimeSpan? maxRetryInterval = null,
        TimeSpan? retryTimeout = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxNumberOfAttempts, 1);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(firstRetryInterval, TimeSpan.Zero);
        if (double.IsNaN(backoffCoefficient) || backoffCoefficient < 1)
        {
            throw new ArgumentOutOfRangeException(nameof(backoffCoefficient), backoffCoefficient, "The coefficient must be 1 or more.");
        }

        if ((maxRetryInterval ?? LongestFirstInterval) < firstRetryInterval)
        {
            throw new ArgumentOutOfRangeException(
                nameof(maxRetryInterval), maxRetryInterval, "The longest interval (1 hour when none is given) must not be below the first.");
        }

        if (retryTimeout is { } timeout && timeout != Timeout.InfiniteTimeSpan && timeout < firstRetryInterval)
        {
            throw new ArgumentOutOfRangeException(nameof(retryTimeout), retryTimeout, "The timeout must not be below the first interval.");
        }

        MaxNumberOfAttempts = maxNumberOfAttempts;
        FirstRetryInterval = firstRetryInterval;
        BackoffCoefficient = backoffCoefficient;
        MaxRetryInterval = maxRetryInterval;
        RetryTimeout = retryTimeout ?? Timeout.InfiniteTimeSpan;
    }

    /// <summary>All attempts, the first included.</summary>
    public int MaxNumberOfAttempts { get; }

    /// <summary>Wait after the first failure.</summary>
    public TimeSpan FirstRetryInterval { get; }

    /// <summary>What each further wait is multiplied with.</summary>
    public double BackoffCoefficient { get; }

    /// <summary>Longest wait; null for no cap.</summary>
    public TimeSpan? MaxRetryInterval { get; }

    /// <summary>A failure later than this after the first attempt is not retried; infinite when none was given.</summary>
    public TimeSpan RetryTimeout { get; }
}
