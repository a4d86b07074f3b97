using DaprShop.Contracts.Inventory;
using DaprShop.ServiceDefaults.Batching;
using DaprShop.ServiceDefaults.Faults;
using DaprShop.ServiceDefaults.State;

namespace DaprShop.Inventory.Stock;

/// <summary>
/// The one place of this replica where a bucket is decided. Commands queue; what arrived while the last swap ran
/// becomes the next batch: one compare and swap commits all of it, then its log entry is written, then the next
/// swap may drop it from the document (commit rules R2 and R3). Other replicas may do the same: the swap decides.
/// </summary>
internal sealed partial class StockBucket : IAsyncDisposable
{
    private const int MaxBatch = 512;
    private const int MaxWaiting = 4096;

    /// <summary>Where each command has a swap of its own, more would wait longer than their callers do.</summary>
    private const int MaxWaitingAlone = 128;

    /// <summary>Batches between two snapshots at the least; with many reservations, which all stand in it, more.</summary>
    private const int SnapshotEvery = 1000;

    private readonly BucketId _id;
    private readonly StockSettings _settings;
    private readonly DocumentStore _documents;
    private readonly BucketLock? _lock;
    private readonly StockLog _log;
    private readonly StockSnapshots _snapshots;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private readonly NaturalBatches<ICommand> _batches;

    private StockLedger _ledger;

    /// <summary>Committed, but its log entry is not known to be written: no swap may drop it from the document yet.</summary>
    private EncodedBatch? _unlogged;

    /// <summary>Batch of the newest snapshot this replica knows to be whole.</summary>
    private long _snapshot = -1;

    /// <summary>Batch of the last one it began to write.</summary>
    private long _attempted = -1;

    /// <summary>The batch of the snapshot that was written last, or is being written; null: it could not be.</summary>
    private Task<long?> _snapshotting = Task.FromResult<long?>(null);

    public StockBucket(
        BucketId id, StockSettings settings, DocumentStore documents, BucketLock? bucketLock, TimeProvider clock, ILogger<StockBucket> logger)
    {
        (_id, _settings, _documents, _lock, _clock, _logger) = (id, settings, documents, bucketLock, clock, logger);
        _log = new StockLog(id, documents);
        _snapshots = new StockSnapshots(id, documents);
        _ledger = new StockLedger(id.ToString());
        var isGroupCommit = settings.Strategy == StockStrategy.GroupCommit;
        _batches = new NaturalBatches<ICommand>(
            isGroupCommit ? MaxWaiting : MaxWaitingAlone,
            isGroupCommit ? MaxBatch : 1,
            CommitAsync,
            command => command.Fail(new DependencyUnavailableException($"stock of {id} (stopping)")));
    }

    private interface ICommand
    {
        StockEntry? Decide(StockLedger ledger, DateTimeOffset now);

        void Complete();

        void Fail(Exception failure);
    }

    /// <summary>
    /// Decides and commits. The result is given only after its entry is durable. Throws <see cref="DependencyUnavailableException"/>
    /// when the outcome is unknown: repeat the command, it is idempotent. Throws <see cref="OverloadedException"/> when too many wait.
    /// </summary>
    public async Task<TResult> DecideAsync<TResult>(
        Func<StockLedger, DateTimeOffset, Decision<TResult>> decide, CancellationToken cancellationToken)
    {
        var command = new Command<TResult>(decide);
        if (!_batches.TryAdd(command))
        {
            throw new OverloadedException($"stock of {_id}");
        }

        return await Detached.WaitAsync(command.Result, cancellationToken);
    }

    /// <summary>The reservations that no saga has taken yet, and the units as they are.</summary>
    public Task<(IReadOnlyList<Reservation> Tentative, StockCounts Counts)> LookAsync(CancellationToken cancellationToken) =>
        DecideAsync(
            (stock, _) => new Decision<(IReadOnlyList<Reservation>, StockCounts)>(([.. stock.Tentative], StockCounts.Of(stock))), cancellationToken);

    public async ValueTask DisposeAsync()
    {
        await _batches.DisposeAsync();
        await _snapshotting;
    }

    private async Task CommitAsync(IReadOnlyList<ICommand> batch, CancellationToken cancellationToken)
    {
        try
        {
            await using var held = _lock is null ? null : await _lock.TakeAsync(cancellationToken);
            await DecideAsync(batch, cancellationToken);
        }
        catch (DependencyUnavailableException failure)
        {
            // The swap may have happened all the same: the next catch-up will tell, and every command is idempotent.
            LogUnavailable(failure, _id);
            Fail(batch, failure);
        }
#pragma warning disable CA1031 // One bad batch must not end the loop that every later command of this bucket waits for.
        catch (Exception failure) when (!cancellationToken.IsCancellationRequested)
#pragma warning restore CA1031
        {
            LogFailed(failure, _id);
            (_ledger, _unlogged) = (new StockLedger(_id.ToString()), null);
            Fail(batch, failure);
        }
    }

    private async Task DecideAsync(IReadOnlyList<ICommand> batch, CancellationToken cancellationToken)
    {
        while (true)
        {
            await WriteLogAsync(cancellationToken);
            var swap = await _documents.ChangeAsync<StockDocument, SwapOutcome>(
                StockKeys.Bucket(_id), stored => Decide(stored, batch), cancellationToken);
            if (swap.Behind is not null)
            {
                await CatchUpAsync(swap.Behind, cancellationToken);
                continue;
            }

            if (swap.Committed is { } committed)
            {
                _ledger.Apply(committed.Decode());
                _unlogged = committed;
            }

            foreach (var command in batch)
            {
                command.Complete();
            }

            await WriteLogAsync(cancellationToken);
            await StartSnapshotWhenDueAsync(cancellationToken);
            return;
        }
    }

