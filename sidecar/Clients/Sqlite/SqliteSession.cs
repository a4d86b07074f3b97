using System.Data;
using System.Runtime.InteropServices;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Sidecar.Clients.Sqlite;

/// <summary>
/// One connection and the statements prepared on it, used by one caller at a time. Parameters are given by position:
/// the n-th value is bound to the n-th name in <c>@a, @b, @c ...</c>.
/// </summary>
internal sealed class SqliteSession : IDisposable
{
    private readonly SqliteConnection _connection;
    private readonly Dictionary<string, SqliteCommand> _commands = new(StringComparer.Ordinal);
    private readonly Dictionary<string, sqlite3_stmt> _steps = new(StringComparer.Ordinal);

    private SqliteSession(SqliteConnection connection) => _connection = connection;

    /// <summary>False after SQLite itself rolled back, as it does when the disk is full.</summary>
    public bool InTransaction => raw.sqlite3_get_autocommit(_connection.Handle) == 0;

    public static SqliteSession Open(SqliteOptions options, bool readOnly)
    {
        // Choosing the library must come first: the first connection would load the bundled one.
        _ = SqliteEngine.Current;
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder
        {
            DataSource = options.Path ?? ":memory:",
            Mode = readOnly ? SqliteOpenMode.ReadWrite : SqliteOpenMode.ReadWriteCreate,
            Pooling = false,
            // The managed provider waits on its own as well and takes 0 for "for ever".
            DefaultTimeout = Math.Max(1, (int)Math.Ceiling(options.BusyTimeout.TotalSeconds)),
        }.ConnectionString);
        try
        {
            connection.Open();
            var session = new SqliteSession(connection);
            session.Pragma($"busy_timeout={(long)options.BusyTimeout.TotalMilliseconds}");
            if (readOnly)
            {
                session.Pragma("query_only=1");
            }
            else if (options.Path is not null)
            {
                session.Pragma(options.Wal ? "journal_mode=WAL" : "journal_mode=DELETE");
                // After a burst the log file shrinks back instead of keeping its largest size for ever.
                session.Pragma("journal_size_limit=67108864");
            }

            return session;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>Not prepared: some pragmas take effect when they are compiled.</summary>
    public void Pragma(string text)
    {
        using var command = _connection.CreateCommand();
        command.CommandText = $"PRAGMA {text}";
        command.ExecuteNonQuery();
    }

    /// <summary>
    /// A statement that has neither values nor rows, such as those around a transaction. Without the managed provider, whose
    /// commands cost several times what such a statement does.
    /// </summary>
    public void Step(string sql)
    {
        if (!_steps.TryGetValue(sql, out var statement))
        {
            SqliteException.ThrowExceptionForRC(raw.sqlite3_prepare_v2(_connection.Handle, sql, out statement), _connection.Handle);
            _steps.Add(sql, statement);
        }

        _ = raw.sqlite3_step(statement);

        // Says again what the step came to.
        SqliteException.ThrowExceptionForRC(raw.sqlite3_reset(statement), _connection.Handle);
    }

    /// <summary>The number of rows changed.</summary>
    public int Execute(string sql, params ReadOnlySpan<object?> values) => Bind(sql, values).ExecuteNonQuery();

    public List<T> Query<T>(string sql, Func<IDataRecord, T> read, params ReadOnlySpan<object?> values)
    {
        using var reader = Bind(sql, values).ExecuteReader();
        var rows = new List<T>();
        while (reader.Read())
        {
            rows.Add(read(reader));
        }

        return rows;
    }

    public T? QueryFirst<T>(string sql, Func<IDataRecord, T> read, params ReadOnlySpan<object?> values)
    {
        using var reader = Bind(sql, values).ExecuteReader();
        return reader.Read() ? read(reader) : default;
    }

    /// <summary>The first column of the first row as a number; zero when there is none.</summary>
    public long QueryNumber(string sql, params ReadOnlySpan<object?> values) =>
        QueryFirst(sql, row => row.IsDBNull(0) ? 0 : row.GetInt64(0), values);

    public void Dispose()
    {
        foreach (var command in _commands.Values)
        {
            command.Dispose();
        }

        foreach (var statement in _steps.Values)
        {
            statement.Dispose();
        }

        _connection.Dispose();
    }

    private SqliteCommand Bind(string sql, ReadOnlySpan<object?> values)
    {
        if (!_commands.TryGetValue(sql, out var command))
        {
            command = _connection.CreateCommand();
            command.CommandText = sql;
            for (var index = 0; index < values.Length; index++)
            {
                command.Parameters.Add(new SqliteParameter { ParameterName = $"@{(char)('a' + index)}" });
            }

            _commands.Add(sql, command);
        }

        for (var index = 0; index < values.Length; index++)
        {
            command.Parameters[index].Value = values[index] switch
            {
                null => DBNull.Value,
                ReadOnlyMemory<byte> bytes => ToArray(bytes),
                var value => value,
            };
        }

        return command;
    }

    private static byte[] ToArray(ReadOnlyMemory<byte> bytes)
    {
        if (MemoryMarshal.TryGetArray(bytes, out var segment) && segment.Offset == 0 && segment.Count == segment.Array!.Length)
        {
            return segment.Array;
        }

        var copy = GC.AllocateUninitializedArray<byte>(bytes.Length);
        bytes.CopyTo(copy);
        return copy;
    }
}
