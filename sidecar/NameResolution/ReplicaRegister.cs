using Sidecar.Clients.Sqlite;
using Sidecar.Components;

namespace Sidecar.NameResolution;

/// <summary>
/// Who runs where, in a SQLite file that the sidecars share (docs/decisions/0021-name-resolution.md). The file holds secrets, so it is
/// made for its owner alone. Every method throws <see cref="ComponentException"/> when the file cannot be used.
/// </summary>
internal sealed class ReplicaRegister(string path, string table, TimeSpan longestSilence, ComponentContext context)
{
    // A sidecar that cannot say so any more is forgotten at last.
    private static readonly TimeSpan Forgotten = TimeSpan.FromHours(1);

    private SqliteDatabase? _opened;

    private SqliteDatabase Database => _opened ?? throw new ComponentException(ComponentFault.Failed, "the register of sidecars is not open");

    private long Now => context.Clock.GetUtcNow().ToUnixTimeMilliseconds();

    public async Task OpenAsync(CancellationToken cancellationToken)
    {
        CreateForOwner(path);
        _opened = SqliteDatabase.Open(
            new SqliteOptions(path, TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(2), Wal: true, SqliteSync.Normal), context);
        await Database.WriteAsync(
            session => session.Execute(
                $"""
                CREATE TABLE IF NOT EXISTS {table} (
                  registration_id TEXT NOT NULL PRIMARY KEY, address TEXT NOT NULL UNIQUE, app_id TEXT NOT NULL, namespace TEXT NOT NULL,
                  secret TEXT NOT NULL, last_update INTEGER NOT NULL) WITHOUT ROWID
                """),
            cancellationToken);
    }

    /// <summary>Also renews: the row is written anew should it be gone. Whoever was at this address before is gone.</summary>
    public Task SignAsync(Replica replica, CancellationToken cancellationToken) => Database.WriteAsync(
        session =>
        {
            session.Execute($"DELETE FROM {table} WHERE last_update < @a", Now - (long)Forgotten.TotalMilliseconds);
            return session.Execute(
                $"REPLACE INTO {table} (registration_id, address, app_id, namespace, secret, last_update) VALUES (@a, @b, @c, @d, @e, @f)",
                replica.Id, replica.Address, replica.AppId, replica.Namespace, replica.Secret, Now);
        },
        cancellationToken,
        durable: false);

    public Task RemoveAsync(string id, CancellationToken cancellationToken) =>
        Database.WriteAsync(session => session.Execute($"DELETE FROM {table} WHERE registration_id = @a", id), cancellationToken, durable: false);

    /// <summary>Those that gave a sign of life of late, always in the same order.</summary>
    public Task<List<Replica>> FindAsync(string appId, string appNamespace, CancellationToken cancellationToken) => Database.ReadAsync(
        session => session.Query(
            $"""
            SELECT registration_id, address, secret, last_update FROM {table}
            WHERE app_id = @a AND namespace = @b AND last_update > @c ORDER BY registration_id
            """,
            row => new Replica(row.GetString(0), appId, appNamespace, row.GetString(1), row.GetString(2), row.GetInt64(3)),
            appId, appNamespace, Now - (long)longestSilence.TotalMilliseconds),
        cancellationToken);

    private static void CreateForOwner(string path)
    {
        try
        {
            var folder = Path.GetDirectoryName(path)!;
            if (OperatingSystem.IsWindows())
            {
                Directory.CreateDirectory(folder);
                return;
            }

            Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);

            // SQLite gives its other files the rights of this one.
            using var file = new FileStream(
                path,
                new FileStreamOptions
                {
                    Mode = FileMode.OpenOrCreate,
                    Access = FileAccess.ReadWrite,
                    Share = FileShare.ReadWrite | FileShare.Delete,
                    UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
                });
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new ComponentException(ComponentFault.Failed, failure.Message, failure);
        }
    }
}
