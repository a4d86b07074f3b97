using Confluent.Kafka;
using Sidecar.Clients.Kafka;

namespace DaprShop.Tests.PubSub.Kafka;

/// <summary>The brokers through the plain client: what other programs write and see.</summary>
internal sealed class RawKafka : IDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    // An old broker never answers a request that it dropped over somebody else's unreadable one; asked again, it does.
    private const int PatienceMilliseconds = 3000;

    private readonly string _brokers;
    private readonly bool _isOld;
    private readonly Lazy<IProducer<byte[]?, byte[]?>> _producer;

    /// <param name="isOld">Kafka 0.9, which answers no question for its abilities.</param>
    public RawKafka(string brokers, bool isOld = false)
    {
        KafkaLibrary.Require();
        (_brokers, _isOld) = (brokers, isOld);
        _producer = new(() => new ProducerBuilder<byte[]?, byte[]?>(Connect(new ProducerConfig { RequestTimeoutMs = PatienceMilliseconds })).Build());
    }

    public T Connect<T>(T config)
        where T : ClientConfig
    {
        config.BootstrapServers = _brokers;
        if (_isOld)
        {
            config.ApiVersionRequest = false;
            config.BrokerVersionFallback = "0.9.0.1";
            config.SocketTimeoutMs = PatienceMilliseconds;
        }

        return config;
    }

    public Task<DeliveryResult<byte[]?, byte[]?>> ProduceAsync(string topic, Message<byte[]?, byte[]?> record, int partition = 0) =>
        _producer.Value.ProduceAsync(new TopicPartition(topic, partition), record);

    /// <summary>The first records of some partitions, as many as asked for; fewer only when no more came in time.</summary>
    public IReadOnlyList<ConsumeResult<byte[]?, byte[]?>> Read(string topic, int count, params ReadOnlySpan<int> partitions)
    {
        using var consumer = NewConsumer("reader", _ => { });
        consumer.Assign(partitions.ToArray().Select(partition => new TopicPartitionOffset(topic, partition, Offset.Beginning)));
        var records = new List<ConsumeResult<byte[]?, byte[]?>>();
        while (records.Count < count && consumer.Consume(Deadline) is { } record)
        {
            records.Add(record);
        }

        return records;
    }

    /// <summary>Where the group is to go on, by partition.</summary>
    public IReadOnlyDictionary<int, long> Committed(string group, string topic, int partitions)
    {
        using var consumer = NewConsumer(group, _ => { });
        return consumer.Committed(Enumerable.Range(0, partitions).Select(partition => new TopicPartition(topic, partition)), Deadline)
            .Where(committed => committed.Offset != Offset.Unset)
            .ToDictionary(committed => committed.Partition.Value, committed => committed.Offset.Value);
    }

    /// <summary>A consumer whose partitioning among a group's members is daprd's default.</summary>
    public IConsumer<byte[]?, byte[]?> NewConsumer(string group, Action<ConsumerConfig> configure)
    {
        var config = Connect(new ConsumerConfig
        {
            GroupId = group,
            AutoOffsetReset = AutoOffsetReset.Earliest,
            EnableAutoCommit = false,
            PartitionAssignmentStrategy = PartitionAssignmentStrategy.Range,
            SessionTimeoutMs = 6000,
        });
        configure(config);
        return new ConsumerBuilder<byte[]?, byte[]?>(config).Build();
    }

    public void Dispose()
    {
        if (_producer.IsValueCreated)
        {
            _producer.Value.Dispose();
        }
    }
}
