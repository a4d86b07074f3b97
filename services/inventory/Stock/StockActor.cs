using System.Globalization;
using Dapr.Actors;
using Dapr.Actors.Runtime;
using DaprShop.Contracts.Inventory;

namespace DaprShop.Inventory.Stock;

/// <summary>One bucket whose commands take turns, wherever they come in.</summary>
public interface IStockActor : IActor
{
    Task<ReserveResult> ReserveAsync(Reserve command);

    Task<ChangeReservationResult> ChangeAsync(ReservationStep change);
}

/// <summary>A step of a saga on its reservation.</summary>
/// <param name="Step">Hold, confirm or release.</param>
public sealed record ReservationStep(string ReservationId, ReservationState Step);

/// <summary>
/// The strategy <see cref="StockStrategy.Actor"/>. It has no state of its own: the bucket's document stays the truth, whose swap is
/// right even while two replicas take themselves for the actor's host.
/// </summary>
[Actor(TypeName = TypeName)]
internal sealed class StockActor(ActorHost host, StockPools pools) : Actor(host), IStockActor
{
    public const string TypeName = "Stock";

    public static ActorId IdOf(BucketId bucket) => new(string.Create(CultureInfo.InvariantCulture, $"{bucket.Pool}_{bucket.Number}"));

    public async Task<ReserveResult> ReserveAsync(Reserve command)
    {
        var (pool, bucket) = await FindAsync();
        return await pool.ReserveInAsync(bucket, command, CancellationToken.None);
    }

    public async Task<ChangeReservationResult> ChangeAsync(ReservationStep change)
    {
        var (pool, bucket) = await FindAsync();
        return await pool.ChangeInAsync(bucket, change, CancellationToken.None);
    }

    private async Task<(StockPool Pool, BucketId Bucket)> FindAsync()
    {
        var id = Id.GetId();
        var end = id.LastIndexOf('_');
        var bucket = new BucketId(id[..end], int.Parse(id.AsSpan(end + 1), NumberStyles.None, CultureInfo.InvariantCulture));
        var pool = await pools.FindAsync(bucket.Pool, CancellationToken.None)
            ?? throw new InvalidOperationException($"There is no stock {bucket.Pool} for an actor.");
        return (pool, bucket);
    }
}
