using System.Threading.Channels;
using Confluent.Kafka;

namespace Sidecar.Components.PubSub.Kafka;

/// <summary>
/// Handles the records of one assigned partition, one after the other, or as many at once as the handler gathers; while one
/// of those is tried again no further record begins. A record is marked as done when the handler
/// returned, and only while the partition is ours: a handler that comes back late marks nothing.
/// </summary>
internal sealed partial class PartitionWorker : IAsyncDisposable
{
    private const long WaitingBytes = 8 * 1024 * 1024;

    private readonly TopicPartition _partition;
    private readonly HandlerWindow _window;
    private readonly Queue<InHandRecord> _inHand = new();
    private readonly MessageHandler _handler;
    private readonly KafkaPubSubOptions _options;
    private readonly Action<TopicPartitionOffset> _mark;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private readonly Channel<ConsumeResult<byte[]?, byte[]?>> _waiting =
        Channel.CreateUnbounded<ConsumeResult<byte[]?, byte[]?>>(new UnboundedChannelOptions { SingleReader = true });

    private readonly ManualResetEventSlim _room = new(initialState: true);
    private readonly CancellationTokenSource _stop = new();
    private readonly CancellationTokenSource _abandon = new();
    private readonly CancellationToken _stopping;
    private readonly CancellationToken _abandoned;
    private readonly System.Threading.Lock _gate = new();
    private long _waitingCount;
    private long _waitingBytes;
    private TaskCompletionSource? _recovery;
    private int _failing;

    /// <param name="predecessor">An abandoned worker of the same partition: its handler may still be running.</param>
    public PartitionWorker(
        TopicPartition partition,
        int gathers,
        MessageHandler handler,
        KafkaPubSubOptions options,
        Action<TopicPartitionOffset> mark,
        Task predecessor,
        TimeProvider clock,
        ILogger logger)
    {
        (_partition, _handler, _options, _mark, _clock, _logger) = (partition, handler, options, mark, clock, logger);
        (_stopping, _abandoned) = (_stop.Token, _abandon.Token);
        _window = new HandlerWindow(gathers);
        Ended = RunAsync(predecessor);
    }

    /// <summary>Completes after <see cref="Stop"/>, when the record in hand is done with.</summary>
    public Task Ended { get; }

    public TopicPartition Partition => _partition;

    /// <summary>Where the next record is expected; null before the first.</summary>
    public Offset? Next { get; private set; }

    public bool HasRoom => _room.IsSet;

    /// <summary>Called by the polling thread alone.</summary>
    public void Add(ConsumeResult<byte[]?, byte[]?> record)
    {
        Next = record.Offset + 1;
        var count = Interlocked.Increment(ref _waitingCount);
        var bytes = Interlocked.Add(ref _waitingBytes, SizeOf(record));
        if (count >= _options.ChannelBufferSize || bytes >= WaitingBytes)
        {
            _room.Reset();
        }

        if (!_waiting.Writer.TryWrite(record))
        {
            // Stopped: it stays uncommitted and goes to whoever has the partition next.
            Taken(record);
        }
    }

    /// <summary>Blocks the polling thread for a moment: fast handlers make room sooner than a pause of the partition is over.</summary>
    public bool WaitForRoom(TimeSpan limit) => _room.Wait(limit);

    /// <summary>No further record begins, and none is tried again.</summary>
    public void Stop()
    {
        _waiting.Writer.TryComplete();
        _stop.Cancel();
    }

    /// <summary>
    /// The partition is no longer ours: from this call on, whatever the handler does counts for nothing. Returns when the
    /// handler does.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        Stop();
        lock (_gate)
        {
            _abandon.Cancel();
        }

