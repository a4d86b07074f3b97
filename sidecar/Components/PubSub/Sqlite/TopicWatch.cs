using System.Collections.Concurrent;

namespace Sidecar.Components.PubSub.Sqlite;

/// <summary>
/// Wakes the subscriptions of one database file: at once for what this process published, within the poll interval for
/// other processes. One poll serves the whole process, and only while somebody is subscribed.
/// </summary>
internal sealed partial class TopicWatch(MessageLog log, TimeProvider clock, ILogger logger) : IAsyncDisposable
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(250);

    private readonly ConcurrentDictionary<WakeUp, string> _sleepers = new();
    private readonly System.Threading.Lock _gate = new();
    private CancellationTokenSource? _stopPolling;
    private Task _polling = Task.CompletedTask;

    public void Add(string topic, WakeUp wakeUp)
    {
        lock (_gate)
        {
            _sleepers[wakeUp] = topic;
            if (_stopPolling is null)
            {
                _stopPolling = new CancellationTokenSource();
                _polling = PollAsync(_polling, _stopPolling.Token);
            }
        }
    }

    public void Remove(WakeUp wakeUp)
    {
        lock (_gate)
        {
            _sleepers.TryRemove(wakeUp, out _);
            if (_sleepers.IsEmpty)
            {
                StopPolling();
            }
        }
    }

    public void Published(string topic)
    {
        foreach (var (wakeUp, subscribed) in _sleepers)
        {
            if (subscribed == topic)
            {
                wakeUp.Set();
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        lock (_gate)
        {
            StopPolling();
        }

        await _polling;
    }

    private void StopPolling()
    {
        _stopPolling?.Cancel();
        _stopPolling?.Dispose();
        _stopPolling = null;
    }

    private async Task PollAsync(Task previous, CancellationToken cancellationToken)
    {
        await previous;
        try
        {
            // Nothing is known yet, so the first look wakes everybody.
            var seen = -1L;
            using var timer = new PeriodicTimer(PollInterval, clock);
            while (await timer.WaitForNextTickAsync(cancellationToken))
            {
                seen = await LookAsync(seen, cancellationToken);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            LogStopped(logger);
        }
    }

    private async Task<long> LookAsync(long seen, CancellationToken cancellationToken)
    {
        try
        {
            var newest = await log.NewestAsync(cancellationToken);
            if (newest != seen)
            {
                foreach (var wakeUp in _sleepers.Keys)
                {
                    wakeUp.Set();
                }
            }

            return newest;
        }
        catch (ComponentException failure)
        {
            LogFailed(logger, failure);
            return seen;
        }
    }

    [LoggerMessage(LogLevel.Debug, "No subscription is left; polling for other processes' messages stopped")]
    private static partial void LogStopped(ILogger logger);

    [LoggerMessage(LogLevel.Warning, "Looking for other processes' messages failed; the next poll tries again")]
    private static partial void LogFailed(ILogger logger, Exception failure);
}
