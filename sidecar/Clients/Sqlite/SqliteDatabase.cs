using System.Collections.Concurrent;
using Microsoft.Data.Sqlite;
using Sidecar.Components;

namespace Sidecar.Clients.Sqlite;

/// <summary>
/// One database file for the whole process: one writer, and readers beside it that never wait for it (WAL). Other
/// processes may use the file at the same time.
/// </summary>
internal sealed partial class SqliteDatabase : IAsyncDisposable
{
    private const int IdleReaders = 4;

    private readonly SqliteOptions _options;
    private readonly SqliteWriter _writer;
    private readonly ConcurrentBag<SqliteSession> _readers = [];

    private SqliteDatabase(SqliteOptions options, ComponentContext context)
    {
        _options = options;
        if (options.Path is { } path)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        }

        var engine = SqliteEngine.Current;
        LogOpened(context.Loggers.CreateLogger<SqliteDatabase>(), options.Path ?? ":memory:", engine.Version, engine.Source);
        _writer = new SqliteWriter(options, context.Clock);
    }

    /// <summary>The file's database in this process; a database in memory is the caller's alone.</summary>
    public static SqliteDatabase Open(SqliteOptions options, ComponentContext context)
    {
        try
        {
            if (options.Path is null)
            {
                return new SqliteDatabase(options, context);
            }

            var database = context.Shared.GetOrAdd(options.Path, () => new SqliteDatabase(options, context));
            return database._options is var first && first.Sync == options.Sync && first.Wal == options.Wal
                ? database
                : throw new ComponentException(
                    ComponentFault.BadRequest,
                    $"{options.Path} is open with synchronous={first.Sync}, WAL={first.Wal}: components that share a file must agree");
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or InvalidOperationException or DllNotFoundException)
        {
            throw new ComponentException(ComponentFault.Failed, $"sqlite: {failure.Message}", failure);
        }
    }

    /// <summary>Runs alone in a transaction; returns after its commit. A throwing operation leaves no trace.</summary>
    /// <param name="durable">False where losing the last moments in a power cut does no harm: no wait for the disk then.</param>
    public Task<T> WriteAsync<T>(Func<SqliteSession, T> operation, CancellationToken cancellationToken, bool durable = true) =>
        _writer.RunAsync(operation, durable, cancellationToken);

    /// <summary>Runs on a connection of its own. Several statements see one state only inside their own BEGIN.</summary>
    public Task<T> ReadAsync<T>(Func<SqliteSession, T> read, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return Task.FromCanceled<T>(cancellationToken);
        }

        // A database in memory has one connection only.
        return _options.Path is null ? _writer.RunAsync(read, durable: false, cancellationToken) : ReadNow(read);
    }

    /// <summary>For the component that opened it: closes a private database, leaves a shared one to the process.</summary>
    public ValueTask ReleaseAsync() => _options.Path is null ? DisposeAsync() : ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        while (_readers.TryTake(out var reader))
        {
            reader.Dispose();
        }

        // Last: closing the last connection folds the write-ahead log into the file.
        await _writer.DisposeAsync();
    }

    // Reads come from the page cache and take microseconds, less than a hop to another thread.
    private Task<T> ReadNow<T>(Func<SqliteSession, T> read)
    {
        SqliteSession? session = null;
        try
        {
            session = _readers.TryTake(out var idle) ? idle : SqliteSession.Open(_options, readOnly: true);
            var result = read(session);
            if (_readers.Count < IdleReaders)
            {
                _readers.Add(session);
                session = null;
            }

            return Task.FromResult(result);
        }
        catch (SqliteException failure)
        {
            return Task.FromException<T>(new ComponentException(ComponentFault.Failed, $"sqlite: {failure.Message}", failure));
        }
        finally
        {
            session?.Dispose();
        }
    }

    [LoggerMessage(LogLevel.Information, "Opened {Path} with SQLite {Version} ({Source})")]
    private static partial void LogOpened(ILogger logger, string path, string version, string source);
}
