using System.Collections.Concurrent;
using Sidecar.Clients.Redis;
using Sidecar.Configuration;

namespace Sidecar.Components.PubSub.Redis;

/// <summary>
/// pubsub.redis as daprd's: a stream per topic, consumer groups, its fields, its names, its rules of redelivery, so that
/// both can serve one app on one server.
/// </summary>
internal sealed class RedisPubSub(RedisPubSubOptions options, ComponentContext context) : IPubSub
{
    private readonly ILogger _logger = context.Loggers.CreateLogger("dapr.contrib");
    private readonly RedisClient _client = RedisClient.Shared(options.Server, context);
    private readonly RedisWorkers _workers = new(options.Concurrency, options.QueueDepth);
    private readonly ConcurrentDictionary<RedisStreamSubscription, bool> _subscriptions = new();
    private readonly CancellationTokenSource _abort = new();

    public static IComponent? Create(ComponentSpec spec, ComponentContext context, ICollection<string> errors)
    {
        var mistakes = new List<string>();
        var metadata = new ComponentMetadata(spec, mistakes);
        var options = RedisPubSubOptions.Parse(metadata);
        ComponentLog.WarnUnknown(context, spec, metadata);
        mistakes.ForEach(errors.Add);
        if (mistakes.Count > 0)
        {
            return null;
        }

        foreach (var (member, why) in options.Doubtful())
        {
            context.Warn(new ConfigurationError(spec.SourceFile, 0, $"spec.metadata.{member}", why));
        }

        return new RedisPubSub(options, context);
    }

    public bool IsRemote => true;

    /// <summary>No time to live of single messages: the runtime's <c>expiration</c> in the envelope serves instead.</summary>
    public PubSubCapabilities Capabilities => PubSubCapabilities.None;

    public Task InitAsync(CancellationToken cancellationToken) => _client.ExecuteAsync(RedisCommand.Of("PING"), cancellationToken);

    public Task PublishAsync(OutgoingMessage message, CancellationToken cancellationToken) =>
        _client.ExecuteAsync(RedisStream.Add(message, options, context.Clock.GetUtcNow()), cancellationToken);

    public async Task<IAsyncDisposable> SubscribeAsync(SubscribeRequest request, MessageHandler handler, CancellationToken cancellationToken)
    {
        var stream = new RedisStream(_client, request.Topic, options.ConsumerId ?? request.ConsumerGroup);
        await stream.CreateGroupAsync(cancellationToken);
        var reader = new RedisStreamReader(_client, stream, options, context.Clock, _logger);
        // A handler that gathers would hold the workers of the other subscriptions as well.
        Func<Func<Task>, CancellationToken, ValueTask> begin = request.Gathers > 1 ? new HandlerWindow(request.Gathers).AddAsync : _workers.AddAsync;
        var subscription = new RedisStreamSubscription(
            stream, reader, begin, options, handler, ended => _subscriptions.TryRemove(ended, out _), context.Clock, _logger, _abort.Token);
        _subscriptions[subscription] = true;
        return subscription;
    }

    /// <summary>The client is shared and ends with the process's other clients.</summary>
    public async ValueTask DisposeAsync()
    {
        // Subscriptions were ended before, as a rule; what still runs is told to stop now.
        await _abort.CancelAsync();
        foreach (var subscription in _subscriptions.Keys)
        {
            await subscription.DisposeAsync();
        }

        await _workers.DisposeAsync();
        _abort.Dispose();
    }
}
