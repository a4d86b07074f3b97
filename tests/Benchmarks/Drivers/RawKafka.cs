using Confluent.Kafka;
using Sidecar.Clients.Kafka;

namespace DaprShop.Benchmarks.Drivers;

/// <summary>Acks of all replicas, records at once; one consumer that commits in the background what it handled.</summary>
internal sealed class RawKafka : IRawBroker
{
    private readonly IProducer<Null, byte[]> _producer;
    private readonly string _brokers;
    private readonly CancellationTokenSource _stopping = new();
    private Task _consuming = Task.CompletedTask;

    public RawKafka(string brokers)
    {
        KafkaLibrary.Require();
        _brokers = brokers;
        _producer = new ProducerBuilder<Null, byte[]>(Connect(new ProducerConfig { Acks = Acks.All, LingerMs = 0 })).Build();
    }

    public Task PrepareAsync(string topic) => PublishAsync(topic, "null"u8.ToArray());

    public Task PublishAsync(string topic, byte[] data) => _producer.ProduceAsync(topic, new Message<Null, byte[]> { Value = data });

    public async Task SubscribeAsync(string topic, Action<ReadOnlyMemory<byte>> handler)
    {
        await PrepareAsync(topic);
        var consumer = new ConsumerBuilder<Ignore, byte[]>(Connect(new ConsumerConfig
        {
            GroupId = $"raw-{topic}",
            AutoOffsetReset = AutoOffsetReset.Earliest,
            EnableAutoOffsetStore = false,
            AutoCommitIntervalMs = 250,
        })).Build();
        consumer.Subscribe(topic);
        _consuming = Task.Factory.StartNew(
            () =>
            {
                while (!_stopping.IsCancellationRequested)
                {
                    if (consumer.Consume(TimeSpan.FromMilliseconds(200)) is { } record)
                    {
                        handler(record.Message.Value);
                        consumer.StoreOffset(record);
                    }
                }

                consumer.Close();
                consumer.Dispose();
            },
            TaskCreationOptions.LongRunning);
    }

    /// <summary>A log does not get slower with what lies in it.</summary>
    public Task CleanAsync(string topic) => Task.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _consuming;
        _stopping.Dispose();
        _producer.Dispose();
    }

    // The broker that infra starts is of version 0.9, which answers no question for its abilities.
    private T Connect<T>(T config)
        where T : ClientConfig
    {
        config.BootstrapServers = _brokers;
        config.ApiVersionRequest = false;
        config.BrokerVersionFallback = "0.9.0.1";
        return config;
    }
}
