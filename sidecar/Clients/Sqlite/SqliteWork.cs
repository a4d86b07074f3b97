using Microsoft.Data.Sqlite;
using Sidecar.Components;

namespace Sidecar.Clients.Sqlite;

/// <summary>One operation in the writer's queue. The caller hears of it after the commit that carried it.</summary>
internal abstract class SqliteWork(bool durable, long deadline)
{
    private const int Queued = 0;
    private const int Taken = 1;
    private const int Abandoned = 2;
    private int _state;

    /// <summary>The commit must reach the disk before the caller goes on.</summary>
    public bool Durable { get; } = durable;

    /// <summary>Clock timestamp after which the operation is not started any more.</summary>
    public long Deadline { get; } = deadline;

    /// <summary>False: the caller gave up before the operation began, so it must not run.</summary>
    public bool TryTake() => Interlocked.CompareExchange(ref _state, Taken, Queued) == Queued;

    public bool TryAbandon() => Interlocked.CompareExchange(ref _state, Abandoned, Queued) == Queued;

    /// <summary>Runs inside the transaction, more than once if the transaction has to be repeated. Null: it worked.</summary>
    public abstract Exception? Run(SqliteSession session);

    /// <summary>Tells the caller what <see cref="Run"/> came to.</summary>
    public abstract void Complete();

    public abstract void Fail(Exception failure);

    protected static Exception Translate(Exception failure) => failure is SqliteException sqlite
        ? new ComponentException(ComponentFault.Failed, $"sqlite: {sqlite.Message}", sqlite)
        : failure;
}

internal sealed class SqliteWork<T>(Func<SqliteSession, T> operation, bool durable, long deadline)
    : SqliteWork(durable, deadline)
{
    // Asynchronous: a caller that goes on inline would hold up the writer thread.
    private readonly TaskCompletionSource<T> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private T? _result;
    private Exception? _failure;

    public Task<T> Completion => _completion.Task;

    public void Abandon(CancellationToken cancellationToken)
    {
        if (TryAbandon())
        {
            _completion.TrySetCanceled(cancellationToken);
        }
    }

    public override Exception? Run(SqliteSession session)
    {
        _failure = null;
        try
        {
            _result = operation(session);
        }
#pragma warning disable CA1031 // Whatever a driver's operation throws belongs to its caller, never to the writer thread.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            _failure = failure;
        }

        return _failure;
    }

    public override void Complete()
    {
        if (_failure is null)
        {
            _completion.TrySetResult(_result!);
        }
        else
        {
            Fail(_failure);
        }
    }

    public override void Fail(Exception failure) => _completion.TrySetException(Translate(failure));
}
