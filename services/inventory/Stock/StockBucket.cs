using DaprShop.Contracts.Inventory;
using DaprShop.ServiceDefaults.Batching;
using DaprShop.ServiceDefaults.Faults;
using DaprShop.ServiceDefaults.State;

namespace DaprShop.Inventory.Stock;

/// <summary>
/// The one place of this replica where a SKU's stock is decided. Commands queue; what arrived while the last swap ran
/// becomes the next batch: one compare and swap commits all of it, then its log entry is written, then the next
/// swap may drop it from the document (commit rules R2 and R3). Other replicas may do the same: the swap decides.
/// </summary>
internal sealed partial class StockBucket : IAsyncDisposable
{
    private const int MaxBatch = 512;
    private const int MaxWaiting = 4096;

    private readonly string _sku;
    private readonly DocumentStore _documents;
    private readonly StockLog _log;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private readonly NaturalBatches<ICommand> _batches;

    private StockLedger _ledger;

    /// <summary>Committed, but its log entry is not known to be written: no swap may drop it from the document yet.</summary>
    private StockBatch? _unlogged;

    public StockBucket(string sku, DocumentStore documents, TimeProvider clock, ILogger<StockBucket> logger)
    {
        _sku = sku;
        _documents = documents;
        _clock = clock;
        _logger = logger;
        _log = new StockLog(sku, documents);
        _ledger = new StockLedger(sku);
        _batches = new NaturalBatches<ICommand>(
            MaxWaiting, MaxBatch, CommitAsync, command => command.Fail(new DependencyUnavailableException($"stock of {sku} (stopping)")));
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
            throw new OverloadedException($"stock of {_sku}");
        }

        return await command.Result.WaitAsync(cancellationToken);
    }

    /// <summary>The reservations that no saga has taken yet.</summary>
    public Task<IReadOnlyList<Reservation>> TentativeAsync(CancellationToken cancellationToken) =>
        DecideAsync(
            (stock, _) => new Decision<IReadOnlyList<Reservation>>(
                [.. stock.Reservations.Where(reservation => reservation.State == ReservationState.Tentative)]),
            cancellationToken);

    public ValueTask DisposeAsync() => _batches.DisposeAsync();

    private async Task CommitAsync(IReadOnlyList<ICommand> batch, CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                await WriteLogAsync(cancellationToken);
                var swap = await _documents.ChangeAsync<StockDocument, SwapOutcome>(
                    StockKeys.Bucket(_sku), stored => Decide(stored, batch), cancellationToken);
                if (swap.Behind is not null)
                {
                    await CatchUpAsync(swap.Behind, cancellationToken);
                    continue;
                }

                if (swap.Committed is { } committed)
                {
                    _ledger.Apply(committed);
                    _unlogged = committed;
                }

                foreach (var command in batch)
                {
                    command.Complete();
                }

                await WriteLogAsync(cancellationToken);
                return;
            }
        }
        catch (DependencyUnavailableException failure)
        {
            // The swap may have happened all the same: the next catch-up will tell, and every command is idempotent.
            LogUnavailable(failure, _sku);
            Fail(batch, failure);
        }
#pragma warning disable CA1031 // One bad batch must not end the loop that every later command of this SKU waits for.
        catch (Exception failure) when (!cancellationToken.IsCancellationRequested)
#pragma warning restore CA1031
        {
            LogFailed(failure, _sku);
            (_ledger, _unlogged) = (new StockLedger(_sku), null);
            Fail(batch, failure);
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
        foreach (var command in batch)
        {
            if (command.Decide(fork, now) is { } entry)
            {
                fork.Apply(entry);
                entries.Add(entry);
            }
        }

        if (entries.Count == 0)
        {
            return Change.None<StockDocument, SwapOutcome>(new SwapOutcome(Behind: null, Committed: null));
        }

        var next = new StockBatch(_ledger.Seq + 1, entries);

        // Every batch up to the ledger's is in the log by now: CatchUpAsync and WriteLogAsync saw to it.
        return Change.To(fork.ToDocument(next.N, now, [next]), new SwapOutcome(Behind: null, next));
    }

    private DependencyUnavailableException WentBack(long seq) =>
        new($"stock of {_sku}: the store went back from batch {_ledger.Seq} to {seq}");

    private async Task CatchUpAsync(StockDocument stored, CancellationToken cancellationToken)
    {
        if (stored.Seq < _ledger.Seq)
        {
            throw WentBack(stored.Seq);
        }

        if (!await _log.FoldAsync(_ledger, stored, cancellationToken))
        {
            throw new DependencyUnavailableException($"stock of {_sku}: its log cannot be read beyond batch {_ledger.Seq}");
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

    [LoggerMessage(LogLevel.Warning, "Stock of {Sku} could not be committed; its callers were told to repeat")]
    private partial void LogUnavailable(Exception failure, string sku);

    [LoggerMessage(LogLevel.Error, "Stock of {Sku}: a batch failed; the ledger is read again")]
    private partial void LogFailed(Exception failure, string sku);

    private sealed record SwapOutcome(StockDocument? Behind, StockBatch? Committed);

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
