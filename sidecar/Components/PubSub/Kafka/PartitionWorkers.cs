using Confluent.Kafka;

namespace Sidecar.Components.PubSub.Kafka;

/// <summary>The workers of a member's assigned partitions.</summary>
internal sealed partial class PartitionWorkers(KafkaPubSubOptions options, TimeProvider clock, ILogger logger)
{
    private readonly System.Threading.Lock _gate = new();
    private readonly Dictionary<TopicPartition, PartitionWorker> _workers = [];
    private readonly Dictionary<TopicPartition, Task> _abandoned = [];
    private readonly List<PartitionWorker> _paused = [];

    public bool AnyPaused
    {
        get
        {
            lock (_gate)
            {
                return _paused.Count > 0;
            }
        }
    }

    public PartitionWorker? Find(TopicPartition partition)
    {
        lock (_gate)
        {
            return _workers.GetValueOrDefault(partition);
        }
    }

    /// <summary>Does nothing for a subscription that ends: whoever ends it has stopped its workers, or will.</summary>
    public void Start(TopicPartition partition, KafkaSubscription subscription, Action<TopicPartitionOffset> mark)
    {
        lock (_gate)
        {
            if (!subscription.IsEnding)
            {
                _abandoned.Remove(partition, out var predecessor);
                _workers[partition] = new PartitionWorker(
                    partition, subscription.Gathers, subscription.Handler, options, mark, predecessor ?? Task.CompletedTask, clock, logger);
            }
        }
    }

    /// <summary>Waits for the topic's records in hand; further ones begin no more.</summary>
    public Task StopAsync(string topic)
    {
        lock (_gate)
        {
            var stopped = _workers.Values.Where(worker => worker.Partition.Topic == topic).ToList();
            stopped.ForEach(worker => worker.Stop());
            return Task.WhenAll(stopped.Select(worker => worker.Ended));
        }
    }

    /// <summary>
    /// Ends the workers of partitions that go to others: records in hand have the limit to finish, then they are
    /// abandoned. Blocks, because the partitions are gone as soon as it returns.
    /// </summary>
    public void Finish(IEnumerable<TopicPartitionOffset> partitions, TimeSpan limit)
    {
        List<PartitionWorker> leaving = [];
        lock (_gate)
        {
            foreach (var partition in partitions)
            {
                if (_workers.Remove(partition.TopicPartition, out var worker))
                {
                    leaving.Add(worker);
                    _paused.Remove(worker);
                }
            }
        }

        leaving.ForEach(worker => worker.Stop());
        if (limit > TimeSpan.Zero && !Task.WhenAll(leaving.Select(worker => worker.Ended)).Wait(limit))
        {
            LogUnfinished(logger, string.Join(", ", leaving.Where(worker => !worker.Ended.IsCompleted).Select(worker => worker.Partition)), limit);
        }

        Abandon(leaving);
    }

    public void AbandonAll()
    {
        List<PartitionWorker> all;
        lock (_gate)
        {
            all = [.. _workers.Values];
            _workers.Clear();
            _paused.Clear();
        }

        Abandon(all);
    }

    /// <summary>The partition's fetching was stopped until the worker has room again.</summary>
    public void Paused(PartitionWorker worker)
    {
        lock (_gate)
        {
            _paused.Add(worker);
        }
    }

    public List<TopicPartition> TakeReady()
    {
        lock (_gate)
        {
            var ready = _paused.FindAll(worker => worker.HasRoom);
            ready.ForEach(worker => _paused.Remove(worker));
            return ready.ConvertAll(worker => worker.Partition);
        }
    }

    private void Abandon(List<PartitionWorker> workers)
    {
        foreach (var worker in workers)
        {
            var ended = worker.DisposeAsync().AsTask();
            if (!ended.IsCompleted)
            {
                lock (_gate)
                {
                    _abandoned[worker.Partition] = ended;
                }
            }
        }
    }

    [LoggerMessage(LogLevel.Warning, "Records of the partitions {Partitions} were not finished within {Limit}; they come again to the next owner")]
    private static partial void LogUnfinished(ILogger logger, string partitions, TimeSpan limit);
}
