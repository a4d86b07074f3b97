using System.Runtime.CompilerServices;
using Sidecar.Clients.Sqlite;

namespace Sidecar.Components.State.Sqlite;

/// <summary>state.sqlite: daprd's component on one file, writes committed in groups.</summary>
internal sealed partial class SqliteStateStore(SqliteStateOptions options, ComponentContext context) : IStateStore
{
    private const int KeysPerRead = 256;

    private readonly SqliteStateTable _table = new(options.TableName, options.MetadataTableName);
    private readonly CancellationTokenSource _stopping = new();
    private readonly ILogger _logger = context.Loggers.CreateLogger("dapr.contrib");
    private SqliteDatabase? _opened;
    private Task _cleanup = Task.CompletedTask;

    public static IComponent? Create(ComponentSpec spec, ComponentContext context, ICollection<string> errors)
    {
        var mistakes = new List<string>();
        var metadata = new ComponentMetadata(spec, mistakes);
        var options = SqliteStateOptions.Parse(metadata, context);
        ComponentLog.WarnUnknown(context, spec, metadata);
        mistakes.ForEach(errors.Add);
        return mistakes.Count == 0 ? new SqliteStateStore(options, context) : null;
    }

    public StateCapabilities Capabilities =>
        StateCapabilities.Etag | StateCapabilities.Transactional | StateCapabilities.Ttl
        | StateCapabilities.KeysLike | StateCapabilities.Actor;

    private SqliteDatabase Database =>
        _opened ?? throw new ComponentException(ComponentFault.Failed, "sqlite: the store was not initialised");

    private DateTimeOffset Now => context.Clock.GetUtcNow();

    public async Task InitAsync(CancellationToken cancellationToken)
    {
        _opened = SqliteDatabase.Open(options.Database, context);
        await _opened.WriteAsync(_table.Create, cancellationToken);
        if (options.CleanupInterval > TimeSpan.Zero)
        {
            _cleanup = CleanUpAsync(_opened);
        }
    }

    public Task<StateItem?> GetAsync(string key, CancellationToken cancellationToken) =>
        Database.ReadAsync(session => _table.Get(session, key, Now), cancellationToken);

    public async Task<IReadOnlyList<StateItem>> GetManyAsync(IReadOnlyList<string> keys, CancellationToken cancellationToken) =>
        await Database.ReadAsync(session => _table.GetMany(session, keys, Now), cancellationToken);

    public Task ApplyAsync(StateOperation operation, CancellationToken cancellationToken) =>
        Database.WriteAsync(session => Apply(session, operation), cancellationToken);

    public Task<string?> SetAsync(StateSet operation, CancellationToken cancellationToken) =>
        Database.WriteAsync(session => Apply(session, operation), cancellationToken);

    public async Task TransactAsync(IReadOnlyList<StateOperation> operations, CancellationToken cancellationToken)
    {
        if (operations.Count == 0)
        {
            return;
        }

        await Database.WriteAsync(
            session =>
            {
                foreach (var operation in operations)
                {
                    Apply(session, operation);
                }

                return operations.Count;
            },
            cancellationToken);
    }

    public async IAsyncEnumerable<string> ListKeysAsync(string prefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        for (string? after = null; ;)
        {
            var page = await Database.ReadAsync(session => _table.ListKeys(session, prefix, after, KeysPerRead, Now), cancellationToken);
            foreach (var key in page)
            {
                yield return key;
            }

            if (page.Count < KeysPerRead)
            {
                yield break;
            }

            after = page[^1];
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _cleanup;
        _stopping.Dispose();
        if (_opened is not null)
        {
            await _opened.ReleaseAsync();
        }
    }

    /// <summary>The new ETag, null after a delete. Throwing makes the writer undo what the operation did.</summary>
    private string? Apply(SqliteSession session, StateOperation operation)
    {
        if (operation is StateSet set)
        {
            var etag = RandomId.NewUuid();
            return _table.Set(session, set, etag, Now) ? etag : throw Mismatch(operation);
        }

        return _table.Delete(session, (StateDelete)operation) ? null : throw Mismatch(operation);
    }

    private static ComponentException Mismatch(StateOperation operation) =>
        new(ComponentFault.EtagMismatch, $"etag mismatch for key {operation.Key}");

    private async Task CleanUpAsync(SqliteDatabase database)
    {
        using var timer = new PeriodicTimer(options.CleanupInterval, context.Clock);
        try
        {
            while (await timer.WaitForNextTickAsync(_stopping.Token))
            {
                await CleanUpOnceAsync(database);
            }
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            LogCleanupStopped(_logger, options.TableName);
        }
    }

    private async Task CleanUpOnceAsync(SqliteDatabase database)
    {
        try
        {
            // Looked up first: an idle store must not write.
            if (await database.ReadAsync(session => _table.HasExpired(session, Now), _stopping.Token))
            {
                await database.WriteAsync(
                    session => _table.CleanUp(session, Now, options.CleanupInterval), _stopping.Token, durable: false);
            }
        }
        catch (ComponentException failure)
        {
            LogCleanupFailed(_logger, options.TableName, failure);
        }
    }

    [LoggerMessage(LogLevel.Debug, "Cleanup of table {Table} stopped")]
    private static partial void LogCleanupStopped(ILogger logger, string table);

    [LoggerMessage(LogLevel.Warning, "Expired rows of table {Table} could not be removed; the next cleanup tries again")]
    private static partial void LogCleanupFailed(ILogger logger, string table, Exception failure);
}
