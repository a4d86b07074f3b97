using RabbitMQ.Client;
using RabbitMQ.Client.Events;

namespace DaprShop.Benchmarks.Drivers;

/// <summary>A fanout exchange and a quorum queue, as pubsub.rabbitmq declares them; persistent messages, publisher confirms.</summary>
internal sealed class RawRabbitMq : IRawBroker
{
    private const ushort Prefetch = 32;

    private static readonly CreateChannelOptions Confirms = new(publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: true);

    private readonly IConnection _connection;
    private readonly IChannel _publishing;
    private readonly IChannel _consuming;

    private RawRabbitMq(IConnection connection, IChannel publishing, IChannel consuming) =>
        (_connection, _publishing, _consuming) = (connection, publishing, consuming);

    public static async Task<RawRabbitMq> ConnectAsync(int port)
    {
        var connection = await new ConnectionFactory { HostName = "127.0.0.1", Port = port }.CreateConnectionAsync();
        return new RawRabbitMq(connection, await connection.CreateChannelAsync(Confirms), await connection.CreateChannelAsync());
    }

    /// <summary>The queue that an app of the name bench has at the topic.</summary>
    public static string QueueOf(string topic) => $"bench-{topic}";

    public async Task PrepareAsync(string topic)
    {
        await _consuming.ExchangeDeclareAsync(topic, ExchangeType.Fanout, durable: true);
        await _consuming.QueueDeclareAsync(
            QueueOf(topic), durable: true, exclusive: false, autoDelete: false, new Dictionary<string, object?> { ["x-queue-type"] = "quorum" });
        await _consuming.QueueBindAsync(QueueOf(topic), topic, "");
    }

    public Task PublishAsync(string topic, byte[] data) =>
        _publishing.BasicPublishAsync(topic, "", mandatory: false, new BasicProperties { Persistent = true }, data).AsTask();

    public async Task SubscribeAsync(string topic, Action<ReadOnlyMemory<byte>> handler)
    {
        await PrepareAsync(topic);
        await _consuming.BasicQosAsync(0, Prefetch, global: false);
        var consumer = new AsyncEventingBasicConsumer(_consuming);
        consumer.ReceivedAsync += async (_, delivery) =>
        {
            handler(delivery.Body);
            await _consuming.BasicAckAsync(delivery.DeliveryTag, multiple: false);
        };
        await _consuming.BasicConsumeAsync(QueueOf(topic), autoAck: false, consumer);
    }

    public Task CleanAsync(string topic) => _consuming.QueuePurgeAsync(QueueOf(topic));

    public ValueTask DisposeAsync() => _connection.DisposeAsync();
}
