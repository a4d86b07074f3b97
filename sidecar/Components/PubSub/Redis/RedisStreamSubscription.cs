using System.Collections.Concurrent;

namespace Sidecar.Components.PubSub.Redis;

/// <summary>
/// One consumer of a group. An entry is acknowledged when its handler returns, and, as in daprd since 1.17, also when it
/// throws: retries and the dead-letter topic are the sidecar's business. Left pending are entries whose handler was cut
/// short by the stop or by the processing timeout; they come again, here or in another sidecar of the app.
/// </summary>
internal sealed partial class RedisStreamSubscription : IAsyncDisposable
{
    private static readonly TimeSpan AcknowledgePause = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan LongestAcknowledge = TimeSpan.FromMinutes(1);

    private readonly RedisStream _stream;
    private readonly RedisStreamReader _reader;
    private readonly Func<Func<Task>, CancellationToken, ValueTask> _begin;
    private readonly RedisPubSubOptions _options;
    private readonly MessageHandler _handler;
    private readonly Action<RedisStreamSubscription> _ended;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private readonly CancellationToken _abort;
    private readonly CancellationTokenSource _stopping = new();
    private readonly CancellationToken _stopToken;
    private readonly ConcurrentDictionary<string, HeldEntry> _held = new();
    private readonly ConcurrentBag<string> _cutShort = [];
    private readonly Task _reading;
    private readonly Task _lookingAfter;
    private int _stopped;

    /// <param name="begin">Where handlers run; waits for a free place.</param>
    public RedisStreamSubscription(
        RedisStream stream,
        RedisStreamReader reader,
        Func<Func<Task>, CancellationToken, ValueTask> begin,
        RedisPubSubOptions options,
        MessageHandler handler,
        Action<RedisStreamSubscription> ended,
        TimeProvider clock,
        ILogger logger,
        CancellationToken abort)
    {
        (_stream, _reader, _begin, _options, _handler, _ended) = (stream, reader, begin, options, handler, ended);
        (_clock, _logger, _abort, _stopToken) = (clock, logger, abort, _stopping.Token);
        _reading = _reader.RunAsync(TakeAsync, _stopToken);
        _lookingAfter = _options.Reclaims ? Task.WhenAll(ReclaimAsync(), RenewAsync()) : Task.CompletedTask;
    }

    /// <summary>Returns when the messages in hand are finished and the others are given back.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _stopped, 1) != 0)
        {
            await _reading;
            await _lookingAfter;
            await EndedAsync();
            return;
        }

        await _stopping.CancelAsync();
        await _reader.UnblockAsync(_reading);
        await _reading;
        await _lookingAfter;
        // Before the wait for slow handlers: another sidecar may begin with these at once.
        await GiveBackAsync([.. _held.Values.Where(held => held.TryLeave()).Select(held => held.Id)]);
        await EndedAsync();
        await GiveBackAsync([.. _cutShort]);
        _ended(this);
        _stopping.Dispose();
    }

    private Task EndedAsync() => Task.WhenAll(_held.Values.Select(held => held.Ended));

    private async Task TakeAsync(IReadOnlyList<StreamEntry> entries)
    {
        // All are noted before the first may wait for room: a stop gives back what is noted.
        var now = _clock.GetTimestamp();
        var taken = new List<HeldEntry>(entries.Count);
        foreach (var entry in entries)
        {
            var held = new HeldEntry(entry, now);
            if (_held.TryAdd(entry.Id, held))
            {
                taken.Add(held);
            }
        }

        foreach (var held in taken)
        {
            await _begin(() => HandleAsync(held), _stopToken);
        }
    }

    private async Task HandleAsync(HeldEntry held)
    {
        // Not begun while stopping: the stop gives back what waits.
        if (_stopToken.IsCancellationRequested || !held.TryBegin())
        {
            return;
        }

        try
        {
            if (!_options.Reclaims || await HasTimeAsync(held))
            {
                await DeliverAsync(held);
            }
        }
        finally
        {
            _held.TryRemove(held.Id, out _);
            held.End();
        }
    }

    private async Task DeliverAsync(HeldEntry held)
    {
        using var limit = _options.Reclaims
            ? new CancellationTokenSource(Longest(_options.ProcessingTimeout - _clock.GetElapsedTime(held.TakenAt)), _clock)
            : new CancellationTokenSource();
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, _abort);
        var message = held.Entry.ToMessage(_stream.Topic, out var problem);
        if (problem is not null)
        {
            LogMetadataUnreadable(_logger, held.Id, _stream.Topic, problem);
        }

        try
        {
            await _handler(message, either.Token);
        }
