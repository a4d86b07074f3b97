using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using DaprShop.Contracts.Inventory;
using DaprShop.Order.Orders;
using DaprShop.Order.Saga;
using DaprShop.ServiceDefaults.Faults;
using DaprShop.ServiceDefaults.Ids;
using DaprShop.ServiceDefaults.State;

namespace DaprShop.Order.Log;

/// <summary>
/// The order logs this replica owns: takes its share of the slots, keeps their leases, appends to them and relays them. A slot is lost
/// when its lease could not be renewed; then another replica, or this one under a higher epoch, carries on. When a replica comes, the
/// others give it what they hold beyond their share.
/// </summary>
internal sealed partial class OrderLog(
    DocumentStore documents,
    OrderTails tails,
    OrderLogReader reader,
    OrderIntake intake,
    IntakePace pace,
    ReplicaName replica,
    IdSource ids,
    TimeProvider clock,
    ILogger<OrderLog> logger) : BackgroundService
{
    /// <summary>No 202 later than this after the reservation was asked for: the backstop may be judging it by then.</summary>
    private static readonly TimeSpan AnswerLimit = TimeSpan.FromSeconds(2);

    /// <summary>How long a slot that is given up may take to write what it was given.</summary>
    private static readonly TimeSpan Farewell = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<int, Held> _held = new();

    /// <summary>
    /// Under which run each slot is being taken or held. It outlives an attempt whose answer was lost, and ends when the slot is let go: who takes one again
    /// that it has written to needs an epoch of its own, in which every number is free.
    /// </summary>
    private readonly ConcurrentDictionary<int, string> _runs = new();
    private readonly LeaseWatch _leases = new(clock);
    private uint _turn;
    private int _share;
    private long? _seen;

    /// <summary>True once this replica can accept orders.</summary>
    public bool CanAccept => !_held.IsEmpty;

    /// <summary>Completes when the orders are durable, in one record of one of this replica's logs. The logs take turns.</summary>
    public Task AppendAsync(IReadOnlyList<EncodedOrder> orders)
    {
        var held = _held.Values.ToList();
        if (held.Count == 0)
        {
            throw new DependencyUnavailableException("order log (no slot is held yet)");
        }

        return held[(int)(Interlocked.Increment(ref _turn) % (uint)held.Count)].Appender.AppendAsync(orders);
    }

    /// <summary>As <see cref="AppendAsync"/>; throws when the orders may not be answered 202 any more.</summary>
    /// <param name="asked">Monotonic timestamp taken before the reservation was asked for.</param>
    public async Task AppendInTimeAsync(IReadOnlyList<EncodedOrder> orders, long asked, CancellationToken cancellationToken)
    {
        await AppendAsync(orders).WaitAsync(AnswerLimit, clock, cancellationToken);
        if (clock.GetElapsedTime(asked) > AnswerLimit)
        {
            throw new DependencyUnavailableException("order log (too slow to promise anything)");
        }
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        foreach (var slot in _held.Keys.ToList())
        {
            await LetGoAsync(slot);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(OrderSlots.Renewal, clock);
        do
        {
            await ShareAsync(stoppingToken);
            await Task.WhenAll(_held.Keys.Order().Skip(_share).ToList().Select(surplus => ReleaseAsync(surplus, stoppingToken)));
            var room = _share - _held.Count;
            await Parallel.ForEachAsync(
                Enumerable.Range(0, OrderKeys.Slots),
                new ParallelOptions { MaxDegreeOfParallelism = 4, TaskScheduler = TaskScheduler.Current, CancellationToken = stoppingToken },
                async (slot, token) =>
                {
                    if (_held.TryGetValue(slot, out var held))
                    {
                        await KeepAsync(slot, () => RenewAsync(slot, held, token));
                        return;
                    }

                    // What is not taken leaves its room to the next slot.
                    if (Interlocked.Decrement(ref room) < 0 || !await KeepAsync(slot, () => TakeAsync(slot, token)))
                    {
                        Interlocked.Increment(ref room);
                    }
                });
        }
        while (await (_held.IsEmpty ? RetrySoonAsync(stoppingToken) : timer.WaitForNextTickAsync(stoppingToken).AsTask()));
    }

    private async Task<bool> RetrySoonAsync(CancellationToken cancellationToken)
    {
        await Task.Delay(TimeSpan.FromMilliseconds(100), clock, cancellationToken);
        return true;
    }

    /// <summary>Tells the others that this replica is there, as often as leases are renewed, and learns its share from them.</summary>
    private async Task ShareAsync(CancellationToken cancellationToken)
    {
        if (_seen is { } seen && clock.GetElapsedTime(seen) < OrderSlots.Renewal / 2)
        {
            return;
        }

        try
        {
            _share = await documents.ChangeAsync<OrderReplicas, int>(
                OrderKeys.Replicas, found => OrderReplicas.See(found, replica.Value, clock.GetUtcNow()), cancellationToken);
            _seen = clock.GetTimestamp();
        }
        catch (DependencyUnavailableException failure)
        {
            LogShareUnknown(failure);
        }
    }

    /// <returns>False: the slot is not this replica's.</returns>
    private async Task<bool> KeepAsync(int slot, Func<Task<bool>> keep)
    {
        try
        {
            return await keep();
        }
        catch (DependencyUnavailableException failure)
        {
            LogUnavailable(failure, slot);
            return false;
        }
    }

    private async Task<bool> TakeAsync(int slot, CancellationToken cancellationToken)
    {
        var before = clock.GetTimestamp();
        var run = _runs.GetOrAdd(slot, _ => ids.NewId());
        var taken = await documents.ChangeAsync<OrderSlot, OrderSlot>(
            OrderKeys.Slot(slot),
            found => OrderSlots.Take(found, slot, replica.Value, run, clock.GetUtcNow(), _leases.IsSilent(found)),
            cancellationToken);
        if (taken.Run != run)
        {
            return false;
        }

        var relay = new SlotRelay(taken, reader, intake, pace, tails, clock, logger);
        var appender = new SlotAppender(slot, taken.Epoch, before, documents, tails, clock, logger, relay.CommittedAsync);
        _held[slot] = new Held(run, appender, relay);
        LogTaken(slot, taken.Epoch);
        return true;
    }

    private async Task<bool> RenewAsync(int slot, Held held, CancellationToken cancellationToken)
    {
        var before = clock.GetTimestamp();
        var renewed = await documents.ChangeAsync<OrderSlot, OrderSlot?>(
            OrderKeys.Slot(slot),
            found => OrderSlots.Renew(found, held.Run, held.Relay.Progress, clock.GetUtcNow()),
            cancellationToken);
        if (renewed?.Run == held.Run && renewed.Epoch == held.Appender.Epoch)
        {
            held.Appender.Renewed(before);
            return true;
        }

        LogLost(slot, held.Appender.Epoch);
        await LetGoAsync(slot);
        return false;
    }

    /// <summary>Gives a slot to whoever takes it next. What it was given is written first, so that nobody is answered that it is unknown.</summary>
    private async Task ReleaseAsync(int slot, CancellationToken cancellationToken)
    {
        if (!TryForget(slot, out var held))
        {
            return;
        }

        await held.Appender.CompleteAsync().WaitAsync(Farewell, clock, cancellationToken)
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        await held.Appender.DisposeAsync();
        await held.Relay.DisposeAsync();
        LogReleased(slot, held.Appender.Epoch);
        try
        {
            await documents.ChangeAsync<OrderSlot, OrderSlot?>(
                OrderKeys.Slot(slot), found => OrderSlots.Release(found, held.Run, held.Relay.Progress, clock.GetUtcNow()), cancellationToken);
        }
        catch (DependencyUnavailableException failure)
        {
            // Its lease ends by itself.
            LogUnavailable(failure, slot);
        }
    }

    private async Task LetGoAsync(int slot)
    {
        if (TryForget(slot, out var held))
        {
            await held.Appender.DisposeAsync();
            await held.Relay.DisposeAsync();
        }
    }

    private bool TryForget(int slot, [NotNullWhen(true)] out Held? held)
    {
        _runs.TryRemove(slot, out _);
        return _held.TryRemove(slot, out held);
    }

    [LoggerMessage(LogLevel.Information, "Took order log {Slot} at epoch {Epoch}")]
    private partial void LogTaken(int slot, long epoch);

    [LoggerMessage(LogLevel.Warning, "Lost order log {Slot} at epoch {Epoch}: another owner carries on")]
    private partial void LogLost(int slot, long epoch);

    [LoggerMessage(LogLevel.Information, "Gave order log {Slot} up at epoch {Epoch}: another replica has come")]
    private partial void LogReleased(int slot, long epoch);

    [LoggerMessage(LogLevel.Warning, "Which replicas share the order logs is not known; the last known share counts")]
    private partial void LogShareUnknown(Exception failure);

    [LoggerMessage(LogLevel.Warning, "Order log {Slot}: its lease could not be written")]
    private partial void LogUnavailable(Exception failure, int slot);

    private sealed record Held(string Run, SlotAppender Appender, SlotRelay Relay);
}

/// <summary>
/// This replica's name: stable over restarts, different for every replica. On Kubernetes the pod's name; locally the machine and the port, which
/// only one process can have at a time.
/// </summary>
internal sealed record ReplicaName(string Value);
