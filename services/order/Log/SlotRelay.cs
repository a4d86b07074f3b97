using System.Threading.Channels;
using DaprShop.Contracts.Inventory;
using DaprShop.Order.Orders;
using DaprShop.Order.Saga;
using DaprShop.ServiceDefaults.Batching;
using DaprShop.ServiceDefaults.Faults;

namespace DaprShop.Order.Log;

/// <summary>
/// Follows one slot's records, its own epoch from memory and earlier epochs from the store, and makes of every order in them
/// what follows from its acceptance: its own key, its saga, its place in the customer's list. All of it may run
/// twice. The watermark says how far it got; it is saved with the lease.
/// </summary>
internal sealed partial class SlotRelay : IAsyncDisposable
{
    private const int MaxConcurrent = 8;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan LateWritePoll = TimeSpan.FromSeconds(30);

    private readonly OrderSlot _slot;
    private readonly OrderLogReader _log;
    private readonly OrderIntake _intake;
    private readonly IntakePace _pace;
    private readonly OrderTails _tails;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private readonly Channel<OrderLogRecord> _queue = Channel.CreateUnbounded<OrderLogRecord>(new() { SingleReader = true });
    private readonly Dictionary<long, long> _watermarks;
    private readonly HashSet<long> _finished = [];
    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _loops;

    public SlotRelay(
        OrderSlot slot, OrderLogReader log, OrderIntake intake, IntakePace pace, OrderTails tails, TimeProvider clock, ILogger logger)
    {
        (_slot, _log, _intake, _pace, _tails, _clock, _logger) = (slot, log, intake, pace, tails, clock, logger);
        _watermarks = slot.Epochs.ToDictionary(epoch => epoch.Epoch, epoch => epoch.Watermark);
        _loops = Task.WhenAll(
            Detached.Run(() => FollowOwnAsync(_stopping.Token)),
            Detached.Run(() => FollowEarlierAsync(_stopping.Token)));
    }

    public RelayProgress Progress
    {
        get
        {
            lock (_lock)
            {
                return new RelayProgress(new Dictionary<long, long>(_watermarks), new HashSet<long>(_finished));
            }
        }
    }

    public ValueTask CommittedAsync(OrderLogRecord record) => _queue.Writer.WriteAsync(record);

    public async ValueTask DisposeAsync()
    {
        await Detached.CancelAsync(_stopping);
        try
        {
            await _loops;
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            LogStopped(_slot.Slot);
        }

        // The slot's next owner relays these; this replica would never learn that they are no longer new.
        while (_queue.Reader.TryRead(out var record))
        {
            foreach (var order in record.Orders)
            {
                _tails.Remove(order.OrderId);
            }
        }

        _stopping.Dispose();
    }

    private async Task FollowOwnAsync(CancellationToken cancellationToken)
    {
        while (await _queue.Reader.WaitToReadAsync(cancellationToken))
        {
            while (_queue.Reader.TryPeek(out var record))
            {
                await RelayAsync(record, cancellationToken);
                _queue.Reader.TryRead(out _);
            }
        }
    }

    /// <summary>An earlier owner may have died before relaying, or its last write may land late.</summary>
    private async Task FollowEarlierAsync(CancellationToken cancellationToken)
    {
        while (Earlier() is { Count: > 0 } earlier)
        {
            try
            {
                foreach (var epoch in earlier)
                {
                    // Judged before reading: what could still land then is in what is read.
                    var isComplete = epoch.ClosedAt + OrderSlots.LateWrites <= _clock.GetUtcNow();
                    await foreach (var record in _log.RecordsAsync(_slot.Slot, epoch.Epoch, WatermarkOf(epoch.Epoch), cancellationToken))
                    {
                        await RelayAsync(record, cancellationToken);
                    }

                    if (isComplete)
                    {
                        Finish(epoch.Epoch);
                    }
                }

                await Task.Delay(LateWritePoll, _clock, cancellationToken);
            }
            catch (DependencyUnavailableException failure)
            {
                LogUnavailable(failure, _slot.Slot);
                await Task.Delay(Pause, _clock, cancellationToken);
            }
        }
    }

    private async Task RelayAsync(OrderLogRecord record, CancellationToken cancellationToken)
    {
        var limits = new ParallelOptions { MaxDegreeOfParallelism = MaxConcurrent, TaskScheduler = TaskScheduler.Current, CancellationToken = cancellationToken };
        await Parallel.ForEachAsync(record.Orders, limits, (order, token) => TakeInAsync(order.Decode(), token));
        lock (_lock)
        {
            _watermarks[record.Epoch] = record.N + 1;
        }
    }

    /// <summary>Until it succeeds: an accepted order is never given up, and the orders behind it wait so that the watermark stays true.</summary>
    private async ValueTask TakeInAsync(OrderContent order, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await _pace.RunAsync(() => _intake.TakeInAsync(order, cancellationToken), cancellationToken);
                return;
            }
#pragma warning disable CA1031 // Whatever fails here, the order was accepted: it is tried again until it is relayed.
            catch (Exception failure) when (!cancellationToken.IsCancellationRequested)
#pragma warning restore CA1031
            {
                LogRetry(failure, order.OrderId, attempt);
                await Task.Delay(Pause * Math.Min(attempt, 25), _clock, cancellationToken);
            }
        }
    }

    private List<SlotEpoch> Earlier()
    {
        lock (_lock)
        {
            return [.. _slot.Epochs.Where(epoch => epoch.Epoch != _slot.Epoch && !_finished.Contains(epoch.Epoch))];
        }
    }

    private void Finish(long epoch)
    {
        lock (_lock)
        {
            _finished.Add(epoch);
        }
    }

    private long WatermarkOf(long epoch)
    {
        lock (_lock)
        {
            return _watermarks[epoch];
        }
    }

    [LoggerMessage(LogLevel.Warning, "Order {OrderId} could not be relayed yet (attempt {Attempt}); it is tried again")]
    private partial void LogRetry(Exception failure, string orderId, int attempt);

    [LoggerMessage(LogLevel.Warning, "Order log {Slot}: the earlier epochs cannot be read yet")]
    private partial void LogUnavailable(Exception failure, int slot);

    [LoggerMessage(LogLevel.Debug, "Order log {Slot}: no longer relaying")]
    private partial void LogStopped(int slot);
}
