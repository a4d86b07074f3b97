using System.Buffers;
using System.Data;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using Sidecar.Clients.Sqlite;

namespace Sidecar.Components.State.Sqlite;

/// <summary>
/// daprd's table, so that both can use one file: text values as they are, other bytes in base64 (is_binary), times as
/// SQLite's CURRENT_TIMESTAMP writes them, the schema's level in the metadata table.
/// </summary>
internal sealed class SqliteStateTable(string table, string metadataTable)
{
    private const string SchemaLevel = "1";
    private const string Live = "(expiration_time IS NULL OR expiration_time > @b)";

    private readonly string _get =
        $"SELECT key, CAST(value AS BLOB), is_binary, etag, expiration_time FROM {table} WHERE key = @a AND {Live}";

    private readonly string _getMany =
        $"""
        SELECT key, CAST(value AS BLOB), is_binary, etag, expiration_time FROM {table}
        WHERE key IN (SELECT value FROM json_each(@a)) AND {Live}
        """;

    private readonly string _swap =
        $"""
        UPDATE {table} SET value = CAST(@c AS TEXT), is_binary = @d, etag = @e, update_time = @b, expiration_time = @f
        WHERE key = @a AND etag = @g AND {Live}
        """;

    private readonly string _set = InsertOrUpdate(table, "");

    // An expired row that was not swept yet does not exist for a first-write.
    private readonly string _create =
        InsertOrUpdate(table, $"WHERE {table}.expiration_time IS NOT NULL AND {table}.expiration_time <= @b");

    public bool Create(SqliteSession session)
    {
        session.Execute($"CREATE TABLE IF NOT EXISTS {metadataTable} (key TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL)");
        session.Execute(
            $"""
            CREATE TABLE IF NOT EXISTS {table} (
              key TEXT NOT NULL PRIMARY KEY,
              value TEXT NOT NULL,
              is_binary BOOLEAN NOT NULL,
              etag TEXT NOT NULL,
              expiration_time TIMESTAMP DEFAULT NULL,
              update_time TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP)
            """);
        return session.Execute(
            $"INSERT INTO {metadataTable} (key, value) VALUES ('migrations', @a) ON CONFLICT (key) DO NOTHING", SchemaLevel) > 0;
    }

    public StateItem? Get(SqliteSession session, string key, DateTimeOffset now) =>
        session.QueryFirst(_get, Read, key, Text(now));

    public List<StateItem> GetMany(SqliteSession session, IReadOnlyList<string> keys, DateTimeOffset now) =>
        session.Query(_getMany, Read, JsonSerializer.Serialize(keys), Text(now));

    /// <summary>False: the ETag did not match, or a first-write met a live row.</summary>
    public bool Set(SqliteSession session, StateSet set, string etag, DateTimeOffset now)
    {
        var (value, binary) = Encode(set.Value);
        var expiration = set.TtlSeconds > 0 ? Text(now.AddSeconds(set.TtlSeconds.Value)) : null;
        if (!string.IsNullOrEmpty(set.Etag))
        {
            return session.Execute(_swap, set.Key, Text(now), value, binary, etag, expiration, set.Etag) > 0;
        }

        var statement = set.Concurrency is Concurrency.FirstWrite ? _create : _set;
        return session.Execute(statement, set.Key, Text(now), value, binary, etag, expiration) > 0;
    }

    /// <summary>False: an ETag was given and no row has it. As in daprd an expired row still counts here.</summary>
    public bool Delete(SqliteSession session, StateDelete delete) => string.IsNullOrEmpty(delete.Etag)
        ? session.Execute($"DELETE FROM {table} WHERE key = @a", delete.Key) >= 0
        : session.Execute($"DELETE FROM {table} WHERE key = @a AND etag = @b", delete.Key, delete.Etag) > 0;

