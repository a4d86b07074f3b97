using System.Collections.Concurrent;
using Sidecar.Clients.Sqlite;

namespace Sidecar.Components.PubSub.Sqlite;

/// <summary>
/// pubsub.sqlite, ours and not daprd's: a durable log per topic in one file, consumer groups, at least once. A group
/// that subscribed once keeps its place while all its consumers are away.
/// </summary>
internal sealed class SqlitePubSub(SqlitePubSubOptions options, ComponentContext context) : IPubSub
{
    private readonly ILogger _logger = context.Loggers.CreateLogger("dapr.contrib");
    private readonly ConcurrentBag<SqliteSubscription> _subscriptions = [];
    private readonly CancellationTokenSource _abort = new();
    private SqliteDatabase? _database;
    private MessageLog? _log;
    private TopicWatch? _watch;

    public static IComponent? Create(ComponentSpec spec, ComponentContext context, ICollection<string> errors)
    {
        var mistakes = new List<string>();
        var metadata = new ComponentMetadata(spec, mistakes);
        var options = SqlitePubSubOptions.Parse(metadata, context);
        ComponentLog.WarnUnknown(context, spec, metadata);
        mistakes.ForEach(errors.Add);
        return mistakes.Count == 0 ? new SqlitePubSub(options, context) : null;
    }

    public PubSubCapabilities Capabilities => PubSubCapabilities.None;

    public async Task InitAsync(CancellationToken cancellationToken)
    {
        _database = SqliteDatabase.Open(options.Database, context);
        _log = new MessageLog(_database, context.Clock);
        await _log.CreateAsync(cancellationToken);
        _watch = options.Database.Path is { } path
            ? context.Shared.GetOrAdd(path, () => new TopicWatch(_log, context.Clock, _logger))
            : new TopicWatch(_log, context.Clock, _logger);
    }

    public async Task PublishAsync(OutgoingMessage message, CancellationToken cancellationToken)
    {
        var (log, watch) = Opened;
        await log.PublishAsync(message, cancellationToken);
        watch.Published(message.Topic);
    }

    public async Task<IAsyncDisposable> SubscribeAsync(SubscribeRequest request, MessageHandler handler, CancellationToken cancellationToken)
    {
        var (log, watch) = Opened;
        var group = new GroupKey(request.Topic, options.ConsumerId ?? request.ConsumerGroup);
        await log.JoinAsync(group, cancellationToken);
        var subscription = new SqliteSubscription(log, watch, options, group, request.Gathers, handler, context.Clock, _logger, _abort.Token);
        _subscriptions.Add(subscription);
        return subscription;
    }

    public async ValueTask DisposeAsync()
    {
        // Subscriptions were ended before, as a rule; what still runs is told to stop now.
        await _abort.CancelAsync();
        foreach (var subscription in _subscriptions)
        {
            await subscription.DisposeAsync();
        }

        _abort.Dispose();
        if (options.Database.Path is null && _watch is not null)
        {
            await _watch.DisposeAsync();
        }

        if (_database is not null)
        {
            await _database.ReleaseAsync();
        }
    }

    private (MessageLog Log, TopicWatch Watch) Opened => _log is not null && _watch is not null
        ? (_log, _watch)
        : throw new ComponentException(ComponentFault.Failed, "sqlite: the broker was not initialised");
}
