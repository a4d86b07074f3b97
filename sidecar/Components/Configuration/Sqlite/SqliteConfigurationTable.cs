using System.Data;
using Sidecar.Clients.Sqlite;

namespace Sidecar.Components.Configuration.Sqlite;

/// <summary>
/// The table whose layout is documented for whoever writes it (docs/embedded-components.md). Triggers number the
/// changes, so that a plain INSERT, UPDATE or DELETE of any program gives a new version and is noticed.
/// </summary>
internal sealed class SqliteConfigurationTable(SqliteDatabase database)
{
    // One counter for all keys: a key that is deleted and made again must not get an old version a second time.
    private const string Layout =
        """
        CREATE TABLE IF NOT EXISTS configuration (
          key TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL, version INTEGER NOT NULL DEFAULT 0);
        CREATE TABLE IF NOT EXISTS configuration_changes (
          id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1), newest INTEGER NOT NULL);
        INSERT OR IGNORE INTO configuration_changes (id, newest) VALUES (1, 0);
        CREATE TRIGGER IF NOT EXISTS configuration_inserted AFTER INSERT ON configuration BEGIN
          UPDATE configuration_changes SET newest = newest + 1;
          UPDATE configuration SET version = (SELECT newest FROM configuration_changes) WHERE key = NEW.key;
        END;
        CREATE TRIGGER IF NOT EXISTS configuration_updated AFTER UPDATE OF key, value ON configuration BEGIN
          UPDATE configuration_changes SET newest = newest + 1;
          UPDATE configuration SET version = (SELECT newest FROM configuration_changes) WHERE key = NEW.key;
        END;
        CREATE TRIGGER IF NOT EXISTS configuration_deleted AFTER DELETE ON configuration BEGIN
          UPDATE configuration_changes SET newest = newest + 1;
        END;
        """;

    public Task CreateAsync(CancellationToken cancellationToken) =>
        database.WriteAsync(session => session.Execute(Layout), cancellationToken);

    /// <summary>Another number than before says that something changed.</summary>
    public Task<long> NewestAsync(CancellationToken cancellationToken) =>
        database.ReadAsync(session => session.QueryNumber("SELECT newest FROM configuration_changes"), cancellationToken);

    /// <summary>The items that exist; no keys: all.</summary>
    public Task<IReadOnlyDictionary<string, ConfigurationItem>> ReadAsync(IReadOnlyList<string> keys, CancellationToken cancellationToken) =>
        database.ReadAsync(session => Read(session, keys), cancellationToken);

    private static IReadOnlyDictionary<string, ConfigurationItem> Read(SqliteSession session, IReadOnlyList<string> keys)
    {
        const string Items = "SELECT key, value, version FROM configuration WHERE value <> ''";
        var rows = keys.Count == 0
            ? session.Query(Items, Row)
            : keys.SelectMany(key => session.Query($"{Items} AND key = @a", Row, key));
        var items = new Dictionary<string, ConfigurationItem>(StringComparer.Ordinal);
        foreach (var (key, item) in rows)
        {
            items[key] = item;
        }

        return items;
    }

    private static (string Key, ConfigurationItem Item) Row(IDataRecord row) =>
        (row.GetString(0), new ConfigurationItem(row.GetString(1), row.GetString(2)));
}
