using System.Collections.Concurrent;
using Sidecar.Clients.RabbitMq;

namespace Sidecar.Components.PubSub.RabbitMq;

/// <summary>
/// pubsub.rabbitmq with daprd's topology: an exchange per topic, a queue per consumer and topic. Where daprd reports
/// success for a message that the broker refused or may have lost, this driver reports an error.
/// </summary>
internal sealed partial class RabbitMqPubSub(RabbitMqPubSubOptions options, ComponentContext context) : IPubSub
{
    private readonly ILogger _logger = context.Loggers.CreateLogger("dapr.contrib");
    private readonly RabbitMqTopology _topology = new(options);
    private readonly ConcurrentDictionary<RabbitMqSubscription, bool> _subscriptions = new();
    private readonly CancellationTokenSource _abort = new();
    private RabbitMqPublisher? _publisher;
    private int _disposed;

    public static IComponent? Create(ComponentSpec spec, ComponentContext context, ICollection<string> errors)
    {
        var mistakes = new List<string>();
        var metadata = new ComponentMetadata(spec, mistakes);
        var options = RabbitMqPubSubOptions.Parse(metadata);
        ComponentLog.WarnUnknown(context, spec, metadata);
        mistakes.ForEach(errors.Add);
        return mistakes.Count == 0 ? new RabbitMqPubSub(options, context) : null;
    }

    public PubSubCapabilities Capabilities => PubSubCapabilities.MessageTtl;

    public bool IsRemote => true;

    public async Task InitAsync(CancellationToken cancellationToken)
    {
        var publisher = RabbitMqPublisher.Share(options, context);
        await publisher.ConnectAsync(cancellationToken);
        _publisher = publisher;
    }

    public Task PublishAsync(OutgoingMessage message, CancellationToken cancellationToken)
    {
        var properties = RabbitMqMessage.Properties(message, options, (name, value) => LogIgnored(_logger, message.Topic, name, value));
        var routingKey = message.Metadata.GetValueOrDefault("routingKey", "");
        QueuePlan.CheckLength("metadata routingKey", routingKey);
        return Publisher.PublishAsync(
            _topology, message.Topic, routingKey, properties, message.Data, options.ReconnectWait, cancellationToken);
    }

    public async Task<IAsyncDisposable> SubscribeAsync(SubscribeRequest request, MessageHandler handler, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_publisher is null, this);
        var plan = QueuePlan.For(options, request.Topic, options.ConsumerId ?? request.ConsumerGroup, request.Metadata);
        var connection = RabbitMqConnection.Share(options.Connection, "consume", context);
        var subscription = new RabbitMqSubscription(connection, _topology, plan, options, request.Gathers, handler, context.Clock, _logger, _abort.Token);
        await subscription.StartAsync(cancellationToken);
        _subscriptions.TryAdd(subscription, true);
        return subscription;
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 1)
        {
            return;
        }

        // Subscriptions were ended before, as a rule; what still runs is told to stop now. The connections stay: other
        // sidecars of the process use them.
        await _abort.CancelAsync();
        foreach (var subscription in _subscriptions.Keys)
        {
            await subscription.DisposeAsync();
        }

        _abort.Dispose();
    }

    private RabbitMqPublisher Publisher =>
        _publisher ?? throw new ComponentException(ComponentFault.Failed, "rabbitmq: the broker was not initialised");

    [LoggerMessage(LogLevel.Warning, "Message for topic {Topic}: metadata {Name} '{Value}' cannot be read and is left out")]
    private static partial void LogIgnored(ILogger logger, string topic, string name, string value);
}
