using DaprShop.Contracts.Inventory;
using DaprShop.Inventory.Stock;
using DaprShop.Order.Orders;
using DaprShop.ServiceDefaults.Faults;
using DaprShop.Tests.Services.Order;
using DaprShop.Tests.Services.State;

namespace DaprShop.Tests.Services.Inventory;

public sealed class StockPoolTests : IAsyncLifetime
{
    private const string Sku = "SKU-1001";

    private FaultyStore _store = null!;

    public async Task InitializeAsync() => _store = await FaultyStore.StartAsync();

    public async Task DisposeAsync() => await _store.DisposeAsync();

    [Theory]
    [InlineData("GroupCommit", 1)]
    [InlineData("GroupCommit", 5)]
    [InlineData("Etag", 1)]
    [InlineData("Etag", 5)]
    [InlineData("Lock", 1)]
    [InlineData("Lock", 5)]
    [InlineData("Actor", 1)]
    [InlineData("Actor", 5)]
    public async Task Reserve_ManyBuyersAtTwoReplicas_SellsEachUnitOnce(string strategy, int buckets)
    {
        await using var first = TestPools.Of(_store, TimeProvider.System);
        await using var second = TestPools.Of(_store, TimeProvider.System);
        await first.CreateAsync(TestPools.Settings(Sku, 33, buckets, Enum.Parse<StockStrategy>(strategy)), CancellationToken.None);
        _store.Sidecar.FailWrites(WriteFault.AppliedButConflict, WriteFault.AppliedButNoAnswer, WriteFault.ConflictNotApplied, WriteFault.ErrorNotApplied);

        var results = await Task.WhenAll(Enumerable.Range(0, 90).Select(n => ReserveAsync(n % 2 == 0 ? first : second, n)));

        _store.Sidecar.Heal();
        Assert.Equal(33, results.Count(result => result.Outcome == ReserveOutcome.Reserved));
        Assert.Equal(57, results.Count(result => result.Outcome == ReserveOutcome.SoldOut));
        var audits = await AuditAsync(first);
        Assert.All(audits, audit => Assert.Equal((audit.Document, audit.Document.Reserved), (audit.Log, audit.UnitsHeldByReservations)));
        Assert.Equal((33L, 0L), (audits.Sum(audit => audit.Document.Reserved), audits.Sum(audit => audit.Document.Available)));
        Assert.Equal(audits.Sum(audit => audit.Document.Sent), audits.Sum(audit => audit.Document.Received));
    }

