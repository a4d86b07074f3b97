using Sidecar.Clients.Sqlite;

namespace Sidecar.Components.Lock.Sqlite;

/// <summary>
/// lock.sqlite, ours and not daprd's, with the semantics of lock.redis: a held lock is refused to everybody, its owner
/// included; it cannot be renewed; it ends with its expiry. Shared by all processes that open the file.
/// </summary>
internal sealed class SqliteLockStore(SqliteOptions options, ComponentContext context) : ILockStore
{
    private SqliteDatabase? _opened;

    public static IComponent? Create(ComponentSpec spec, ComponentContext context, ICollection<string> errors)
    {
        var mistakes = new List<string>();
        var metadata = new ComponentMetadata(spec, mistakes);
        var options = SqliteOptions.Parse(metadata, context);
        ComponentLog.WarnUnknown(context, spec, metadata);
        mistakes.ForEach(errors.Add);
        return mistakes.Count == 0 ? new SqliteLockStore(options, context) : null;
    }

    private SqliteDatabase Database =>
        _opened ?? throw new ComponentException(ComponentFault.Failed, "sqlite: the lock store was not initialised");

    private long Now => context.Clock.GetUtcNow().ToUnixTimeMilliseconds();

    public async Task InitAsync(CancellationToken cancellationToken)
    {
        _opened = SqliteDatabase.Open(options, context);
        await _opened.WriteAsync(
            session => session.Execute(
                """
                CREATE TABLE IF NOT EXISTS distributed_locks (
                  resource TEXT NOT NULL PRIMARY KEY, owner TEXT NOT NULL, expires_at INTEGER NOT NULL) WITHOUT ROWID
                """),
            cancellationToken);
    }

    // Not durable: a power cut that forgets a lock has ended its holder too, since all of them run on this machine.
    public Task<bool> TryLockAsync(string resource, string owner, TimeSpan expiry, CancellationToken cancellationToken) =>
        Database.WriteAsync(
            session => session.Execute(
                """
                INSERT INTO distributed_locks (resource, owner, expires_at) VALUES (@a, @b, @c)
                ON CONFLICT (resource) DO UPDATE SET owner = excluded.owner, expires_at = excluded.expires_at
                WHERE distributed_locks.expires_at <= @d
                """,
                resource, owner, Now + (long)expiry.TotalMilliseconds, Now) > 0,
            cancellationToken,
            durable: false);

    public Task<UnlockStatus> UnlockAsync(string resource, string owner, CancellationToken cancellationToken) =>
        Database.WriteAsync(session => Unlock(session, resource, owner), cancellationToken, durable: false);

    public async ValueTask DisposeAsync()
    {
        if (_opened is not null)
        {
            await _opened.ReleaseAsync();
        }
    }

    private UnlockStatus Unlock(SqliteSession session, string resource, string owner)
    {
        var holder = session.QueryFirst(
            "SELECT owner FROM distributed_locks WHERE resource = @a AND expires_at > @b", row => row.GetString(0), resource, Now);
        if (holder is null)
        {
            return UnlockStatus.LockDoesNotExist;
        }

        if (holder != owner)
        {
            return UnlockStatus.LockBelongsToOthers;
        }

        session.Execute("DELETE FROM distributed_locks WHERE resource = @a", resource);
        return UnlockStatus.Success;
    }
}
