using Confluent.Kafka;
using Sidecar.Clients.Kafka;

namespace Sidecar.Components.PubSub.Kafka;

/// <summary>
/// One member of a consumer group with all its topics, as daprd has one per component. A thread of its own polls: that
/// keeps the membership whatever the handlers do. Topics that come or go together cost the group one rebalance.
/// </summary>
internal sealed partial class GroupMember : IAsyncDisposable
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan PollIntervalWhilePaused = TimeSpan.FromMilliseconds(10);

    // An app's subscriptions are made one after the other, within milliseconds.
    private static readonly TimeSpan GatherTopics = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan RoomSoon = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan PauseAfterFailure = TimeSpan.FromSeconds(1);

    // A member that cannot reach the group's coordinator is left behind; its session ends by itself.
    private static readonly TimeSpan LongestClose = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan LongestLeave = TimeSpan.FromSeconds(10);

    private readonly string _group;
    private readonly KafkaPubSubOptions _options;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private readonly KafkaLog _log;
    private readonly BrokerWatch _brokers;
    private readonly PartitionWorkers _workers;
    private readonly System.Threading.Lock _gate = new();
    private readonly Dictionary<string, KafkaSubscription> _topics = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TaskCompletionSource _applied = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long? _changedAt;
    private bool _started;
    private volatile bool _broken;

    public GroupMember(string group, KafkaPubSubOptions options, TimeProvider clock, ILogger logger)
    {
        (_group, _options, _clock, _logger) = (group, options, clock, logger);
        _log = new KafkaLog(clock, logger);
        _brokers = new BrokerWatch(options.Connection.Brokers, $"consumer of group {group}", clock, logger);
        _workers = new PartitionWorkers(options, clock, logger);
    }

    public bool HasEnded => _ended.Task.IsCompleted;

    /// <summary>Null when this member has the topic already, or has ended: another member must take it.</summary>
    public KafkaSubscription? TryAdd(SubscribeRequest request, MessageHandler handler)
    {
        lock (_gate)
        {
            if (_stop.IsCancellationRequested || _topics.ContainsKey(request.Topic))
            {
                return null;
            }

            var subscription = new KafkaSubscription(request.Topic, request.Gathers, handler, this);
            _topics.Add(request.Topic, subscription);
            Changed();
            if (!_started)
            {
                _started = true;
                // Background: a client that cannot be closed must not keep the process.
                new Thread(Run) { IsBackground = true, Name = $"kafka {_group}" }.Start();
            }

            return subscription;
        }
    }

    /// <summary>Finishes the topic's records in hand, then gives the topic up; with the last one the member leaves the group.</summary>
    public async Task LeaveAsync(string topic)
    {
        await _workers.StopAsync(topic);
        Task applied;
        lock (_gate)
        {
            if (!_topics.Remove(topic) || _stop.IsCancellationRequested)
            {
                applied = _ended.Task;
            }
            else if (_topics.Count == 0)
            {
                _stop.Cancel();
                applied = _ended.Task;
            }
            else
            {
                Changed();
                applied = _applied.Task;
            }
        }

        await WithinLimitAsync(Task.WhenAny(applied, _ended.Task));
    }

    /// <summary>Cancels the handlers: what they have in hand goes to another member.</summary>
    public async ValueTask DisposeAsync()
    {
        lock (_gate)
        {
            _stop.Cancel();
            if (!_started)
            {
                _ended.TrySetResult();
            }
        }

        _workers.AbandonAll();
        await WithinLimitAsync(_ended.Task);
    }

    private async Task WithinLimitAsync(Task task)
    {
        try
        {
            await task.WaitAsync(LongestLeave, _clock);
        }
        catch (TimeoutException)
        {
            LogStuck(_logger, _group, LongestLeave);
        }
    }

    private void Changed()
    {
        _changedAt = _clock.GetTimestamp();
        if (_applied.Task.IsCompleted)
        {
            _applied = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    private void Run()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                PollUntilBroken();
            }
#pragma warning disable CA1031 // The thread is the subscription: whatever ends a client, the next one goes on where it was.
            catch (Exception failure)
#pragma warning restore CA1031
            {
                LogFailed(_logger, _group, failure);
            }

            _workers.AbandonAll();
            _stop.Token.WaitHandle.WaitOne(_stop.IsCancellationRequested ? TimeSpan.Zero : PauseAfterFailure);
        }

        _ended.TrySetResult();
    }

    private void PollUntilBroken()
    {
        _broken = false;
        var consumer = Build();
        try
        {
            lock (_gate)
            {
                _changedAt ??= _clock.GetTimestamp();
            }

            while (!_stop.IsCancellationRequested && !_broken)
            {
                ApplyTopics(consumer);
                ResumeReady(consumer);
                Poll(consumer);
                _brokers.Look();
            }
        }
        finally
        {
            End(consumer);
        }
    }

    // On a thread of its own: after an outage librdkafka's last step, freeing the client, may never return. By then the
    // partitions were given up with a last commit and the coordinator was told, so whoever waits has waited enough.
    private void End(IConsumer<byte[]?, byte[]?> consumer)
    {
        var leave = _stop.IsCancellationRequested && !_broken;
        var ending = new Thread(() => Close(consumer, leave)) { IsBackground = true, Name = $"kafka {_group} ends" };
        ending.Start();
        if (leave && !ending.Join(LongestClose))
        {
            LogStuck(_logger, _group, LongestClose);
        }
    }

    private void Close(IConsumer<byte[]?, byte[]?> consumer, bool leave)
    {
        try
        {
            if (leave)
            {
                consumer.Close();
            }

            consumer.Dispose();
        }
#pragma warning disable CA1031 // Nothing depends on a client that is on its way out; thrown here it would end the process.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            _log.Warn($"end of the consumer of group {_group}", failure.Message);
        }
    }

    private IConsumer<byte[]?, byte[]?> Build() => new ConsumerBuilder<byte[]?, byte[]?>(_options.Consumer(_group))
        .SetKeyDeserializer(Deserializers.ByteArray!)
        .SetValueDeserializer(Deserializers.ByteArray!)
        .SetLogHandler((_, message) => _log.Write(message))
        .SetErrorHandler((_, error) => OnError(error))
        .SetPartitionsAssignedHandler(OnAssigned)
        .SetPartitionsRevokedHandler((_, partitions) => OnRevoked(partitions))
        .SetPartitionsLostHandler((_, partitions) => OnLost(partitions))
        .SetOffsetsCommittedHandler((_, offsets) => OnCommitted(offsets))
        .Build();

    private void ApplyTopics(IConsumer<byte[]?, byte[]?> consumer)
    {
        List<string> topics;
        TaskCompletionSource applied;
        lock (_gate)
        {
            if (_changedAt is not { } since || _clock.GetElapsedTime(since) < GatherTopics)
            {
                return;
            }

            (topics, applied, _changedAt) = ([.. _topics.Keys], _applied, null);
        }

        if (topics.Count > 0)
        {
            consumer.Subscribe(topics);
            LogSubscribed(_logger, _group, string.Join(", ", topics));
        }

        applied.TrySetResult();
    }

    private void Poll(IConsumer<byte[]?, byte[]?> consumer)
    {
        ConsumeResult<byte[]?, byte[]?>? record;
        try
        {
            record = consumer.Consume(_workers.AnyPaused ? PollIntervalWhilePaused : PollInterval);
        }
        catch (ConsumeException failure)
        {
            OnConsumeFailed(consumer, failure);
            return;
        }

        if (record is null || _workers.Find(record.TopicPartition) is not { } worker)
        {
            return;
        }

        _brokers.Succeeded();
        worker.Add(record);
        if (!worker.HasRoom && !worker.WaitForRoom(RoomSoon))
        {
            consumer.Pause([worker.Partition]);
            _workers.Paused(worker);
        }
    }

    private void ResumeReady(IConsumer<byte[]?, byte[]?> consumer)
    {
        if (_workers.AnyPaused && _workers.TakeReady() is { Count: > 0 } ready)
        {
            consumer.Resume(ready);
        }
    }

    private void OnConsumeFailed(IConsumer<byte[]?, byte[]?> consumer, ConsumeException failure)
    {
        if (failure.Error.IsFatal)
        {
            OnError(failure.Error);
            return;
        }

        var at = failure.ConsumerRecord?.TopicPartitionOffset;
        if (failure.Error.Code is ErrorCode.UnknownTopicOrPart or ErrorCode.Local_UnknownTopic)
        {
            LogNoTopic(_logger, _group, at?.Topic ?? "");
            return;
        }

        _log.Warn($"consumer of group {_group}", $"{at}: {KafkaErrors.Describe(failure.Error)}");
        if (failure.Error.Code == ErrorCode.Local_BadMsg && at is not null)
        {
            // librdkafka goes on behind a record that does not match its checksum; it may be whole at the next fetch.
            var next = _workers.Find(at.TopicPartition)?.Next ?? at.Offset;
            consumer.Seek(new TopicPartitionOffset(at.TopicPartition, next));
        }
    }

    private void OnError(Error error)
    {
        if (error.IsFatal)
        {
            LogFatal(_logger, _group, KafkaErrors.Describe(error));
            _broken = true;
        }
        else
        {
            _brokers.Failed(error);
        }
    }

    private void OnAssigned(IConsumer<byte[]?, byte[]?> consumer, List<TopicPartition> partitions)
    {
        _brokers.Succeeded();
        LogAssigned(_logger, _group, string.Join(", ", partitions));
        foreach (var partition in partitions)
        {
            KafkaSubscription? subscription;
            lock (_gate)
            {
                subscription = _topics.GetValueOrDefault(partition.Topic);
            }

            if (subscription is not null)
            {
                _workers.Start(partition, subscription, offset => Mark(consumer, offset));
            }
        }
    }

    // Others wait for these partitions, and an old broker counts the wait against our session: half of it at most.
    private void OnRevoked(List<TopicPartitionOffset> partitions)
    {
        LogRevoked(_logger, _group, string.Join(", ", partitions.Select(partition => partition.TopicPartition)));
        _workers.Finish(partitions, _options.SessionTimeout / 2);
    }

    // Somebody else may have them already.
    private void OnLost(List<TopicPartitionOffset> partitions)
    {
        LogLost(_logger, _group, string.Join(", ", partitions.Select(partition => partition.TopicPartition)));
        _workers.Finish(partitions, TimeSpan.Zero);
    }

    private void OnCommitted(CommittedOffsets offsets)
    {
        if (offsets.Error.IsError && offsets.Error.Code != ErrorCode.Local_NoOffset)
        {
            // The next commit takes them along, unless the partitions go to somebody else before.
            _log.Warn($"commit of group {_group}", KafkaErrors.Describe(offsets.Error));
        }
    }

    private void Mark(IConsumer<byte[]?, byte[]?> consumer, TopicPartitionOffset offset)
    {
        try
        {
            consumer.StoreOffset(offset);
        }
        catch (KafkaException failure)
        {
            // Given up in this very moment; the record comes again to its next owner.
            LogNotMarked(_logger, offset.ToString(), KafkaErrors.Describe(failure.Error));
        }
    }

    [LoggerMessage(LogLevel.Debug, "Group {Group} asks for the topics {Topics}")]
    private static partial void LogSubscribed(ILogger logger, string group, string topics);

    [LoggerMessage(LogLevel.Information, "Group {Group} got the partitions {Partitions}")]
    private static partial void LogAssigned(ILogger logger, string group, string partitions);

    [LoggerMessage(LogLevel.Information, "Group {Group} gives back the partitions {Partitions}")]
    private static partial void LogRevoked(ILogger logger, string group, string partitions);

    [LoggerMessage(LogLevel.Warning, "Group {Group} lost the partitions {Partitions}; what was not committed comes again")]
    private static partial void LogLost(ILogger logger, string group, string partitions);

    [LoggerMessage(LogLevel.Information, "Group {Group} waits for the topic {Topic}, which does not exist yet")]
    private static partial void LogNoTopic(ILogger logger, string group, string topic);

    [LoggerMessage(LogLevel.Debug, "Offset {Offset} was not marked: {Problem}")]
    private static partial void LogNotMarked(ILogger logger, string offset, string problem);

    [LoggerMessage(LogLevel.Warning, "The Kafka consumer of group {Group} met a fatal error and is replaced: {Problem}")]
    private static partial void LogFatal(ILogger logger, string group, string problem);

    [LoggerMessage(LogLevel.Error, "The Kafka consumer of group {Group} failed and is replaced")]
    private static partial void LogFailed(ILogger logger, string group, Exception failure);

    [LoggerMessage(LogLevel.Warning, "The consumer of group {Group} did not end within {Limit}; what it still holds on the broker ends with its session")]
    private static partial void LogStuck(ILogger logger, string group, TimeSpan limit);
}