#pragma warning disable CA1031 // The handler is the whole way to the app; whatever goes wrong there is a failed delivery.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            if (_stopToken.IsCancellationRequested || _abort.IsCancellationRequested)
            {
                _cutShort.Add(held.Id);
                return;
            }

            if (limit.IsCancellationRequested)
            {
                LogTooLong(_logger, held.Id, _stream.Topic, _stream.Group, _options.ProcessingTimeout, failure);
                return;
            }

            LogHandlerFailed(_logger, held.Id, _stream.Topic, _stream.Group, failure);
        }

        await AcknowledgeAsync(held);
    }

    /// <summary>Tries through a restart of the server: an entry that was handled and stays pending would come again.</summary>
    private async Task AcknowledgeAsync(HeldEntry held)
    {
        var begun = _clock.GetTimestamp();
        while (true)
        {
            try
            {
                await _stream.AcknowledgeAsync(held.Id, CancellationToken.None);
                return;
            }
            catch (ComponentException failure)
            {
                if (_stopToken.IsCancellationRequested || _clock.GetElapsedTime(begun) > LongestAcknowledge)
                {
                    LogNotAcknowledged(_logger, held.Id, _stream.Topic, _stream.Group, failure);
                    return;
                }
            }

            await Task.Delay(AcknowledgePause, _clock, _stopToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task GiveBackAsync(IReadOnlyList<string> ids)
    {
        if (!_options.Reclaims)
        {
            return;
        }

        try
        {
            foreach (var some in ids.Chunk(_options.QueueDepth))
            {
                await _stream.GiveBackAsync(some, _options.ProcessingTimeout, CancellationToken.None);
            }
        }
        catch (ComponentException failure)
        {
            LogNotGivenBack(_logger, ids.Count, _stream.Topic, _stream.Group, failure);
        }
    }

    private static TimeSpan Longest(TimeSpan left) => left > TimeSpan.Zero ? left : TimeSpan.Zero;

    [LoggerMessage(LogLevel.Error, "Message {Id} of topic {Topic} failed in group {Group} and is acknowledged all the same, as daprd does; a deadLetterTopic on the subscription keeps such messages")]
    private static partial void LogHandlerFailed(ILogger logger, string id, string topic, string group, Exception failure);

    [LoggerMessage(LogLevel.Warning, "Message {Id} of topic {Topic} was not finished in group {Group} within the processing timeout of {Timeout}; it comes again")]
    private static partial void LogTooLong(ILogger logger, string id, string topic, string group, TimeSpan timeout, Exception failure);

    [LoggerMessage(LogLevel.Warning, "Message {Id} of topic {Topic} was handled in group {Group} but could not be acknowledged; it comes again after the processing timeout")]
    private static partial void LogNotAcknowledged(ILogger logger, string id, string topic, string group, Exception failure);

    [LoggerMessage(LogLevel.Warning, "{Count} messages of topic {Topic} could not be given back by group {Group}; they come again after the processing timeout")]
    private static partial void LogNotGivenBack(ILogger logger, int count, string topic, string group, Exception failure);

    [LoggerMessage(LogLevel.Warning, "The metadata of message {Id} of topic {Topic} cannot be read in full: {Problem}")]
    private static partial void LogMetadataUnreadable(ILogger logger, string id, string topic, string problem);
}
