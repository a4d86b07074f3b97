using Dapr.Actors;
using Dapr.Actors.Client;
using DaprShop.Contracts.Inventory;
using DaprShop.Inventory.Stock;
using DaprShop.ServiceDefaults.Ids;
using DaprShop.Tests.Services.Order;
using DaprShop.Tests.Services.State;
using Microsoft.Extensions.Logging.Abstractions;

namespace DaprShop.Tests.Services.Inventory;

/// <summary>Stock of one replica for tests.</summary>
internal static class TestPools
{
    public static StockPools Of(FaultyStore store, TimeProvider clock)
    {
        var actors = new ActorsHere();
        var pools = new StockPools(store.Documents, store.Locks, actors, new IdSource(), clock, NullLogger<StockBucket>.Instance);
        actors.Pools = pools;
        return pools;
    }

    public static StockSettings Settings(string sku, long units, int buckets = 1, StockStrategy strategy = StockStrategy.GroupCommit) =>
        new(sku, units, strategy, buckets, SampleOrders.Now);

    public static BucketId First(string pool) => new(pool, 0);

    /// <summary>Every actor lives in this replica: two replicas of a test are two hosts that each take themselves for the right one.</summary>
    private sealed class ActorsHere : IActorProxyFactory
    {
        public StockPools Pools { get; set; } = null!;

        public TActorInterface CreateActorProxy<TActorInterface>(ActorId actorId, string actorType, ActorProxyOptions options)
            where TActorInterface : IActor => (TActorInterface)(object)new Turns(Pools, actorId.GetId());

        public object CreateActorProxy(ActorId actorId, Type actorInterfaceType, string actorType, ActorProxyOptions options) => throw new NotSupportedException();

        public ActorProxy Create(ActorId actorId, string actorType, ActorProxyOptions options) => throw new NotSupportedException();
    }

    private sealed class Turns(StockPools pools, string id) : IStockActor
    {
        private readonly BucketId _bucket = BucketId.Parse(id.Replace('_', '/'));

        public async Task<ReserveResult> ReserveAsync(Reserve command) =>
            await (await pools.RequireAsync(_bucket.Pool, CancellationToken.None)).ReserveInAsync(_bucket, command, CancellationToken.None);

        public async Task<ChangeReservationResult> ChangeAsync(ReservationStep change) =>
            await (await pools.RequireAsync(_bucket.Pool, CancellationToken.None)).ChangeInAsync(_bucket, change, CancellationToken.None);
    }
}
