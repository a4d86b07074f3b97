using System.Net.Http.Json;
using DaprShop.Contracts;
using DaprShop.Contracts.Inventory;
using DaprShop.Contracts.Orders;
using DaprShop.Inventory.Stock;
using DaprShop.ServiceDefaults.Faults;
using DaprShop.ServiceDefaults.Json;
using DaprShop.ServiceDefaults.State;
using Microsoft.Extensions.Options;

namespace DaprShop.Inventory.Reservations;

/// <summary>
/// The backstop and the expiry in one: the cron binding <c>inventory-sweep</c> calls every few seconds. Only tentative reservations are
/// looked at; a held one ends by its saga. The order service is asked before any unit goes back, so expiry never overtakes an accepted order.
/// </summary>
internal sealed partial class SweepReservations(
    StockPools pools,
    OrderBackstop orders,
    StockMetrics metrics,
    ContentionLock locks,
    IOptions<SweepOptions> options,
    TimeProvider clock,
    ILogger<SweepReservations> logger)
{
    private const string Resource = "inventory-sweep";

    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(30);

    /// <summary>A sweep ends before its lock does; the next one goes on.</summary>
    private static readonly TimeSpan Budget = Lease - TimeSpan.FromSeconds(10);

    /// <summary>So many orders in a row that only wait for their turn: those reserved after them wait too.</summary>
    private const int EnoughWaiting = 16;

    /// <summary>Beside a reservation from further in the future no age is judged by the wall clock: this one is behind, or that one was ahead.</summary>
    private static readonly TimeSpan MaxSkew = TimeSpan.FromSeconds(2);

    private readonly ReservationWatch _watch = new(clock);

    public async Task SweepAsync(CancellationToken cancellationToken)
    {
        // The lock only sheds double work: two sweepers at once would ask twice and commit the same releases once.
        await using var held = await locks.TryTakeAsync(Resource, Lease, cancellationToken);
        if (held is null)
        {
            return;
        }

        var started = clock.GetTimestamp();
        var index = await pools.IndexAsync(cancellationToken);
        var seen = new List<(string, StockCounts)>();
        foreach (var pool in await pools.FindAllAsync(index.LivingPools, cancellationToken))
        {
            foreach (var bucket in pool.Settings.BucketIds)
            {
                seen.Add((pool.Settings.Sku, await SweepAsync(pool.Bucket(bucket), bucket, started, cancellationToken)));
            }
        }

        await metrics.SawAsync(pools, index, seen, cancellationToken);
    }

    /// <returns>The bucket as it was looked at.</returns>
    private async Task<StockCounts> SweepAsync(StockBucket bucket, BucketId id, long started, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var (tentative, counts) = await bucket.LookAsync(cancellationToken);
        var isSkewed = tentative.Any(reservation => reservation.ReservedAt > now + MaxSkew);
        var watched = _watch.Watch(id, isSkewed ? tentative : []);
        if (isSkewed)
        {
            LogSkewed(id);
        }

        TimeSpan AgeOf(Reservation reservation) => isSkewed ? watched[reservation.Id] : now - reservation.ReservedAt;
        var due = tentative.Where(reservation => AgeOf(reservation) >= options.Value.AskAfter).OrderBy(reservation => reservation.ReservedAt);
        var waiting = 0;
        foreach (var reservation in due.TakeWhile(_ => waiting < EnoughWaiting && clock.GetElapsedTime(started) < Budget))
        {
            try
            {
                var isOld = AgeOf(reservation) >= options.Value.OrphanAfter;
                waiting = await JudgeAsync(bucket, reservation, isOld, cancellationToken) == EnsureOutcome.Waiting ? waiting + 1 : 0;
            }
#pragma warning disable CA1031 // One reservation that cannot be judged must not keep the units of all others.
            catch (Exception failure) when (!cancellationToken.IsCancellationRequested)
#pragma warning restore CA1031
            {
                LogNotJudged(failure, id, reservation.Id);
            }
        }

        return counts;
    }

    private async Task<EnsureOutcome> JudgeAsync(StockBucket bucket, Reservation reservation, bool isOld, CancellationToken cancellationToken)
    {
        var outcome = await orders.EnsureAsync(reservation, cancellationToken);
        if ((outcome == EnsureOutcome.Finished || (outcome == EnsureOutcome.Unknown && isOld))
            && await bucket.DecideAsync((stock, at) => StockDecisions.Expire(stock, reservation, at), cancellationToken))
        {
            LogReleased(reservation.Quantity, reservation.Id);
        }

        return outcome;
    }

    [LoggerMessage(LogLevel.Warning, "Gave back {Quantity} units: reservation {ReservationId} belongs to no living order")]
    private partial void LogReleased(int quantity, string reservationId);

    [LoggerMessage(LogLevel.Warning, "Stock of {Bucket}: reservation {ReservationId} could not be judged; the next sweep asks again")]
    private partial void LogNotJudged(Exception failure, BucketId bucket, string reservationId);

    [LoggerMessage(LogLevel.Warning, "Stock of {Bucket} has reservations from the future: ages count from when this replica first saw them")]
    private partial void LogSkewed(BucketId bucket);
}

/// <summary>The order service, by service invocation.</summary>
internal sealed class OrderBackstop(HttpClient http)
{
    public async Task<EnsureOutcome> EnsureAsync(Reservation reservation, CancellationToken cancellationToken)
    {
        var order = reservation.Order ?? throw new InvalidOperationException($"Reservation {reservation.Id} has ended.");
        using var answer = await http.PostAsJsonAsync(
            "internal/orders/ensure", new EnsureOrder(order.OrderId, reservation.Id, order.BodyHash), ShopJson.Documents, cancellationToken);
        answer.EnsureSuccessStatusCode();
        var result = await answer.Content.ReadFromJsonAsync<EnsureOrderResult>(ShopJson.Documents, cancellationToken);
        return result?.Outcome ?? throw new DependencyUnavailableException($"{AppIds.Order} answered nothing");
    }
}
