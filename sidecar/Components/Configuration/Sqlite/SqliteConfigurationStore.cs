using Sidecar.Clients.Sqlite;

namespace Sidecar.Components.Configuration.Sqlite;

/// <summary>
/// configuration.sqlite, ours and not daprd's: items in a table that any program may write, shared by all processes
/// that open the file. Subscribers hear of a change within the poll interval, whoever made it.
/// </summary>
internal sealed class SqliteConfigurationStore(SqliteOptions options, ComponentContext context) : IConfigurationStore
{
    private readonly ILogger _logger = context.Loggers.CreateLogger("dapr.contrib");
    private readonly RunningSubscriptions _running = new(context.Loggers.CreateLogger("dapr.contrib"), context.Clock);
    private SqliteDatabase? _database;
    private SqliteConfigurationTable? _opened;

    public static IComponent? Create(ComponentSpec spec, ComponentContext context, ICollection<string> errors)
    {
        var mistakes = new List<string>();
        var metadata = new ComponentMetadata(spec, mistakes);
        var options = SqliteOptions.Parse(metadata, context);
        ComponentLog.WarnUnknown(context, spec, metadata);
        mistakes.ForEach(errors.Add);
        return mistakes.Count == 0 ? new SqliteConfigurationStore(options, context) : null;
    }

    private SqliteConfigurationTable Table =>
        _opened ?? throw new ComponentException(ComponentFault.Failed, "sqlite: the configuration store was not initialised");

    public async Task InitAsync(CancellationToken cancellationToken)
    {
        _database = SqliteDatabase.Open(options, context);
        _opened = new SqliteConfigurationTable(_database);
        await _opened.CreateAsync(cancellationToken);
    }

    public Task<IReadOnlyDictionary<string, ConfigurationItem>> GetAsync(IReadOnlyList<string> keys, CancellationToken cancellationToken) =>
        Table.ReadAsync(keys, cancellationToken);

    public async Task<IDisposable> SubscribeAsync(
        IReadOnlyList<string> keys, ConfigurationHandler handler, CancellationToken cancellationToken)
    {
        var subscriber = _running.NewSubscriber(handler);
        var watch = new SqliteConfigurationWatch(Table, [.. keys], subscriber, context.Clock, _logger);
        await watch.OpenAsync(cancellationToken);
        return _running.Run(subscriber, watch.FollowAsync);
    }

    public async ValueTask DisposeAsync()
    {
        await _running.DisposeAsync();
        if (_database is not null)
        {
            await _database.ReleaseAsync();
        }
    }
}
