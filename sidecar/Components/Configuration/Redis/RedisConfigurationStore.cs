using Sidecar.Clients.Redis;

namespace Sidecar.Components.Configuration.Redis;

/// <summary>configuration.redis (dapr-contract.md 9.2): strings under their bare keys, keyspace notifications for subscribers.</summary>
internal sealed class RedisConfigurationStore(RedisOptions options, ComponentContext context) : IConfigurationStore
{
    private readonly RedisClient _client = RedisClient.Shared(options, context);
    private readonly ILogger _logger = context.Loggers.CreateLogger("dapr.contrib");
    private readonly RunningSubscriptions _running = new(context.Loggers.CreateLogger("dapr.contrib"), context.Clock);
    private readonly KeyspaceNotifications _notifications =
        new(RedisClient.Shared(options, context), context.Loggers.CreateLogger("dapr.contrib"));

    public bool IsRemote => true;

    public static IComponent? Create(ComponentSpec spec, ComponentContext context, ICollection<string> errors)
    {
        var mistakes = new List<string>();
        var metadata = new ComponentMetadata(spec, mistakes);
        var options = RedisOptions.Parse(metadata);
        ComponentLog.WarnUnknown(context, spec, metadata);
        mistakes.ForEach(errors.Add);
        return mistakes.Count == 0 ? new RedisConfigurationStore(options, context) : null;
    }

    public async Task InitAsync(CancellationToken cancellationToken) =>
        await _client.ExecuteAsync(RedisCommand.Of("PING"), cancellationToken);

    public Task<IReadOnlyDictionary<string, ConfigurationItem>> GetAsync(IReadOnlyList<string> keys, CancellationToken cancellationToken)
    {
        var values = new RedisConfigurationValues(_client);
        return keys.Count == 0 ? values.ReadAllAsync(cancellationToken) : values.ReadAsync(keys, cancellationToken);
    }

    /// <summary>Fails when the server is away: whoever is told of a subscription may rely on it.</summary>
    public async Task<IDisposable> SubscribeAsync(
        IReadOnlyList<string> keys, ConfigurationHandler handler, CancellationToken cancellationToken)
    {
        var subscriber = _running.NewSubscriber(handler);
        var watch = new RedisConfigurationWatch(
            _client, _notifications, [.. keys.Distinct(StringComparer.Ordinal)], subscriber, context.Clock, _logger);
        await watch.OpenAsync(cancellationToken);
        return _running.Run(subscriber, watch.FollowAsync);
    }

    /// <summary>The client is shared and ends with the process's other clients.</summary>
    public ValueTask DisposeAsync() => _running.DisposeAsync();
}
