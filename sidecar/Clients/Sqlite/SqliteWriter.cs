using Microsoft.Data.Sqlite;
using Sidecar.Components;

namespace Sidecar.Clients.Sqlite;

/// <summary>
/// The one thread that writes to a database file. What arrives while a commit is on its way to the disk shares the
/// next one, so that many callers pay for one fsync. Every operation has a savepoint: a failing one fails alone.
/// </summary>
internal sealed class SqliteWriter : IAsyncDisposable
{
    private const int LargestBatch = 256;

    private readonly SqliteOptions _options;
    private readonly TimeProvider _clock;

    // With a monitor: it lets the thread wait at once, where a blocking collection spins before each wait.
    private readonly object _gate = new();
    private readonly Queue<SqliteWork> _queue = new();
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private SqliteSession? _session;
    private SqliteSync? _sync;
    private bool _closed;

    public SqliteWriter(SqliteOptions options, TimeProvider clock)
    {
        (_options, _clock) = (options, clock);
        new Thread(Loop) { IsBackground = true, Name = $"sqlite {Path.GetFileName(options.Path)}" }.Start();
    }

    public async Task<T> RunAsync<T>(Func<SqliteSession, T> operation, bool durable, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var deadline = _clock.GetTimestamp() + (long)(_options.Timeout.TotalSeconds * _clock.TimestampFrequency);
        var work = new SqliteWork<T>(operation, durable, deadline);
        Enqueue(work);

        // Only what has not begun can be called off: once it runs, the caller learns how it ended.
        await using var registration = cancellationToken.UnsafeRegister(
            static (state, token) => ((SqliteWork<T>)state!).Abandon(token), work);
        return await work.Completion;
    }

    public async ValueTask DisposeAsync()
    {
        lock (_gate)
        {
            _closed = true;
            Monitor.Pulse(_gate);
        }

        await _ended.Task;
    }

    private void Enqueue(SqliteWork work)
    {
        lock (_gate)
        {
            if (_closed)
            {
                throw new ComponentException(ComponentFault.Failed, "sqlite: the database is closed");
            }

            _queue.Enqueue(work);
            if (_queue.Count == 1)
            {
                // Before, there was nothing to do, so the thread may be waiting.
                Monitor.Pulse(_gate);
            }
        }
    }

    private void Loop()
    {
        var batch = new List<SqliteWork>(LargestBatch);
        while (TakeBatch(batch))
        {
            Commit(batch);
            batch.Clear();
        }

        _session?.Dispose();
        _ended.SetResult();
    }

    /// <summary>Waits for work; false when the writer is closed and everything is done.</summary>
    private bool TakeBatch(List<SqliteWork> batch)
    {
        lock (_gate)
        {
            while (batch.Count == 0)
            {
                while (_queue.Count == 0)
                {
                    if (_closed)
                    {
                        return false;
                    }

                    Monitor.Wait(_gate);
                }

                while (batch.Count < LargestBatch && _queue.TryDequeue(out var next))
                {
                    if (next.TryTake())
                    {
                        batch.Add(next);
                    }
                }
            }

            return true;
        }
    }

    private void Commit(List<SqliteWork> batch)
    {
        var now = _clock.GetTimestamp();
        foreach (var late in batch.Where(work => work.Deadline < now))
        {
            late.Fail(new ComponentException(ComponentFault.Failed, $"sqlite: timed out after {_options.Timeout}"));
        }

        batch.RemoveAll(work => work.Deadline < now);
        if (batch.Count == 0 || TryCommit(batch) is not { } failure)
        {
            return;
        }

        if (batch.Count == 1 || failure is SqliteException { SqliteErrorCode: SQLitePCL.raw.SQLITE_BUSY })
        {
            // Waiting once more per operation for whoever holds the file would only multiply the wait.
            batch.ForEach(work => work.Fail(failure));
            return;
        }

        // One operation may be the cause (one value too large for the disk that is left): each gets a commit of its own.
        foreach (var work in batch)
        {
            if (TryCommit([work]) is { } own)
            {
                work.Fail(own);
            }
        }
    }

    /// <summary>Null: every operation was answered. Else nothing was committed and nobody was answered.</summary>
    private Exception? TryCommit(List<SqliteWork> batch)
    {
        try
        {
            // Without the write-ahead log a commit that skips the disk could damage the file, not just lose itself.
            var relaxed = _options.Wal && !batch.Exists(work => work.Durable);
            var session = OpenSession(relaxed ? SqliteSync.Normal : _options.Sync);
            session.Step("BEGIN IMMEDIATE");
            foreach (var work in batch)
            {
                session.Step("SAVEPOINT work");
                if (work.Run(session) is { } failure)
                {
                    if (!session.InTransaction)
                    {
                        // SQLite gave up the whole transaction; what ran before is gone with it.
                        return failure;
                    }

                    session.Step("ROLLBACK TO work");
                }

                session.Step("RELEASE work");
            }

            session.Step("COMMIT");
        }
#pragma warning disable CA1031 // The writer outlives whatever the library throws (unreadable file, full disk, no native library).
        catch (Exception failure)
#pragma warning restore CA1031
        {
            // A fresh connection next time: it also finds a file that was repaired or replaced in between.
            CloseSession();
            return failure;
        }

        batch.ForEach(work => work.Complete());
        return null;
    }

    private SqliteSession OpenSession(SqliteSync sync)
    {
        _session ??= SqliteSession.Open(_options, readOnly: false);
        if (_sync != sync)
        {
            // A commit that nobody waits for on the disk (a claim, an acknowledgement) needs no fsync: the log keeps
            // the order, so a power cut loses a tail of such commits and never one before a durable commit.
            _session.Pragma(sync is SqliteSync.Full ? "synchronous=FULL" : "synchronous=NORMAL");
            _sync = sync;
        }

        return _session;
    }

    private void CloseSession()
    {
        if (_options.Path is null && _session is { InTransaction: true } memory)
        {
            // Closing the connection would delete a database in memory.
            memory.Step("ROLLBACK");
            return;
        }

        if (_options.Path is not null)
        {
            _session?.Dispose();
            (_session, _sync) = (null, null);
        }
    }
}
