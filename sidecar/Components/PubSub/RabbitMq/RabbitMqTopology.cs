using System.Collections.Concurrent;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;
using Sidecar.Clients.RabbitMq;

namespace Sidecar.Components.PubSub.RabbitMq;

/// <summary>Declares on the broker what a topic and its queues need, and explains what the broker objects to.</summary>
internal sealed class RabbitMqTopology(RabbitMqPubSubOptions options)
{
    private const int AccessRefused = 403;
    private const int PreconditionFailed = 406;

    private readonly ConcurrentDictionary<string, string> _keys = new(StringComparer.Ordinal);

    /// <summary>The same for all who may share what was declared.</summary>
    public string KeyOf(string topic) => _keys.GetOrAdd(topic, name => string.Join(
        '\n',
        name, options.ExchangeKind, options.Durable, options.DeletedWhenUnused, options.EnableDeadLetter, options.MaxLen, options.MaxLenBytes,
        options.QueueType, string.Join(',', options.DeclaredSubscribers.GetValueOrDefault(name, []))));

    public bool HasDeclaredSubscribers(string topic) => options.DeclaredSubscribers.ContainsKey(topic);

    /// <summary>For a publisher: the exchange, and the queues of the subscribers that are known beforehand.</summary>
    public async Task DeclareTopicAsync(IChannel channel, string topic, CancellationToken cancellationToken)
    {
        QueuePlan.CheckLength("topic", topic);
        await DeclareExchangeAsync(channel, topic, options.ExchangeKind, options.Durable, cancellationToken);
        foreach (var consumer in options.DeclaredSubscribers.GetValueOrDefault(topic, []))
        {
            var plan = QueuePlan.For(options, topic, consumer, new Dictionary<string, string>());
            await DeclareQueueAsync(channel, plan, cancellationToken);
        }
    }

    /// <summary>For a subscriber: the exchange and its own queue.</summary>
    public async Task DeclareAsync(IChannel channel, QueuePlan plan, CancellationToken cancellationToken)
    {
        await DeclareExchangeAsync(channel, plan.Topic, options.ExchangeKind, options.Durable, cancellationToken);
        await DeclareQueueAsync(channel, plan, cancellationToken);
    }

    private async Task DeclareQueueAsync(IChannel channel, QueuePlan plan, CancellationToken cancellationToken)
    {
        if (plan.DeadLetter is { } dead)
        {
            await DeclareExchangeAsync(channel, dead.Exchange, RabbitMqPubSubOptions.Fanout, durable: true, cancellationToken);
            await DeclareQueueAsync(channel, dead.Queue, durable: true, dead.Arguments, cancellationToken);
            await BindAsync(channel, dead.Queue, dead.Exchange, "", cancellationToken);
        }

        await DeclareQueueAsync(channel, plan.Queue, options.Durable, plan.Arguments, cancellationToken);
        foreach (var key in plan.RoutingKeys)
        {
            await BindAsync(channel, plan.Queue, plan.Topic, key, cancellationToken);
        }
    }

    private Task DeclareExchangeAsync(IChannel channel, string name, string kind, bool durable, CancellationToken cancellationToken) => TryAsync(
        $"exchange '{name}'",
        () => channel.ExchangeDeclareAsync(
            name, kind, durable, options.DeletedWhenUnused, arguments: null, passive: false, noWait: false, cancellationToken));

    private Task DeclareQueueAsync(
        IChannel channel, string name, bool durable, IReadOnlyDictionary<string, object?> arguments, CancellationToken cancellationToken) => TryAsync(
            $"queue '{name}'",
            () => channel.QueueDeclareAsync(
                name, durable, exclusive: false, options.DeletedWhenUnused, new Dictionary<string, object?>(arguments), passive: false, noWait: false, cancellationToken));

    private static Task BindAsync(IChannel channel, string queue, string exchange, string key, CancellationToken cancellationToken) => TryAsync(
        $"the binding of queue '{queue}' to exchange '{exchange}'",
        () => channel.QueueBindAsync(queue, exchange, key, arguments: null, noWait: false, cancellationToken));

    private static async Task TryAsync(string what, Func<Task> declare)
    {
        try
        {
            await declare();
        }
        catch (OperationInterruptedException refusal) when (refusal.ShutdownReason is { ReplyCode: PreconditionFailed } reason)
        {
            throw new ComponentException(
                ComponentFault.Failed,
                $"rabbitmq: {what} cannot be declared with the component's settings: {reason.ReplyText}. "
                + "Set durable, deletedWhenUnused, exchangeKind, queueType, enableDeadLetter, maxLen and maxLenBytes to what is there, or empty and delete it on the broker",
                refusal);
        }
        catch (OperationInterruptedException refusal) when (refusal.ShutdownReason is { ReplyCode: AccessRefused } reason)
        {
            throw new ComponentException(
                ComponentFault.Failed, $"rabbitmq: {what} may not be declared: {reason.ReplyText}. The user needs configure, write and read permission on it", refusal);
        }
    }
}