    private static void Fail(IReadOnlyList<ICommand> batch, Exception failure)
    {
        foreach (var command in batch)
        {
            command.Fail(failure);
        }
    }

    private Change<StockDocument, SwapOutcome> Decide(StockDocument? stored, IReadOnlyList<ICommand> batch)
    {
        if (stored is null && _ledger.Exists)
        {
            throw WentBack(-1);
        }

        if ((stored?.Seq ?? -1) != _ledger.Seq)
        {
            return Change.None<StockDocument, SwapOutcome>(new SwapOutcome(Behind: stored, Committed: null));
        }

        var now = _clock.GetUtcNow();
        var fork = _ledger.Fork();
        var entries = new List<StockEntry>();
        if (!fork.Exists)
        {
            // The pool's settings are the creation; the bucket follows from them with its first change.
            entries.Add(new StockCreated(_settings.Share(_id.Number), now));
            fork.Apply(entries[0]);
        }

        var born = entries.Count;
        foreach (var command in batch)
        {
            if (command.Decide(fork, now) is { } entry)
            {
                fork.Apply(entry);
                entries.Add(entry);
            }
        }

        if (entries.Count == born)
        {
            return Change.None<StockDocument, SwapOutcome>(new SwapOutcome(Behind: null, Committed: null));
        }

        var next = EncodedBatch.Of(new StockBatch(_ledger.Seq + 1, entries));

        // Every batch up to the ledger's is in the log by now: CatchUpAsync and WriteLogAsync saw to it.
        var document = fork.ToDocument(_settings.Sku, _ledger.Seq + 1, now, [next], Math.Max(_snapshot, stored?.Snapshot ?? -1));
        return Change.To(document, new SwapOutcome(Behind: null, next));
    }

    private DependencyUnavailableException WentBack(long seq) =>
        new($"stock of {_id}: the store went back from batch {_ledger.Seq} to {seq}");

    private async Task CatchUpAsync(StockDocument stored, CancellationToken cancellationToken)
    {
        if (stored.Seq < _ledger.Seq)
        {
            throw WentBack(stored.Seq);
        }

        _snapshot = Math.Max(_snapshot, stored.Snapshot);
        if (stored.Snapshot - _ledger.Seq > SnapshotEvery / 2)
        {
            _ledger = StockLedger.FromSnapshot(_id.ToString(), stored.Snapshot, await _snapshots.ReadAsync(stored.Snapshot, cancellationToken));
        }

        if (!await _log.FoldAsync(_ledger, stored, cancellationToken))
        {
            throw new DependencyUnavailableException($"stock of {_id}: its log cannot be read beyond batch {_ledger.Seq}");
        }
    }

    private async Task WriteLogAsync(CancellationToken cancellationToken)
    {
        if (_unlogged is { } batch)
        {
            await _log.WriteAsync(batch, cancellationToken);
            _unlogged = null;
        }
    }

    private async Task StartSnapshotWhenDueAsync(CancellationToken cancellationToken)
    {
        if (!_snapshotting.IsCompleted)
        {
            return;
        }

        // A swap tells the others of it only after every part is written (R3).
        _snapshot = Math.Max(_snapshot, await _snapshotting ?? -1);
        if (_ledger.Seq - Math.Max(_snapshot, _attempted) >= Math.Max(SnapshotEvery, _ledger.ReservationCount / 100))
        {
            _attempted = _ledger.Seq;
            var (n, snapshot) = (_ledger.Seq, _ledger.ToSnapshot());
            _snapshotting = Detached.Run(() => WriteSnapshotAsync(n, snapshot, cancellationToken));
        }
    }

    private async Task<long?> WriteSnapshotAsync(long n, StockSnapshot snapshot, CancellationToken cancellationToken)
    {
        try
        {
            await _snapshots.WriteAsync(n, snapshot, cancellationToken);
            return n;
        }
#pragma warning disable CA1031 // Nothing needs this one: the log is whole, and a later snapshot will do.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            LogNoSnapshot(failure, _id);
            return null;
        }
    }

    [LoggerMessage(LogLevel.Warning, "Stock of {Bucket} could not be committed; its callers were told to repeat")]
    private partial void LogUnavailable(Exception failure, BucketId bucket);

    [LoggerMessage(LogLevel.Error, "Stock of {Bucket}: a batch failed; the ledger is read again")]
    private partial void LogFailed(Exception failure, BucketId bucket);

    [LoggerMessage(LogLevel.Warning, "Stock of {Bucket}: a snapshot could not be written; a later one will be")]
    private partial void LogNoSnapshot(Exception failure, BucketId bucket);

    private sealed record SwapOutcome(StockDocument? Behind, EncodedBatch? Committed);

    private sealed class Command<TResult>(Func<StockLedger, DateTimeOffset, Decision<TResult>> decide) : ICommand
    {
        private readonly TaskCompletionSource<TResult> _source = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private TResult? _result;
        private Exception? _failure;

        public Task<TResult> Result => _source.Task;

        public StockEntry? Decide(StockLedger ledger, DateTimeOffset now)
        {
            try
            {
                var decision = decide(ledger, now);
                (_result, _failure) = (decision.Result, null);
                return decision.Entry;
            }
#pragma warning disable CA1031 // One command that cannot be decided must not fail those it shares the batch with.
            catch (Exception failure)
#pragma warning restore CA1031
            {
                _failure = failure;
                return null;
            }
        }

        public void Complete()
        {
            if (_failure is null)
            {
                _source.TrySetResult(_result!);
            }
            else
            {
                _source.TrySetException(_failure);
            }
        }

        public void Fail(Exception failure) => _source.TrySetException(failure);
    }
}
