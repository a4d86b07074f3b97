using DaprShop.Contracts.Inventory;
using DaprShop.Inventory.Reservations;
using DaprShop.Inventory.Stock;
using DaprShop.Order.Orders;
using DaprShop.ServiceDefaults.Faults;
using DaprShop.Tests.Services.Order;
using DaprShop.Tests.Services.State;
using Microsoft.Extensions.Logging.Abstractions;

namespace DaprShop.Tests.Services.Inventory;

public sealed class StockBucketTests : IAsyncLifetime
{
    private const string Sku = "SKU-1001";

    private readonly HastyClock _clock = new();
    private FaultyStore _store = null!;

    public async Task InitializeAsync() => _store = await FaultyStore.StartAsync(_clock);

    public async Task DisposeAsync() => await _store.DisposeAsync();

    [Fact]
    public async Task Decide_WritesFailInEveryWay_LosesNoUnitAndNoLogEntry()
    {
        await using var bucket = Bucket(units: 20);
        var seed = Environment.TickCount;
        var random = new Random(seed);
        var faults = Enum.GetValues<WriteFault>().Where(fault => fault != WriteFault.AppliedButHangs).ToArray();
        _store.Sidecar.FailWrites([.. Enumerable.Range(0, 12).Select(_ => faults[random.Next(faults.Length)])]);

        var results = await Task.WhenAll(Enumerable.Range(0, 30).Select(n => ReserveStubbornlyAsync(bucket, $"o-{n}")));

        _store.Sidecar.Heal();
        var audit = await AuditAsync();
        Assert.True(results.Count(result => result.Outcome == ReserveOutcome.Reserved) == 20, $"seed {seed}");
        Assert.Equal((0L, 20L), (audit.Document.Available, audit.Document.Reserved));
        Assert.Equal((audit.Document, 20L), (audit.Log, audit.UnitsHeldByReservations));
    }

    [Fact]
    public async Task Decide_TwoReplicasOfOneStock_SellEachUnitOnce()
    {
        await using var first = Bucket(units: 25);
        await using var second = Bucket(units: 25);
        _store.Sidecar.FailWrites(WriteFault.AppliedButConflict, WriteFault.AppliedButNoAnswer, WriteFault.ConflictNotApplied);

        var results = await Task.WhenAll(Enumerable.Range(0, 40).Select(n => ReserveStubbornlyAsync(n % 2 == 0 ? first : second, $"o-{n}")));

        _store.Sidecar.Heal();
        var audit = await AuditAsync();
        Assert.Equal(25, results.Count(result => result.Outcome == ReserveOutcome.Reserved));
        Assert.Equal((audit.Document, 25L), (audit.Log, audit.UnitsHeldByReservations));
        Assert.Equal(25, audit.Reservations.Count);
    }

    [Fact]
    public async Task Decide_StoreAnswersNothing_FailsThatBatchAndGoesOn()
    {
        await using var bucket = Bucket();

        _clock.Hurries = true;

        // The swap is answered, the log entry behind it hangs until the client gives up.
        _store.Sidecar.BeforeWrite = sidecar =>
        {
            sidecar.BeforeWrite = hanging => hanging.BeforeWrite = null;
            sidecar.FailWrites(WriteFault.AppliedButError, WriteFault.AppliedButHangs);
        };
        await ReserveStubbornlyAsync(bucket, "o-1");

        var result = await ReserveStubbornlyAsync(bucket, "o-2");

        Assert.Equal((ReserveOutcome.Reserved, 3L), (result.Outcome, result.Available));
    }

