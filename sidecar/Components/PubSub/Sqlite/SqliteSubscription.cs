using System.Collections.Concurrent;
using System.Threading.Channels;

namespace Sidecar.Components.PubSub.Sqlite;

/// <summary>
/// One consumer of a group. The pump claims messages ahead of the workers; a message in hand is acknowledged when the
/// handler returns and comes again later when it throws. Leases are renewed while the process lives.
/// </summary>
internal sealed partial class SqliteSubscription : IAsyncDisposable
{
    private static readonly TimeSpan FirstRetry = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan SweepInterval = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan PauseAfterFailure = TimeSpan.FromSeconds(1);

    private readonly MessageLog _log;
    private readonly TopicWatch _watch;
    private readonly SqlitePubSubOptions _options;
    private readonly GroupKey _group;
    private readonly MessageHandler _handler;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private readonly string _consumer = ConsumerIdentity.Next();
    private readonly WakeUp _wakeUp;
    private readonly ConcurrentDictionary<long, bool> _held = new();
    private readonly Channel<(Delivery Delivery, IncomingMessage Message)> _claimed =
        Channel.CreateUnbounded<(Delivery, IncomingMessage)>();

    private readonly CancellationTokenSource _stopping = new();
    private readonly CancellationToken _stopToken;
    private readonly CancellationToken _abort;
    private readonly int _depth;
    private readonly int _gathers;
    private readonly Task _running;
    private long? _lastLook;
    private long _lastSweep;
    private bool _newFirst;
    private volatile bool _waitsForRoom;
    private int _stopped;

    public SqliteSubscription(
        MessageLog log,
        TopicWatch watch,
        SqlitePubSubOptions options,
        GroupKey group,
        int gathers,
        MessageHandler handler,
        TimeProvider clock,
        ILogger logger,
        CancellationToken abort)
    {
        (_log, _watch, _options, _group, _handler) = (log, watch, options, group, handler);
        (_clock, _logger, _abort, _stopToken) = (clock, logger, abort, _stopping.Token);
        _wakeUp = new WakeUp(clock);
        _gathers = gathers;
        // Claims go on until half of it is in hand: enough for what a handler gathers.
        _depth = (int)Math.Max(Math.Max(options.QueueDepth, options.Concurrency), gathers > 1 ? Math.Min(2L * gathers, int.MaxValue) : 0);
        _lastSweep = clock.GetTimestamp();
        watch.Add(group.Topic, _wakeUp);
        _running = RunAsync();
    }

