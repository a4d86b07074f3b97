using Dapr;
using Dapr.Actors.Client;
using DaprShop.Contracts.Inventory;
using DaprShop.ServiceDefaults.Faults;
using DaprShop.ServiceDefaults.State;

namespace DaprShop.Inventory.Stock;

/// <summary>
/// The units of one SKU or one sale, in buckets. A user's commands always meet the same bucket; when it is short, units are fetched
/// from the others, so that it is sold out only when all of them are empty.
/// </summary>
internal sealed class StockPool : IAsyncDisposable
{
    /// <summary>Units that were fetched for somebody may be taken by others before he is there. So often he tries again.</summary>
    private const int MaxAttempts = 20;

    /// <summary>Turns of one actor that may wait; each is a swap of its own.</summary>
    private const int MaxTurns = 128;

    private readonly IActorProxyFactory _actors;
    private readonly IReadOnlyList<StockBucket> _buckets;
    private readonly UnitSearch _search;
    private readonly int[] _turns;

    public StockPool(
        StockSettings settings, UnitTransfers transfers, DocumentStore documents, IActorProxyFactory actors, Func<BucketId, StockBucket> open)
    {
        (Settings, _actors) = (settings, actors);
        _buckets = [.. settings.BucketIds.Select(open)];
        _search = new UnitSearch(this, transfers, documents);
        _turns = new int[settings.Buckets];
    }

    public StockSettings Settings { get; }

    public StockBucket Bucket(BucketId id) => _buckets[id.Number];

    /// <summary>
    /// Throws <see cref="DependencyUnavailableException"/> when the outcome is unknown, <see cref="OverloadedException"/> when too many wait:
    /// then nothing was reserved.
    /// </summary>
    public async Task<ReserveResult> ReserveAsync(Reserve command, CancellationToken cancellationToken)
    {
        var bucket = BucketId.OfUser(Settings.Pool, command.Order.UserId, Settings.Buckets);
        for (var attempt = 0; attempt < MaxAttempts; attempt++)
        {
            var result = Settings.Strategy == StockStrategy.Actor
                ? await TakeTurnAsync(bucket, actor => actor.ReserveAsync(command))
                : await ReserveInAsync(bucket, command, cancellationToken);
            if (result.Outcome != ReserveOutcome.SoldOut || !await _search.FetchAsync(bucket, command.Quantity, cancellationToken))
            {
                return result;
            }
        }

        throw new OverloadedException($"stock of {bucket}");
    }

    /// <summary>Hold, confirm or release.</summary>
    public Task<ChangeReservationResult> ChangeAsync(string userId, ReservationStep step, CancellationToken cancellationToken)
    {
        var bucket = BucketId.OfUser(Settings.Pool, userId, Settings.Buckets);
        return Settings.Strategy == StockStrategy.Actor
            ? TakeTurnAsync(bucket, actor => actor.ChangeAsync(step))
            : ChangeInAsync(bucket, step, cancellationToken);
    }

    /// <returns><see cref="ReserveOutcome.SoldOut"/>: this bucket alone is short.</returns>
    public Task<ReserveResult> ReserveInAsync(BucketId bucket, Reserve command, CancellationToken cancellationToken) =>
        Bucket(bucket).DecideAsync((stock, now) => StockDecisions.Reserve(stock, command, Settings.Sale, now), cancellationToken);

    public Task<ChangeReservationResult> ChangeInAsync(BucketId bucket, ReservationStep step, CancellationToken cancellationToken) =>
        Bucket(bucket).DecideAsync((stock, now) => StockDecisions.Change(stock, step, now), cancellationToken);

    /// <summary>Puts units into one bucket, always the same for a request; the others fetch them.</summary>
    public Task<RestockOutcome> RestockAsync(string requestId, int quantity, CancellationToken cancellationToken) =>
        Bucket(BucketId.OfUser(Settings.Pool, requestId, Settings.Buckets))
            .DecideAsync((stock, now) => StockDecisions.Restock(stock, requestId, quantity, now), cancellationToken);

    public async ValueTask DisposeAsync()
    {
        await _search.DisposeAsync();
        foreach (var bucket in _buckets)
        {
            await bucket.DisposeAsync();
        }
    }

    private async Task<TResult> TakeTurnAsync<TResult>(BucketId bucket, Func<IStockActor, Task<TResult>> turn)
    {
        try
        {
            return Interlocked.Increment(ref _turns[bucket.Number]) > MaxTurns
                ? throw new OverloadedException($"stock of {bucket}")
                : await turn(_actors.CreateActorProxy<IStockActor>(StockActor.IdOf(bucket), StockActor.TypeName));
        }
        catch (Exception failure) when (failure is DaprException or HttpRequestException)
        {
            throw new DependencyUnavailableException($"actor of stock {bucket}", failure);
        }
        finally
        {
            Interlocked.Decrement(ref _turns[bucket.Number]);
        }
    }
}