    [Fact]
    public async Task Reserve_UnitsAreSpreadOverBuckets_GathersThemAndTellsTheTruth()
    {
        await using var pools = TestPools.Of(_store, TimeProvider.System);
        await pools.CreateAsync(TestPools.Settings(Sku, 12, buckets: 4), CancellationToken.None);

        Assert.Equal(ReserveOutcome.SoldOut, (await ReserveAsync(pools, 1, quantity: 13)).Outcome);
        Assert.Equal(ReserveOutcome.Reserved, (await ReserveAsync(pools, 2, quantity: 11)).Outcome);
        Assert.Equal(ReserveOutcome.SoldOut, (await ReserveAsync(pools, 3, quantity: 2)).Outcome);
        Assert.Equal(ReserveOutcome.Reserved, (await ReserveAsync(pools, 4, quantity: 1)).Outcome);
        Assert.Equal(ReserveOutcome.SoldOut, (await ReserveAsync(pools, 5, quantity: 1)).Outcome);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Reserve_AReplicaDiedBetweenTheSwapsOfATransfer_ItsUnitsAreSoldAllTheSame(bool wasSent)
    {
        await using var pools = TestPools.Of(_store, TimeProvider.System);
        await pools.CreateAsync(TestPools.Settings(Sku, 8, buckets: 2), CancellationToken.None);
        var pool = await pools.RequireAsync(Sku, CancellationToken.None);
        var (receiver, donor) = (new BucketId(Sku, 0), new BucketId(Sku, 1));
        var pull = await pool.Bucket(receiver).DecideAsync((stock, now) => StockDecisions.StartPull(stock, donor, 3, now), CancellationToken.None);
        if (wasSent)
        {
            Assert.Equal(3L, await pool.Bucket(donor).DecideAsync((stock, now) => StockDecisions.Send(stock, receiver, pull!, now), CancellationToken.None));
            Assert.Equal(8, (await new StockViews(pools, _store.Documents, TimeProvider.System).ReadAsync(Sku, CancellationToken.None))!.Available);
            Assert.Equal([0L, 3L], (await AuditAsync(pools)).Select(audit => audit.Document.UnderWay).Order());
        }

        await using var other = TestPools.Of(_store, TimeProvider.System);
        Assert.Equal(ReserveOutcome.Reserved, (await ReserveAsync(other, 1, quantity: 8)).Outcome);
    }

    [Fact]
    public async Task Change_HoldConfirmRelease_MeetTheUsersBucket()
    {
        await using var pools = TestPools.Of(_store, TimeProvider.System);
        await pools.CreateAsync(TestPools.Settings(Sku, 40, buckets: 4), CancellationToken.None);
        var pool = await pools.RequireAsync(Sku, CancellationToken.None);
        foreach (var n in Enumerable.Range(0, 10))
        {
            await ReserveAsync(pools, n);
        }

        var held = await Task.WhenAll(Enumerable.Range(0, 10).Select(n => ChangeAsync(n, ReservationState.Held)));
        var ended = await Task.WhenAll(Enumerable.Range(0, 10).Select(n => ChangeAsync(n, n < 6 ? ReservationState.Confirmed : ReservationState.Released)));

        Assert.All([.. held, .. ended], result => Assert.True(result.Done));
        var view = await new StockViews(pools, _store.Documents, TimeProvider.System).ReadAsync(Sku, CancellationToken.None);
        Assert.Equal((40L, 34L, 0L, 6L), (view!.Initial, view.Available, view.Reserved, view.Sold));

        Task<ChangeReservationResult> ChangeAsync(int n, ReservationState step) =>
            pool.ChangeAsync($"u-{n}", new ReservationStep($"o-{n}", step), CancellationToken.None);
    }

    [Fact]
    public async Task Snapshot_AfterAThousandBatches_IsWhereAnotherReplicaBegins()
    {
        var made = 0;
        await using (var first = TestPools.Of(_store, TimeProvider.System))
        {
            await first.CreateAsync(TestPools.Settings(Sku, 5000, strategy: StockStrategy.Etag), CancellationToken.None);

            // It is written beside the sale, and the first swap after it tells of it.
            while (made < 1002 || (made < 5000 && await SnapshotAsync() < 0))
            {
                await ReserveAsync(first, made++);
            }
        }

        Assert.Equal(999, await SnapshotAsync());
        _store.Sidecar.Remove(StockKeys.Batch(TestPools.First(Sku), 7));

        await using var second = TestPools.Of(_store, TimeProvider.System);
        var known = await ReserveAsync(second, 3);
        var fresh = await ReserveAsync(second, 9999);

        Assert.Equal((true, 5000L - made), (known.Replayed, known.Available));
        Assert.Equal((false, 5000L - made - 1), (fresh.Replayed, fresh.Available));

        async Task<long> SnapshotAsync() =>
            (await _store.Documents.ReadAsync<StockDocument>(StockKeys.Bucket(TestPools.First(Sku)), CancellationToken.None))!.Snapshot;
    }

    [Fact]
    public async Task Find_StockOfTheVersionBefore_GoesOnWithItsOneBucket()
    {
        await _store.Documents.ChangeAsync<StockDocument, bool>(
            StockKeys.Bucket(TestPools.First(Sku)),
            _ => DaprShop.ServiceDefaults.State.Change.To(
                new StockDocument(Sku, 5, 0, 5, 0, 0, Seq: 0, SampleOrders.Now, [EncodedBatch.Of(new StockBatch(0, [new StockCreated(5, SampleOrders.Now)]))]), true),
            CancellationToken.None);
        await using var pools = TestPools.Of(_store, TimeProvider.System);

        Assert.Equal((ReserveOutcome.Reserved, 2L), await ReserveAsync(pools, 1, quantity: 3) is var result ? (result.Outcome, result.Available) : default);
    }

    private Task<IReadOnlyList<StockAudit>> AuditAsync(StockPools pools) =>
        StockAuditEndpoint.HandleAsync(pools, _store.Documents, TimeProvider.System, CancellationToken.None);

    /// <summary>Each buyer is another user. Repeats while the outcome is unknown, as every caller may.</summary>
    private static async Task<ReserveResult> ReserveAsync(StockPools pools, int n, int quantity = 1)
    {
        var command = new Reserve($"o-{n}", Sku, quantity, (SampleOrders.One($"o-{n}", quantity: quantity) with { UserId = $"u-{n}" }).Encode());
        while (true)
        {
            try
            {
                return await (await pools.RequireAsync(Sku, CancellationToken.None)).ReserveAsync(command, CancellationToken.None);
            }
            catch (Exception unknown) when (unknown is DependencyUnavailableException or OverloadedException)
            {
                continue;
            }
        }
    }
}