    [Fact]
    public async Task ReserveMany_MoreThanMayWait_TellsTheRestThatNothingWasDone()
    {
        await using var pools = Pools();
        await pools.CreateAsync(TestPools.Settings(Sku, 100_000), CancellationToken.None);
        var commands = Enumerable.Range(0, 6000).Select(n => new Reserve($"o-{n}", Sku, 1, SampleOrders.One($"o-{n}", quantity: 1).Encode())).ToList();

        // Known from here on, so that all commands have come before the first swap goes through.
        await pools.FindAsync(Sku, CancellationToken.None);

        using var open = new ManualResetEventSlim();
        _store.Sidecar.BeforeWrite = _ => Assert.True(open.Wait(TimeSpan.FromMinutes(2)));
        var asked = ReserveManyEndpoint.HandleAsync(
            new ReserveManyBody(commands), pools, NullLogger<ReserveMany>.Instance, CancellationToken.None);
        open.Set();
        var answer = await asked;

        var outcomes = answer.Results.CountBy(result => result.Outcome).ToDictionary();
        Assert.Equal(6000, answer.Results.Count);
        Assert.Equal([ReserveOutcome.Reserved, ReserveOutcome.Overloaded], outcomes.Keys.Order());
        Assert.InRange(outcomes[ReserveOutcome.Reserved], 4096, 4096 + 512);
        Assert.Equal(outcomes[ReserveOutcome.Reserved], (await AuditAsync()).Document.Reserved);
    }

    [Fact]
    public async Task Decide_OneCommandThrows_FailsAlone()
    {
        await using var bucket = Bucket();

        var broken = bucket.DecideAsync<bool>((_, _) => throw new ArgumentException("broken"), CancellationToken.None);
        var sound = ReserveStubbornlyAsync(bucket, "o-1");

        await Assert.ThrowsAsync<ArgumentException>(() => broken);
        Assert.Equal(ReserveOutcome.Reserved, (await sound).Outcome);
    }

    [Fact]
    public async Task Decide_BulkReadLeavesOutAnEntry_ReadsItByItself()
    {
        await using (var first = Bucket())
        {
            await ReserveStubbornlyAsync(first, "o-1");
        }

        _store.Sidecar.FailBulkItems(1);
        await using var restarted = Bucket();

        var repeated = await ReserveStubbornlyAsync(restarted, "o-1");

        Assert.Equal((ReserveOutcome.Reserved, true), (repeated.Outcome, repeated.Replayed));
    }

    [Fact]
    public async Task Audit_LostLogEntry_Shows()
    {
        await using var bucket = Bucket();
        await ReserveStubbornlyAsync(bucket, "o-1");
        await ReserveStubbornlyAsync(bucket, "o-2");
        await ReserveStubbornlyAsync(bucket, "o-3");

        _store.Sidecar.Remove(StockKeys.Batch(TestPools.First(Sku), 1));

        var audit = await AuditAsync();
        Assert.Equal((2L, 0L), (audit.Document.Seq, audit.Log.Seq));
    }

    private StockPools Pools() => TestPools.Of(_store, _clock);

    private StockBucket Bucket(long units = 5) => new(
        TestPools.First(Sku), TestPools.Settings(Sku, units), _store.Documents, bucketLock: null, TimeProvider.System, NullLogger<StockBucket>.Instance);

    /// <summary>Repeats while the outcome is unknown, as every caller may.</summary>
    private static async Task<ReserveResult> ReserveStubbornlyAsync(StockBucket bucket, string id)
    {
        var command = new Reserve(id, Sku, 1, SampleOrders.One(id, quantity: 1).Encode());
        while (true)
        {
            try
            {
                return await bucket.DecideAsync((stock, now) => StockDecisions.Reserve(stock, command, sale: null, now), CancellationToken.None);
            }
            catch (DependencyUnavailableException)
            {
                continue;
            }
        }
    }

    private async Task<StockAudit> AuditAsync()
    {
        await using var pools = Pools();
        await pools.CreateAsync(TestPools.Settings(Sku, units: 5), CancellationToken.None);
        return Assert.Single(await StockAuditEndpoint.HandleAsync(pools, _store.Documents, TimeProvider.System, CancellationToken.None));
    }
}
