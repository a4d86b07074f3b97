using System.Collections.Concurrent;

namespace Sidecar.Components.PubSub.InMemory;

/// <summary>
/// Private to one sidecar. As in daprd there are no consumer groups, a message without subscriber is gone, a failing
/// handler loses the message, and a topic that ends with * takes every topic that goes on from there.
/// </summary>
internal sealed class InMemoryPubSub(ILogger logger) : IPubSub
{
    private readonly ConcurrentDictionary<InMemorySubscription, bool> _subscriptions = new();

    public static IComponent Create(ComponentSpec spec, ComponentContext context, ICollection<string> errors)
    {
        ComponentLog.WarnUnknown(context, spec, new ComponentMetadata(spec, errors));
        return new InMemoryPubSub(context.Loggers.CreateLogger("dapr.contrib"));
    }

    public PubSubCapabilities Capabilities => PubSubCapabilities.SubscribeWildcards;

    public Task InitAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task PublishAsync(OutgoingMessage message, CancellationToken cancellationToken)
    {
        // A copy, made once for all: the caller's buffer may be pooled and the handlers run later.
        var data = message.Data.ToArray();
        foreach (var subscription in _subscriptions.Keys)
        {
            if (subscription.Takes(message.Topic))
            {
                // daprd names the topic that was subscribed to, the pattern that is.
                subscription.Enqueue(new IncomingMessage(subscription.Topic, data, message.ContentType, message.Metadata));
            }
        }

        return Task.CompletedTask;
    }

    public Task<IAsyncDisposable> SubscribeAsync(SubscribeRequest request, MessageHandler handler, CancellationToken cancellationToken)
    {
        var subscription = new InMemorySubscription(request, handler, ended => _subscriptions.TryRemove(ended, out _), logger);
        _subscriptions[subscription] = true;
        return Task.FromResult<IAsyncDisposable>(subscription);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var subscription in _subscriptions.Keys)
        {
            await subscription.DisposeAsync();
        }
    }
}
