using System.Threading.Channels;
using DaprShop.Contracts.Inventory;
using DaprShop.Order.Saga;
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
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private readonly Channel<OrderLogRecord> _queue = Channel.CreateUnbounded<OrderLogRecord>(new() { SingleReader = true });
    private readonly Dictionary<long, long> _watermarks;
    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _loops;

    public SlotRelay(OrderSlot slot, OrderLogReader log, OrderIntake intake, TimeProvider clock, ILogger logger)
    {
        (_slot, _log, _intake, _clock, _logger) = (slot, log, intake, clock, logger);
        _watermarks = slot.Epochs.ToDictionary(epoch => epoch.Epoch, epoch => epoch.Watermark);
        _loops = Task.WhenAll(
            Task.Run(() => FollowOwnAsync(_stopping.Token)),
            Task.Run(() => FollowEarlierAsync(_stopping.Token)));
    }

    public IReadOnlyDictionary<long, long> Watermarks
    {
        get
        {
            lock (_lock)
            {
                return new Dictionary<long, long>(_watermarks);
            }
        }
    }

    public ValueTask CommittedAsync(OrderLogRecord record) => _queue.Writer.WriteAsync(record);

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        try
        {
            await _loops;
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            LogStopped(_slot.Slot);
        }

        _stopping.Dispose();
    }

    private async Task FollowOwnAsync(CancellationToken cancellationToken)
    {
        await foreach (var record in _queue.Reader.ReadAllAsync(cancellationToken))
        {
            await RelayAsync(record, cancellationToken);
        }
    }

    /// <summary>An earlier owner may have died before relaying, or its last write may land late.</summary>
    private async Task FollowEarlierAsync(CancellationToken cancellationToken)
    {
        while (_slot.Epochs.Any(epoch => epoch.Epoch != _slot.Epoch))
        {
            try
            {
                foreach (var epoch in _slot.Epochs.Where(epoch => epoch.Epoch != _slot.Epoch))
                {
                    await foreach (var record in _log.RecordsAsync(_slot.Slot, epoch.Epoch, WatermarkOf(epoch.Epoch), cancellationToken))
                    {
                        await RelayAsync(record, cancellationToken);
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
        var limits = new ParallelOptions { MaxDegreeOfParallelism = MaxConcurrent, CancellationToken = cancellationToken };
        await Parallel.ForEachAsync(record.Orders, limits, TakeInAsync);
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
                await _intake.TakeInAsync(order, cancellationToken);
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