    /// <summary>A range of the key's index, so that its cost does not grow with the other keys; LIKE would read them all.</summary>
    public List<string> ListKeys(SqliteSession session, string prefix, string? after, int limit, DateTimeOffset now)
    {
        var start = after is null || string.CompareOrdinal(after, prefix) < 0 ? "key >= @a" : "key > @a";
        var from = start == "key >= @a" ? prefix : after;
        return EndOf(prefix) is { } end
            ? session.Query(
                $"SELECT key FROM {table} WHERE {start} AND key < @d AND {Live} ORDER BY key LIMIT @c", ReadKey, from, Text(now), limit, end)
            : session.Query(
                $"SELECT key FROM {table} WHERE {start} AND {Live} ORDER BY key LIMIT @c", ReadKey, from, Text(now), limit);
    }

    public bool HasExpired(SqliteSession session, DateTimeOffset now) =>
        session.QueryNumber($"SELECT EXISTS (SELECT 1 FROM {table} WHERE expiration_time < @a)", Text(now)) > 0;

    /// <summary>The sidecars of one store share the work: whoever finds the last cleanup old enough does it.</summary>
    public int CleanUp(SqliteSession session, DateTimeOffset now, TimeSpan interval)
    {
        var mine = session.Execute(
            $"""
            INSERT INTO {metadataTable} (key, value) VALUES ('last-cleanup', @a)
            ON CONFLICT (key) DO UPDATE SET value = excluded.value WHERE value <= @b
            """,
            Text(now), Text(now - interval)) > 0;
        return mine ? session.Execute($"DELETE FROM {table} WHERE expiration_time < @a", Text(now)) : 0;
    }

    /// <summary>The first text after every text that starts with the prefix; null when there is none.</summary>
    internal static string? EndOf(string prefix)
    {
        var runes = prefix.EnumerateRunes().ToList();
        while (runes.Count > 0)
        {
            var last = runes[^1].Value;
            runes.RemoveAt(runes.Count - 1);
            if (last < 0x10FFFF)
            {
                // UTF-8 keeps the order of code points; the surrogates' range holds none.
                runes.Add(new Rune(last == 0xD7FF ? 0xE000 : last + 1));
                return string.Concat(runes);
            }
        }

        return null;
    }

    private static string InsertOrUpdate(string table, string guard) =>
        $"""
        INSERT INTO {table} (key, value, is_binary, etag, update_time, expiration_time)
        VALUES (@a, CAST(@c AS TEXT), @d, @e, @b, @f)
        ON CONFLICT (key) DO UPDATE SET value = excluded.value, is_binary = excluded.is_binary, etag = excluded.etag,
          update_time = excluded.update_time, expiration_time = excluded.expiration_time {guard}
        """;

    private static (object Value, long Binary) Encode(ReadOnlyMemory<byte> value) =>
        Utf8.IsValid(value.Span) && !value.Span.Contains((byte)0)
            ? (value, 0)
            : (Convert.ToBase64String(value.Span), 1);

    private static StateItem Read(IDataRecord row)
    {
        var value = (byte[])row.GetValue(1);
        var binary = row.GetInt64(2) != 0;
        return new StateItem(
            row.GetString(0),
            binary ? Decode(value) : value,
            row.GetString(3),
            row.IsDBNull(4) ? null : DateTimeOffset.Parse(row.GetString(4), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal));
    }

    private static byte[] Decode(byte[] base64)
    {
        var bytes = new byte[System.Buffers.Text.Base64.GetMaxDecodedFromUtf8Length(base64.Length)];
        var status = System.Buffers.Text.Base64.DecodeFromUtf8(base64, bytes, out _, out var written);
        return status is OperationStatus.Done
            ? bytes[..written]
            : throw new ComponentException(ComponentFault.Failed, "sqlite: a binary value is not base64");
    }

    private static string ReadKey(IDataRecord row) => row.GetString(0);

    // As CURRENT_TIMESTAMP: whole seconds, UTC; text order is time order.
    private static string Text(DateTimeOffset time) =>
        time.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);
}