    /// <summary>Returns when the messages in hand are finished and the others are given back.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _stopped, 1) == 0)
        {
            _watch.Remove(_wakeUp);
            await _stopping.CancelAsync();
            await _running;
            _stopping.Dispose();
        }
        else
        {
            await _running;
        }
    }

    private async Task RunAsync()
    {
        // Off the caller's thread: the first reads are synchronous.
        await Task.Yield();
        using var renewalEnds = new CancellationTokenSource();
        var renewal = RenewAsync(renewalEnds.Token);
        var workers = _gathers > 1 ? [GatherAsync()] : Enumerable.Range(0, _options.Concurrency).Select(_ => WorkAsync()).ToArray();
        await PumpAsync();
        _claimed.Writer.Complete();
        await Task.WhenAll(workers);
        await renewalEnds.CancelAsync();
        await renewal;
        await TryAsync(() => _log.ReleaseAsync(_group, _consumer), "release");
    }

    private async Task PumpAsync()
    {
        while (!_stopToken.IsCancellationRequested)
        {
            try
            {
                await LookAfterGroupAsync();
                if (!await ClaimAsync())
                {
                    await SleepAsync();
                }
            }
            catch (OperationCanceledException) when (_stopToken.IsCancellationRequested)
            {
                return;
            }
            catch (ComponentException failure)
            {
                LogPumpFailed(_logger, _group.Topic, _group.Name, failure);
                await Task.Delay(PauseAfterFailure, _clock, _stopToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    /// <summary>False: there is nothing to claim, or enough is in hand.</summary>
    private async Task<bool> ClaimAsync()
    {
        // In portions: asking for one message after each acknowledgement would double the transactions. The flag goes
        // up before the count is read, so that a worker that finishes in between knocks.
        _waitsForRoom = true;
        if (_held.Count > _depth / 2)
        {
            return false;
        }

        _waitsForRoom = false;
        if (!await _log.HasWorkAsync(_group, _stopToken))
        {
            return false;
        }

        var claimed = await _log.ClaimAsync(
            _group, _consumer, _depth - _held.Count, _newFirst, _options.ProcessingTimeout, _stopToken);
        _newFirst = !_newFirst;
        // A lease of our own that ran out (the machine slept) comes back here while its handler still runs.
        var fresh = claimed.Where(delivery => !_held.ContainsKey(delivery.Sequence)).ToDictionary(delivery => delivery.Sequence);
        foreach (var (sequence, message) in await _log.LoadAsync(fresh.Keys, _stopToken))
        {
            _held.TryAdd(sequence, true);
            _claimed.Writer.TryWrite((fresh[sequence], message));
        }

        return true;
    }

    private async Task SleepAsync()
    {
        var due = await _log.NextDueAsync(_group, _stopToken);
        var atMost = due < _options.RedeliverInterval && !_waitsForRoom ? due.Value : _options.RedeliverInterval;
        await _wakeUp.WaitAsync(atMost, _stopToken);
    }

    /// <summary>Takes over from consumers whose process died and drops old messages.</summary>
    private async Task LookAfterGroupAsync()
    {
        if (_lastLook is { } last && _clock.GetElapsedTime(last) < _options.RedeliverInterval)
        {
            return;
        }

        _lastLook = _clock.GetTimestamp();
        foreach (var consumer in await _log.ConsumersAsync(_group, _stopToken))
        {
            if (ConsumerIdentity.IsGone(consumer))
            {
                LogTakeOver(_logger, _group.Topic, _group.Name, consumer);
                await _log.ReleaseAsync(_group, consumer);
            }
        }

        if (_clock.GetElapsedTime(_lastSweep) >= SweepInterval)
        {
            _lastSweep = _clock.GetTimestamp();
            await _log.SweepAsync(_group.Topic, _options.Retention, _stopToken);
        }
    }

    private async Task WorkAsync()
    {
        await foreach (var (delivery, message) in _claimed.Reader.ReadAllAsync(CancellationToken.None))
        {
            await FinishAsync(delivery, message);
        }
    }

    /// <summary>In place of the workers, which would not keep the order in which a handler that gathers gets its messages.</summary>
    private async Task GatherAsync()
    {
        var window = new HandlerWindow(_gathers);
        await foreach (var (delivery, message) in _claimed.Reader.ReadAllAsync(CancellationToken.None))
        {
            await window.AddAsync(() => FinishAsync(delivery, message), CancellationToken.None);
        }

        await window.DrainAsync();
    }

    private async Task FinishAsync(Delivery delivery, IncomingMessage message)
    {
        // Claimed but not begun: given back when all workers have ended.
        if (!_stopToken.IsCancellationRequested)
        {
            await DeliverAsync(delivery, message);
        }

        _held.TryRemove(delivery.Sequence, out _);
        if (_waitsForRoom && _held.Count <= _depth / 2)
        {
            _wakeUp.Set();
        }
    }

    private async Task DeliverAsync(Delivery delivery, IncomingMessage message)
    {
        try
        {
            await _handler(message, _abort);
        }
        catch (OperationCanceledException) when (_stopToken.IsCancellationRequested || _abort.IsCancellationRequested)
        {
            return;
        }
#pragma warning disable CA1031 // The handler is the whole way to the app: whatever goes wrong there means "again, later".
        catch (Exception failure)
#pragma warning restore CA1031
        {
            var delay = DelayAfter(delivery.Attempt);
            LogHandlerFailed(_logger, _group.Topic, _group.Name, delivery.Sequence, delivery.Attempt, delay, failure);
            await TryAsync(() => _log.RetryLaterAsync(_group, _consumer, delivery.Sequence, delay), "retry");
            _wakeUp.Set();
            return;
        }

        // When this fails the lease runs out and the message comes again: at least once.
        await TryAsync(() => _log.AcknowledgeAsync(_group, delivery.Sequence), "acknowledge");
    }

    private TimeSpan DelayAfter(int attempt)
    {
        var delay = FirstRetry * Math.Pow(2, Math.Clamp(attempt - 1, 0, 20));
        return delay < _options.RedeliverInterval ? delay : _options.RedeliverInterval;
    }

    private async Task RenewAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(_options.ProcessingTimeout / 3, _clock);
        try
        {
            while (await timer.WaitForNextTickAsync(cancellationToken))
            {
                if (!_held.IsEmpty)
                {
                    await TryAsync(() => _log.RenewAsync(_group, _consumer, _held.Keys, _options.ProcessingTimeout), "renew");
                }
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            LogStopped(_logger, _group.Topic, _group.Name);
        }
    }

    private async Task TryAsync(Func<Task> write, string step)
    {
        try
        {
            await write();
        }
        catch (ComponentException failure)
        {
            LogWriteFailed(_logger, step, _group.Topic, _group.Name, failure);
        }
    }

    [LoggerMessage(LogLevel.Warning, "Message {Sequence} of topic {Topic} failed in group {Group}, attempt {Attempt}; it comes again in {Delay}")]
    private static partial void LogHandlerFailed(ILogger logger, string topic, string group, long sequence, int attempt, TimeSpan delay, Exception failure);

    [LoggerMessage(LogLevel.Warning, "Could not {Step} a delivery of topic {Topic} in group {Group}; it comes again when its lease ends")]
    private static partial void LogWriteFailed(ILogger logger, string step, string topic, string group, Exception failure);

    [LoggerMessage(LogLevel.Warning, "Taking messages of topic {Topic} for group {Group} failed; trying again")]
    private static partial void LogPumpFailed(ILogger logger, string topic, string group, Exception failure);

    [LoggerMessage(LogLevel.Information, "Messages of topic {Topic} in group {Group} are taken over from {Consumer}, which ended without giving them back")]
    private static partial void LogTakeOver(ILogger logger, string topic, string group, string consumer);

    [LoggerMessage(LogLevel.Debug, "Subscription of group {Group} to topic {Topic} ended")]
    private static partial void LogStopped(ILogger logger, string topic, string group);
}
