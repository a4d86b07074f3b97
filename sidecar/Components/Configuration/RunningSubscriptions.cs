using System.Collections.Concurrent;

namespace Sidecar.Components.Configuration;

/// <summary>The subscriptions of one store: each has a loop of its driver's that runs until it or the store is disposed.</summary>
internal sealed partial class RunningSubscriptions(ILogger logger, TimeProvider clock) : IAsyncDisposable
{
    // A handler that ignores its token must not hold up the stop for ever.
    private static readonly TimeSpan LongestDrain = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<Subscription, Task> _running = new();
    private readonly CancellationTokenSource _abort = new();

    public ConfigurationSubscriber NewSubscriber(ConfigurationHandler handler) => new(handler, logger, _abort.Token);

    /// <param name="follow">Runs until its token is cancelled.</param>
    public IDisposable Run(ConfigurationSubscriber subscriber, Func<CancellationToken, Task> follow)
    {
        var subscription = new Subscription(subscriber);
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _running[subscription] = ended.Task;
        _ = RunAsync(subscription, follow, ended);
        if (_abort.IsCancellationRequested)
        {
            // The store was disposed while the driver prepared the subscription.
            subscription.Dispose();
        }

        return subscription;
    }

    public async ValueTask DisposeAsync()
    {
        await _abort.CancelAsync();
        var all = Task.WhenAll(_running.Values);
        foreach (var subscription in _running.Keys)
        {
            subscription.Dispose();
        }

        await all.WaitAsync(LongestDrain, clock).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _abort.Dispose();
    }

    private async Task RunAsync(Subscription subscription, Func<CancellationToken, Task> follow, TaskCompletionSource ended)
    {
        // Off the caller's thread: the first reads of a loop may be synchronous.
        await Task.Yield();
        try
        {
            await follow(subscription.Stopping);
        }
        catch (OperationCanceledException) when (subscription.Stopping.IsCancellationRequested)
        {
            LogEnded(logger);
        }
#pragma warning disable CA1031 // Nobody awaits the loop: what breaks it would otherwise go unseen.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            LogBroken(logger, failure);
        }
        finally
        {
            _running.TryRemove(subscription, out _);
            ended.SetResult();
        }
    }

    [LoggerMessage(LogLevel.Debug, "A configuration subscription ended")]
    private static partial void LogEnded(ILogger logger);

    [LoggerMessage(LogLevel.Error, "A configuration subscription broke; its subscriber gets no more changes")]
    private static partial void LogBroken(ILogger logger, Exception failure);

    private sealed class Subscription : IDisposable
    {
        private readonly ConfigurationSubscriber _subscriber;
        private readonly CancellationTokenSource _stopping = new();
        private int _isDisposed;

        public Subscription(ConfigurationSubscriber subscriber) => (_subscriber, Stopping) = (subscriber, _stopping.Token);

        public CancellationToken Stopping { get; }

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _isDisposed, 1) == 0)
            {
                _subscriber.Close();
                _stopping.Cancel();
                _stopping.Dispose();
            }
        }
    }
}
