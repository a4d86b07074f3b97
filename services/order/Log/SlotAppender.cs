using DaprShop.Contracts.Inventory;
using DaprShop.Order.Orders;
using DaprShop.ServiceDefaults.Batching;
using DaprShop.ServiceDefaults.Faults;
using DaprShop.ServiceDefaults.State;

namespace DaprShop.Order.Log;

/// <summary>
/// Appends to one slot under one epoch. What arrives while a record is written becomes the next record. A write whose
/// outcome is unknown is repeated with the same bytes until it is known: the log never skips a number.
/// </summary>
internal sealed partial class SlotAppender : IAsyncDisposable
{
    /// <summary>Batches of orders in one record: with 512 orders in each it stays well below the sidecar's limit of a request.</summary>
    private const int MaxBatch = 4;
    private const int MaxWaiting = 64;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    private readonly DocumentStore _documents;
    private readonly OrderTails _tails;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private readonly Func<OrderLogRecord, ValueTask> _committed;
    private readonly NaturalBatches<Waiting> _batches;
    private long _leaseConfirmed;
    private long _n;

    /// <param name="leaseConfirmed">Monotonic timestamp taken before the lease was written.</param>
    /// <param name="committed">Told of every durable record, in order.</param>
    public SlotAppender(
        int slot,
        long epoch,
        long leaseConfirmed,
        DocumentStore documents,
        OrderTails tails,
        TimeProvider clock,
        ILogger logger,
        Func<OrderLogRecord, ValueTask> committed)
    {
        (Slot, Epoch, _leaseConfirmed) = (slot, epoch, leaseConfirmed);
        (_documents, _tails, _clock, _logger, _committed) = (documents, tails, clock, logger, committed);
        _batches = new NaturalBatches<Waiting>(
            MaxWaiting, MaxBatch, CommitAsync, waiting => waiting.Fail(new DependencyUnavailableException($"order log {slot} (stopping)")));
    }

    public int Slot { get; }

    public long Epoch { get; }

    /// <summary>The lease was written again; <paramref name="before"/> was read from the monotonic clock before that.</summary>
    public void Renewed(long before) => Volatile.Write(ref _leaseConfirmed, before);

    /// <summary>
    /// Completes when the orders are durable, in one record. Throws <see cref="DependencyUnavailableException"/> when the slot was lost or the
    /// queue is full; they may become durable all the same, so the caller must take them as unknown.
    /// </summary>
    public async Task AppendAsync(IReadOnlyList<EncodedOrder> orders)
    {
        var waiting = new Waiting(orders);
        if (!_batches.TryAdd(waiting))
        {
            throw new DependencyUnavailableException($"order log {Slot} (too many waiting or stopping)");
        }

        await waiting.Done.Task;
    }

    /// <summary>Takes nothing more and returns when what it was given is durable.</summary>
    public Task CompleteAsync() => _batches.CompleteAsync();

    public ValueTask DisposeAsync() => _batches.DisposeAsync();

    private async Task CommitAsync(IReadOnlyList<Waiting> batch, CancellationToken cancellationToken)
    {
        // A retry that came twice into one batch is one order.
        var orders = batch.SelectMany(waiting => waiting.Orders).DistinctBy(order => order.OrderId).ToList();
        var record = new OrderLogRecord(Slot, Epoch, _n, orders);
        for (var attempt = 0; ; attempt++)
        {
            if (attempt == 0 && !HasLease())
            {
                Fail(batch, new DependencyUnavailableException($"order log {Slot} (lease running out)"));
                return;
            }

            try
            {
                await _documents.WriteOnceAsync(OrderKeys.LogRecord(Slot, Epoch, _n), record, cancellationToken);
                break;
            }
#pragma warning disable CA1031 // Whatever fails here, the record may be written: its number is not free until it is known.
            catch (Exception failure) when (!cancellationToken.IsCancellationRequested)
#pragma warning restore CA1031
            {
                LogUnknown(failure, Slot, Epoch, _n);
                Fail(batch, new DependencyUnavailableException($"order log {Slot}", failure));
                await Task.Delay(Pause * Math.Min(attempt + 1, 20), _clock, cancellationToken);
            }
        }

        _n++;
        orders.ForEach(order => _tails.Add(order.Decode()));
        foreach (var waiting in batch)
        {
            waiting.Done.TrySetResult();
        }

        await _committed(record);
    }

    private static void Fail(IReadOnlyList<Waiting> batch, DependencyUnavailableException failure)
    {
        foreach (var waiting in batch)
        {
            waiting.Fail(failure);
        }
    }

    private bool HasLease() =>
        _clock.GetElapsedTime(Volatile.Read(ref _leaseConfirmed)) < OrderSlots.Lease - OrderSlots.Reserve;

    [LoggerMessage(LogLevel.Warning, "Order log {Slot}, epoch {Epoch}: record {N} is not known to be written; the same bytes follow")]
    private partial void LogUnknown(Exception failure, int slot, long epoch, long n);

    private sealed record Waiting(IReadOnlyList<EncodedOrder> Orders)
    {
        public TaskCompletionSource Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public void Fail(DependencyUnavailableException failure) => Done.TrySetException(failure);
    }
}
