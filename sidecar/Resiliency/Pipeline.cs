using System.Runtime.ExceptionServices;
using Sidecar.Components;

namespace Sidecar.Resiliency;

/// <summary>retry( breaker( timeout( call ))) for one target; every part is optional.</summary>
internal sealed class Pipeline(
    TimeSpan? timeout, RetryPolicy? retry, CircuitBreaker? breaker, TimeProvider clock, Func<double> jitter, PolicyObserver? observer = null)
{
    public bool IsEmpty => timeout is null && retry is null && breaker is null;

    public bool HasRetries => retry is { MaxRetries: not 0 };

    public Pipeline WithoutRetries() => new(timeout, null, breaker, clock, jitter, observer);

    /// <summary>
    /// Runs until an attempt succeeds or the policy gives up; then answers the last value or throws the last exception.
    /// </summary>
    /// <param name="stopRetrying">
    /// Ends the wait between attempts with <see cref="OperationCanceledException"/> while an attempt under way is finished.
    /// </param>
    public async Task<T> RunAsync<T>(
        Func<CancellationToken, Task<Attempt<T>>> call, CancellationToken cancellationToken, CancellationToken stopRetrying = default)
    {
        var began = clock.GetTimestamp();
        var timedOut = false;
        observer?.Begin(timeout is not null, retry is not null, breaker);
        for (var tries = 1; ; tries++)
        {
            var before = observer is null ? null : breaker?.State;
            var (attempt, error) = await TryOnceAsync(call, cancellationToken);
            if (before is not null && breaker!.State is var after && after != before)
            {
                observer!.BreakerMoved(after);
            }

            if (error is null && !attempt.Failed)
            {
                return attempt.Value;
            }

            if (timeout is not null && !timedOut && error?.SourceException is TimeoutException)
            {
                timedOut = true;
                observer?.TimedOut();
            }

            if (retry is null || !IsWorthRetry(retry, attempt, error)
                || retry.DelayBefore(tries, clock.GetElapsedTime(began), jitter()) is not { } delay)
            {
                if (error?.SourceException is PermanentFailureException { InnerException: { } cause })
                {
                    ExceptionDispatchInfo.Throw(cause);
                }

                error?.Throw();
                return attempt.Value;
            }

            observer?.Retries();
            (attempt.Value as IDisposable)?.Dispose();
            using var waiting = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, stopRetrying);
            await Task.Delay(delay, clock, waiting.Token);
        }
    }

    private static bool IsWorthRetry<T>(RetryPolicy retry, Attempt<T> attempt, ExceptionDispatchInfo? error) => error?.SourceException switch
    {
        CircuitBreakerOpenException or PermanentFailureException => false,

        // The store has decided, or the request itself is wrong: the same call again brings the same answer.
        ComponentException { Fault: not ComponentFault.Failed } => false,
        not null => true,
        null => attempt.Code is not { } code || retry.Matching.WorthRetry(code),
    };

    private async Task<(Attempt<T> Attempt, ExceptionDispatchInfo? Error)> TryOnceAsync<T>(
        Func<CancellationToken, Task<Attempt<T>>> call, CancellationToken cancellationToken)
    {
        long generation = 0;
        try
        {
            generation = breaker?.Enter() ?? 0;
        }
        catch (CircuitBreakerOpenException open)
        {
            return (default, ExceptionDispatchInfo.Capture(open));
        }

        try
        {
            var attempt = await WithTimeoutAsync(call, cancellationToken);
            breaker?.Report(generation, !attempt.Failed);
            return (attempt, null);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            breaker?.Abandon(generation);
            throw;
        }
#pragma warning disable CA1031 // A policy counts and repeats whatever a driver or the app's connection throws.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            breaker?.Report(generation, false);
            return (default, ExceptionDispatchInfo.Capture(failure));
        }
    }

    private async Task<Attempt<T>> WithTimeoutAsync<T>(Func<CancellationToken, Task<Attempt<T>>> call, CancellationToken cancellationToken)
    {
        if (timeout is not { } limit)
        {
            return await call(cancellationToken);
        }

        using var timer = new CancellationTokenSource(limit, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timer.Token);
        try
        {
            return await call(either.Token);
        }
        catch (OperationCanceledException late) when (timer.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException("context deadline exceeded", late);
        }
    }
}
