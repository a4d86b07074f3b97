using System.Collections.Concurrent;
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
    private readonly BlockingCollection<SqliteWork> _queue = [];
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private SqliteSession? _session;
    private SqliteSync? _sync;
    private int _closed;

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
        try
        {
            _queue.Add(work, CancellationToken.None);
        }
        catch (InvalidOperationException closed)
        {
            throw new ComponentException(ComponentFault.Failed, "sqlite: the database is closed", closed);
        }

        // Only what has not begun can be called off: once it runs, the caller learns how it ended.
        await using var registration = cancellationToken.UnsafeRegister(
            static (state, token) => ((SqliteWork<T>)state!).Abandon(token), work);
        return await work.Completion;
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _closed, 1) == 0)
        {
            _queue.CompleteAdding();
        }

        await _ended.Task;
        _queue.Dispose();
    }

    private void Loop()
    {
        var batch = new List<SqliteWork>(LargestBatch);
        foreach (var first in _queue.GetConsumingEnumerable())
        {
            for (var next = first; next is not null; next = TakeMore(batch.Count))
            {
                if (next.TryTake())
                {
                    batch.Add(next);
                }
            }

            Commit(batch);
            batch.Clear();
        }

        _session?.Dispose();
        _ended.SetResult();
    }

    private SqliteWork? TakeMore(int taken) => taken < LargestBatch && _queue.TryTake(out var next) ? next : null;

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
            session.Execute("BEGIN IMMEDIATE");
            foreach (var work in batch)
            {
                session.Execute("SAVEPOINT work");
                if (work.Run(session) is { } failure)
                {
                    if (!session.InTransaction)
                    {
                        // SQLite gave up the whole transaction; what ran before is gone with it.
                        return failure;
                    }

                    session.Execute("ROLLBACK TO work");
                }

                session.Execute("RELEASE work");
            }

            session.Execute("COMMIT");
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
            memory.Execute("ROLLBACK");
            return;
        }

        if (_options.Path is not null)
        {
            _session?.Dispose();
            (_session, _sync) = (null, null);
        }
    }
}
