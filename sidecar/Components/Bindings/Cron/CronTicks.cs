using System.Collections.Concurrent;
using System.Globalization;

namespace Sidecar.Components.Bindings.Cron;

/// <summary>
/// The running schedule. Ticks are not kept over a restart, and one that takes long does not hold up the next; the end
/// waits for those in hand.
/// </summary>
internal sealed partial class CronTicks : IAsyncDisposable
{
    // A timer cannot wait for months, and a wall clock that was set shows within this time.
    private static readonly TimeSpan LongestWait = TimeSpan.FromHours(1);

    private readonly string _name;
    private readonly ICronSchedule _schedule;
    private readonly BindingHandler _handler;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentDictionary<long, Task> _inHand = new();
    private readonly Task _loop;

    public CronTicks(string name, ICronSchedule schedule, BindingHandler handler, TimeProvider clock, ILogger logger)
    {
        (_name, _schedule, _handler, _clock, _logger) = (name, schedule, handler, clock, logger);
        _loop = RunAsync(_stop.Token);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _loop;
        await Task.WhenAll(_inHand.Values);
        _stop.Dispose();
    }

    private async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            var last = _clock.GetUtcNow();
            for (var number = 0L; _schedule.Next(last, _clock.LocalTimeZone) is { } next; number++)
            {
                while (next - _clock.GetUtcNow() is var wait && wait > TimeSpan.Zero)
                {
                    await Task.Delay(wait < LongestWait ? wait : LongestWait, _clock, cancellationToken);
                }

                cancellationToken.ThrowIfCancellationRequested();
                Begin(number);

                // After a sleep of the machine: one tick, not all that were missed.
                last = _clock.GetUtcNow() > next ? _clock.GetUtcNow() : next;
            }

            LogNoMoreTicks(_logger, _name);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            LogStopped(_logger, _name);
        }
    }

    private void Begin(long number)
    {
        foreach (var (earlier, task) in _inHand)
        {
            if (task.IsCompleted)
            {
                _inHand.TryRemove(earlier, out _);
            }
        }

        _inHand[number] = TickAsync();
    }

    private async Task TickAsync()
    {
        // The form is Go's; apps written for daprd may read it.
        var now = _clock.GetUtcNow().ToString("yyyy-MM-dd HH:mm:ss.FFFFFFF", CultureInfo.InvariantCulture);
        var metadata = new Dictionary<string, string> { ["timeZone"] = "Local", ["readTimeUTC"] = $"{now} +0000 UTC" };
        try
        {
            await _handler(new BindingEvent(ReadOnlyMemory<byte>.Empty, metadata), CancellationToken.None);
        }
#pragma warning disable CA1031 // The handler is the whole way to the app; the next tick comes whatever became of this one.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            LogTickFailed(_logger, _name, failure);
        }
    }

    [LoggerMessage(LogLevel.Warning, "A tick of {Binding} failed")]
    private static partial void LogTickFailed(ILogger logger, string binding, Exception failure);

    [LoggerMessage(LogLevel.Warning, "The schedule of {Binding} has no further tick")]
    private static partial void LogNoMoreTicks(ILogger logger, string binding);

    [LoggerMessage(LogLevel.Debug, "{Binding} ticks no more")]
    private static partial void LogStopped(ILogger logger, string binding);
}