        await Ended;
        _abandon.Dispose();
        _stop.Dispose();
        _room.Dispose();
    }

    private static int SizeOf(ConsumeResult<byte[]?, byte[]?> record) => record.Message.Value?.Length ?? 0;

    private async Task RunAsync(Task predecessor)
    {
        // Off the polling thread.
        await Task.Yield();
        await predecessor;
        await foreach (var record in _waiting.Reader.ReadAllAsync(CancellationToken.None))
        {
            if (_stopping.IsCancellationRequested)
            {
                break;
            }

            Taken(record);
            await _window.RoomAsync();
            await Recovery();
            _window.Begin(() => HandleAsync(Noted(record)));
        }

        await _window.DrainAsync();
    }

    private Task Recovery()
    {
        lock (_gate)
        {
            return _recovery?.Task ?? Task.CompletedTask;
        }
    }

    private InHandRecord Noted(ConsumeResult<byte[]?, byte[]?> record)
    {
        var noted = new InHandRecord(record);
        lock (_gate)
        {
            _inHand.Enqueue(noted);
        }

        return noted;
    }

    private void Taken(ConsumeResult<byte[]?, byte[]?> record)
    {
        var count = Interlocked.Decrement(ref _waitingCount);
        var bytes = Interlocked.Add(ref _waitingBytes, -SizeOf(record));
        if (count <= _options.ChannelBufferSize / 2 && bytes <= WaitingBytes / 2)
        {
            _room.Set();
        }
    }

    private async Task HandleAsync(InHandRecord noted)
    {
        var isFailing = false;
        try
        {
            await TryUntilDoneAsync(noted, () =>
            {
                isFailing = true;
                Failing(1);
            });
        }
        finally
        {
            if (isFailing)
            {
                Failing(-1);
            }
        }
    }

    private void Failing(int change)
    {
        lock (_gate)
        {
            _failing += change;
            if (_failing == 0)
            {
                _recovery?.SetResult();
                _recovery = null;
            }
            else
            {
                _recovery ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            }
        }
    }

    /// <param name="failed">Called once, at the first failure that is tried again.</param>
    private async Task TryUntilDoneAsync(InHandRecord noted, Action failed)
    {
        var record = noted.Record;
        var started = _clock.GetTimestamp();
        for (var failures = 0; !_stopping.IsCancellationRequested; failures++)
        {
            try
            {
                await _handler(KafkaRecord.Read(record, _options), _abandoned);
                Settle(noted, isHandled: true);
                if (failures > 0)
                {
                    LogRecovered(_logger, record.Topic, record.Partition.Value, record.Offset.Value, failures);
                }

                return;
            }
            catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
            {
                return;
            }
#pragma warning disable CA1031 // The handler is the whole way to the app: whatever goes wrong there means "again", or "passed over".
            catch (Exception failure)
#pragma warning restore CA1031
            {
                if (_options.Retry.DelayBefore(failures + 1, _clock.GetElapsedTime(started)) is not { } delay)
                {
                    LogPassedOver(_logger, record.Topic, record.Partition.Value, record.Offset.Value, failures + 1, failure);
                    Settle(noted, isHandled: false);
                    return;
                }

                // Once per record: it may come back ten times a second for hours.
                if (failures == 0)
                {
                    failed();
                    LogRetrying(_logger, record.Topic, record.Partition.Value, record.Offset.Value, delay, failure);
                }

                await Task.Delay(delay, _clock, _stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    // A mark covers all records before it: one that is done early waits for those.
    private void Settle(InHandRecord noted, bool isHandled)
    {
        lock (_gate)
        {
            var record = noted.Record;
            if (_abandoned.IsCancellationRequested)
            {
                if (isHandled)
                {
                    LogTooLate(_logger, record.Topic, record.Partition.Value, record.Offset.Value);
                }

                return;
            }

            noted.Outcome = isHandled;
            while (_inHand.TryPeek(out var first) && first.Outcome is { } outcome)
            {
                _inHand.Dequeue();
                if (outcome)
                {
                    _mark(new TopicPartitionOffset(first.Record.TopicPartition, first.Record.Offset + 1));
                }
            }
        }
    }

    private sealed class InHandRecord(ConsumeResult<byte[]?, byte[]?> record)
    {
        public ConsumeResult<byte[]?, byte[]?> Record => record;

        /// <summary>Null while its handler runs; true: handled; false: passed over.</summary>
        public bool? Outcome { get; set; }
    }

    [LoggerMessage(LogLevel.Warning, "Record {Topic}/{Partition}/{Offset} failed; it is tried again every {Delay} and its partition waits")]
    private static partial void LogRetrying(ILogger logger, string topic, int partition, long offset, TimeSpan delay, Exception failure);

    [LoggerMessage(LogLevel.Information, "Record {Topic}/{Partition}/{Offset} was handled after {Failures} failures")]
    private static partial void LogRecovered(ILogger logger, string topic, int partition, long offset, int failures);

    [LoggerMessage(LogLevel.Error, "Record {Topic}/{Partition}/{Offset} is passed over after {Attempts} attempts, as consumeRetryEnabled or backOffMaxRetries asks")]
    private static partial void LogPassedOver(ILogger logger, string topic, int partition, long offset, int attempts, Exception failure);

    [LoggerMessage(LogLevel.Information, "Record {Topic}/{Partition}/{Offset} was handled after its partition had gone to another consumer; it comes again there")]
    private static partial void LogTooLate(ILogger logger, string topic, int partition, long offset);
}
