using System.Text;
using RabbitMQ.Client;
using Sidecar.Clients.RabbitMq;

namespace Sidecar.Components.PubSub.RabbitMq;

/// <summary>A message in hand, and the channel that it must be settled on.</summary>
internal sealed record RabbitMqDelivery(ConsumerChannel Channel, ulong Tag, IncomingMessage Message);

/// <summary>
/// One consumer on a channel of its own. It never works on a message within the library's callback: a lost connection
/// would wait for that before anybody hears of the loss.
/// </summary>
internal sealed class ConsumerChannel : AsyncDefaultBasicConsumer
{
    private const int LongestTag = 255;
    private static readonly TimeSpan OpenLimit = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan CloseLimit = TimeSpan.FromSeconds(3);

    private readonly QueuePlan _plan;
    private readonly RabbitMqPubSubOptions _options;
    private readonly Action<RabbitMqDelivery> _deliver;
    private readonly TimeProvider _clock;
    private readonly TaskCompletionSource<string> _lost = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _drained = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private string _tag = "";

    private ConsumerChannel(IChannel channel, QueuePlan plan, RabbitMqPubSubOptions options, Action<RabbitMqDelivery> deliver, TimeProvider clock)
        : base(channel)
    {
        (_plan, _options, _deliver, _clock) = (plan, options, deliver, clock);
        channel.ChannelShutdownAsync += (_, reason) =>
        {
            _drained.TrySetResult();
            _lost.TrySetResult(reason.ReplyText);
            return Task.CompletedTask;
        };
    }

    /// <summary>Completes with the reason when nothing will be delivered any more.</summary>
    public Task<string> Lost => _lost.Task;

    /// <summary>Throws <see cref="ComponentException"/> when the broker refuses, <see cref="ChannelLostException"/> when it may work the next time.</summary>
    public static async Task<ConsumerChannel> OpenAsync(
        IConnection connection,
        RabbitMqTopology topology,
        QueuePlan plan,
        RabbitMqPubSubOptions options,
        Action<RabbitMqDelivery> deliver,
        TimeProvider clock,
        CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(OpenLimit, clock);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        ConsumerChannel? consumer = null;
        try
        {
            consumer = new ConsumerChannel(
                await connection.CreateChannelAsync(null, both.Token), plan, options, deliver, clock);
            await topology.DeclareAsync(consumer.Channel, plan, both.Token);
            await consumer.ConsumeAsync(both.Token);
            var opened = consumer;
            consumer = null;
            return opened;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new ChannelLostException(
                $"rabbitmq: no answer within {OpenLimit.TotalSeconds:0} s while subscribing queue '{plan.Queue}': "
                + "the broker is busy, or the queue has no leader (rabbitmqctl list_queues name state leader)");
        }
        catch (Exception failure) when (ChannelLostException.IsMeantBy(failure) && !cancellationToken.IsCancellationRequested)
        {
            throw new ChannelLostException($"rabbitmq: queue '{plan.Queue}' could not be subscribed: {failure.Message}", inner: failure);
        }
        finally
        {
            if (consumer is not null)
            {
                await consumer.CloseAsync();
            }
        }
    }

    public override Task HandleBasicDeliverAsync(
        string consumerTag,
        ulong deliveryTag,
        bool redelivered,
        string exchange,
        string routingKey,
        IReadOnlyBasicProperties properties,
        ReadOnlyMemory<byte> body,
        CancellationToken cancellationToken = default)
    {
        // The library takes its buffer back afterwards.
        var metadata = _options.PropertiesToMetadata ? RabbitMqMessage.Metadata(properties) : [];
        _deliver(new RabbitMqDelivery(this, deliveryTag, new IncomingMessage(_plan.Topic, body.ToArray(), null, metadata)));
        return Task.CompletedTask;
    }

    /// <summary>The broker ended the consumer, for instance because the queue was deleted.</summary>
    public override Task HandleBasicCancelAsync(string consumerTag, CancellationToken cancellationToken = default)
    {
        _lost.TrySetResult("the broker ended the consumer: the queue was deleted or moved");
        return Task.CompletedTask;
    }

    public override Task HandleBasicCancelOkAsync(string consumerTag, CancellationToken cancellationToken = default)
    {
        _drained.TrySetResult();
        return Task.CompletedTask;
    }

    public ValueTask AckAsync(ulong tag) => Channel.BasicAckAsync(tag, multiple: false);

    public ValueTask RejectAsync(ulong tag, bool requeue) => Channel.BasicNackAsync(tag, multiple: false, requeue);

    /// <summary>Returns when everything that the broker sent has been handed on.</summary>
    public async Task StopConsumingAsync()
    {
        try
        {
            using var limit = new CancellationTokenSource(CloseLimit, _clock);
            await Channel.BasicCancelAsync(_tag, noWait: false, limit.Token);
            await _drained.Task.WaitAsync(limit.Token);
        }
        catch (Exception failure) when (ChannelLostException.IsMeantBy(failure))
        {
            _drained.TrySetResult();
        }
    }

    /// <summary>What was not settled goes back to the queue.</summary>
    public async Task CloseAsync()
    {
        try
        {
            await Channel.DisposeAsync().AsTask().WaitAsync(CloseLimit, _clock);
        }
        catch (Exception failure) when (ChannelLostException.IsMeantBy(failure))
        {
            _drained.TrySetResult();
        }

        _lost.TrySetResult("closed");
    }

    private async Task ConsumeAsync(CancellationToken cancellationToken)
    {
        if (_options.PrefetchCount > 0)
        {
            await Channel.BasicQosAsync(0, (ushort)_options.PrefetchCount, global: false, cancellationToken);
        }

        // A tag that is used twice closes the whole connection.
        var tag = $"{_plan.Queue}-{RandomId.NewUuid()}";
        _tag = Encoding.UTF8.GetByteCount(tag) > LongestTag ? RandomId.NewUuid() : tag;
        await Channel.BasicConsumeAsync(
            _plan.Queue, _options.AutoAck, _tag, noLocal: false, exclusive: false, arguments: null, this, cancellationToken);
    }
}
