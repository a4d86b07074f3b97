using DaprShop.Contracts;
using DaprShop.Contracts.Api;
using DaprShop.Contracts.Inventory;
using DaprShop.Inventory.Reservations;
using DaprShop.Inventory.Sales;
using DaprShop.Inventory.Stock;
using DaprShop.Order.Orders;
using DaprShop.ServiceDefaults.Faults;
using DaprShop.ServiceDefaults.Http;
using DaprShop.TestKit;
using DaprShop.Tests.Services.Order;
using DaprShop.Tests.Services.State;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Logging.Abstractions;

namespace DaprShop.Tests.Services.Inventory;

public sealed class SaleTests : IAsyncLifetime
{
    private const string Sku = "SKU-1001";

    private readonly ManualClock _clock = new(SampleOrders.Now);
    private FaultyStore _store = null!;
    private StockPools _pools = null!;

    public async Task InitializeAsync()
    {
        _store = await FaultyStore.StartAsync();
        _pools = TestPools.Of(_store, _clock);
        await _pools.CreateAsync(TestPools.Settings(Sku, 100, buckets: 3), CancellationToken.None);
    }

    public async Task DisposeAsync()
    {
        await _pools.DisposeAsync();
        await _store.DisposeAsync();
    }

    [Fact]
    public async Task Create_SetsItsUnitsAside_AndTheStockStillAddsUp()
    {
        var created = Assert.IsType<Created<SaleView>>(await CreateAsync(quantity: 40, buckets: 2));

        Assert.Equal(("/api/v1/sales/spring", "Scheduled", 40L, 40L), (created.Location, created.Value!.Status, created.Value.Allotted, created.Value.Remaining));
        var stock = await StockAsync();
        Assert.Equal((100L, 100L, 0L, 0L), (stock.Initial, stock.Available, stock.Reserved, stock.Sold));
        Assert.Equal(ReserveOutcome.SoldOut, (await OrderAsync("o-1", "u-1", quantity: 61)).Outcome);
        Assert.Equal(ReserveOutcome.Reserved, (await OrderAsync("o-2", "u-1", quantity: 60)).Outcome);
    }

    [Fact]
    public async Task Create_SameKey_IsTheSameSaleOrRefused()
    {
        await CreateAsync();
        var context = new DefaultHttpContext();

        var again = await CreateAsync(context: context);

        Assert.IsType<Created<SaleView>>(again);
        Assert.Equal("true", context.Response.Headers[ShopHeaders.IdempotencyReplayed]);
        Assert.Equal("idempotency-key-reused", Problem(await CreateAsync(quantity: 11)));
        Assert.Equal("idempotency-key-reused", Problem(await CreateAsync(id: "summer")));
        Assert.Equal("illegal-transition", Problem(await CreateAsync(key: "k-2")));
        Assert.Equal("illegal-transition", Problem(await CreateAsync(key: "k-2", user: "operator-2")));
    }

    [Theory]
    [InlineData("Spring", Sku, 10, 1, 1, "id")]
    [InlineData("spring", "sku", 10, 1, 1, "sku")]
    [InlineData("spring", "SKU-9999", 10, 1, 1, "sku")]
    [InlineData("spring", Sku, 0, 1, 1, "quantity")]
    [InlineData("spring", Sku, 10, 0, 1, "perUserLimit")]
    [InlineData("spring", Sku, 10, 1, 0, "endsAt")]
    public async Task Create_BadInput_NamesTheMember(string id, string sku, int quantity, int limit, int hours, string member)
    {
        var answer = Assert.IsType<ProblemHttpResult>(await CreateAsync(id, sku, quantity, limit, hours: hours));

        Assert.Equal([member], ((IReadOnlyDictionary<string, string[]>)answer.ProblemDetails.Extensions["errors"]!).Keys);
        Assert.Empty((await _pools.IndexAsync(CancellationToken.None)).AllSales);
    }

    [Fact]
    public async Task Create_MoreThanThereIs_IsRefusedAndTheKeyStaysFree()
    {
        Assert.Equal("sold-out", Problem(await CreateAsync(quantity: 101)));

        Assert.IsType<Created<SaleView>>(await CreateAsync(quantity: 100));
    }

    [Fact]
    public async Task Reserve_OutsideTheWindow_IsRefusedByTheClock()
    {
        await CreateAsync();

        Assert.Equal(ReserveOutcome.SaleNotStarted, (await BuyAsync("o-1", "u-1")).Outcome);
        _clock.Advance(TimeSpan.FromHours(1));
        Assert.Equal(ReserveOutcome.Reserved, (await BuyAsync("o-2", "u-2")).Outcome);
        _clock.Advance(TimeSpan.FromHours(1));
        Assert.Equal(ReserveOutcome.SaleEnded, (await BuyAsync("o-3", "u-3")).Outcome);
        Assert.Equal((ReserveOutcome.Reserved, true), await BuyAsync("o-2", "u-2") is var again ? (again.Outcome, again.Replayed) : default);
    }

    [Theory]
    [InlineData("GroupCommit")]
    [InlineData("Actor")]
    public async Task Reserve_OneUserAHundredTimesAtOnce_GetsTheLimit(string strategy)
    {
        await CreateAsync(quantity: 50, limit: 3, buckets: 4, strategy: strategy == "Actor" ? "actor" : "group-commit");
        _clock.Advance(TimeSpan.FromHours(1));
        await using var other = TestPools.Of(_store, _clock);

        var results = await Task.WhenAll(Enumerable.Range(0, 100).Select(n => BuyAsync($"o-{n}", "u-1", n % 2 == 0 ? _pools : other)));

        Assert.Equal(3, results.Count(result => result.Outcome == ReserveOutcome.Reserved));
        Assert.Equal(97, results.Count(result => result.Outcome == ReserveOutcome.PurchaseLimitReached));

        // What is given back may be bought again.
        var first = Enumerable.Range(0, 100).First(n => results[n].Outcome == ReserveOutcome.Reserved);
        var pool = await _pools.RequireAsync("sale:spring", CancellationToken.None);
        await pool.ChangeAsync("u-1", new ReservationStep($"o-{first}", ReservationState.Released), CancellationToken.None);
        Assert.Equal(ReserveOutcome.Reserved, (await BuyAsync("o-again", "u-1")).Outcome);
        Assert.Equal(ReserveOutcome.PurchaseLimitReached, (await BuyAsync("o-more", "u-1")).Outcome);
    }

    [Fact]
    public async Task Reserve_TenTimesTheDemandAmidFaults_SellsExactlyTheQuantity()
    {
        await CreateAsync(quantity: 30, buckets: 4);
        _clock.Advance(TimeSpan.FromHours(1));
        await using var other = TestPools.Of(_store, _clock);
        _store.Sidecar.FailWrites(WriteFault.AppliedButConflict, WriteFault.AppliedButNoAnswer, WriteFault.ConflictNotApplied, WriteFault.ErrorNotApplied);

        var results = await Task.WhenAll(Enumerable.Range(0, 300).Select(n => BuyAsync($"o-{n}", $"u-{n}", n % 2 == 0 ? _pools : other)));

        _store.Sidecar.Heal();
        Assert.Equal(30, results.Count(result => result.Outcome == ReserveOutcome.Reserved));
        Assert.Equal(270, results.Count(result => result.Outcome == ReserveOutcome.SoldOut));
        Assert.Equal(("SoldOut", 30L, 0L), await ViewAsync() is var view ? (view.Status, view.Allotted, view.Remaining) : default);
        Assert.Equal((100L, 70L, 30L), await StockAsync() is var stock ? (stock.Initial, stock.Available, stock.Reserved) : default);
    }

    [Fact]
    public async Task Snapshot_OfASale_KeepsWhatEachBuyerHas()
    {
        var ledger = new StockLedger("sale:spring/0");
        ledger.Apply(new StockCreated(10, SampleOrders.Now));
        foreach (var (id, user) in new[] { ("o-1", "u-1"), ("o-2", "u-1"), ("o-3", "u-2") })
        {
            ledger.Apply(new UnitsReserved(id, 2, (SampleOrders.One(id) with { UserId = user, SaleId = "spring" }).Encode(), SampleOrders.Now));
        }

        ledger.Apply(new ReservationHeld("o-1", SampleOrders.Now));
        ledger.Apply(new ReservationConfirmed("o-1", SampleOrders.Now));
        ledger.Apply(new ReservationReleased("o-3", SampleOrders.Now));
        var snapshots = new StockSnapshots(new BucketId("sale:spring", 0), _store.Documents);
        await snapshots.WriteAsync(5, ledger.ToSnapshot(), CancellationToken.None);

        var read = StockLedger.FromSnapshot("sale:spring/0", 5, await snapshots.ReadAsync(5, CancellationToken.None));

        Assert.Equal((4L, 0L), (read.UnitsOf("u-1"), read.UnitsOf("u-2")));
        Assert.Equal((6L, 2L, 2L), (read.Available, read.Reserved, read.Sold));
        Assert.Equal(["o-2"], read.Tentative.Select(reservation => reservation.Id));
        Assert.Null(read.Find("o-1")!.Order);
    }

    [Fact]
    public async Task Draw_ByTwoReplicasAtOnceAndAgain_NeverTakesMoreThanTheQuantity()
    {
        await CreateAsync(quantity: 40, buckets: 3);
        await using var other = TestPools.Of(_store, _clock);

        await Task.WhenAll(DrawAsync(_pools), DrawAsync(other), DrawAsync(_pools), DrawAsync(other));

        Assert.Equal((40L, 40L), await ViewAsync() is var view ? (view.Allotted, view.Remaining) : default);
    }

    [Fact]
    public async Task Sweep_AReplicaDiedWhileDrawing_TheSaleGetsTheRest()
    {
        var settings = new StockSettings(
            Sku, 0, StockStrategy.GroupCommit, 1, _clock.GetUtcNow(), new SaleTerms("spring", new Money(100, "CNY"), 50, 1, _clock.GetUtcNow(), _clock.GetUtcNow().AddHours(1), "r-1"));
        await _pools.CreateAsync(settings, CancellationToken.None);
        var sale = await _pools.RequireAsync("sale:spring", CancellationToken.None);
        var (receiver, donor) = (new BucketId("sale:spring", 0), new BucketId(Sku, 1));
        var pull = await sale.Bucket(receiver).DecideAsync((stock, now) => StockDecisions.StartPull(stock, donor, 20, now), CancellationToken.None);
        await (await _pools.RequireAsync(Sku, CancellationToken.None)).Bucket(donor)
            .DecideAsync((stock, now) => StockDecisions.Send(stock, receiver, pull!, now), CancellationToken.None);

        await using var other = TestPools.Of(_store, _clock);
        await SweepAsync(other);

        Assert.Equal((50L, 50L), await ViewAsync() is var view ? (view.Allotted, view.Remaining) : default);
        Assert.Equal(100, (await StockAsync()).Available);
    }

    [Fact]
    public async Task Sweep_AfterTheEnd_BringsTheRestBackAndForgetsTheSale()
    {
        await CreateAsync(quantity: 40, buckets: 2);
        _clock.Advance(TimeSpan.FromHours(1));
        await BuyAsync("o-1", "u-1");
        await BuyAsync("o-2", "u-2");
        var pool = await _pools.RequireAsync("sale:spring", CancellationToken.None);
        await pool.ChangeAsync("u-1", new ReservationStep("o-1", ReservationState.Confirmed), CancellationToken.None);
        _clock.Advance(TimeSpan.FromHours(1) + TimeSpan.FromSeconds(11));

        await SweepAsync(_pools);

        // One order is still being paid, so the sale is not forgotten; what it gives back later goes the same way.
        Assert.False(Assert.Single((await _pools.IndexAsync(CancellationToken.None)).AllSales).IsSettled);
        Assert.Equal(ReserveOutcome.Reserved, (await OrderAsync("o-3", "u-1", quantity: 98)).Outcome);
        await pool.ChangeAsync("u-2", new ReservationStep("o-2", ReservationState.Released), CancellationToken.None);
        await SweepAsync(_pools);

        Assert.True(Assert.Single((await _pools.IndexAsync(CancellationToken.None)).AllSales).IsSettled);
        Assert.Equal(ReserveOutcome.Reserved, (await OrderAsync("o-4", "u-1", quantity: 1)).Outcome);
        Assert.Equal(("Ended", 0L), await ViewAsync() is var view ? (view.Status, view.Remaining) : default);
        Assert.Equal((100L, 0L, 99L, 1L), await StockAsync() is var stock ? (stock.Initial, stock.Available, stock.Reserved, stock.Sold) : default);
    }

    [Fact]
    public async Task Return_InTheSale_IsOnSaleAgainAndLeavesTheBuyersLimit()
    {
        await CreateAsync(quantity: 1);
        _clock.Advance(TimeSpan.FromHours(1));
        await BuyAsync("o-1", "u-1");
        await ChangeAsync("o-1", "u-1", ReservationState.Confirmed);
        Assert.Equal(ReserveOutcome.SoldOut, (await BuyAsync("o-2", "u-2")).Outcome);

        await ReturnAsync("o-1", "u-1");
        await ReturnAsync("o-1", "u-1");

        Assert.Equal(("Open", 1L, 1L), await ViewAsync() is var view ? (view.Status, view.Allotted, view.Remaining) : default);
        Assert.Equal(ReserveOutcome.Reserved, (await BuyAsync("o-3", "u-1")).Outcome);
        Assert.Equal(ReserveOutcome.SoldOut, (await BuyAsync("o-4", "u-2")).Outcome);
    }

    [Fact]
    public async Task Return_AfterTheSaleIsSettled_GoesToTheSku()
    {
        await CreateAsync(quantity: 1);
        _clock.Advance(TimeSpan.FromHours(1));
        await BuyAsync("o-1", "u-1");
        await ChangeAsync("o-1", "u-1", ReservationState.Confirmed);
        _clock.Advance(TimeSpan.FromHours(1) + TimeSpan.FromSeconds(11));
        await SweepAsync(_pools);
        Assert.True(Assert.Single((await _pools.IndexAsync(CancellationToken.None)).AllSales).IsSettled);

        await ReturnAsync("o-1", "u-1");
        await SweepAsync(_pools);

        Assert.True(Assert.Single((await _pools.IndexAsync(CancellationToken.None)).AllSales).IsSettled);
        Assert.Equal(ReserveOutcome.Reserved, (await OrderAsync("o-2", "u-2", quantity: 100)).Outcome);
        Assert.Equal((100L, 0L, 100L, 0L), await StockAsync() is var stock ? (stock.Initial, stock.Available, stock.Reserved, stock.Sold) : default);
    }

    [Fact]
    public async Task Draw_AfterAClockAheadSettledTheSale_ComesBackToTheSku()
    {
        var ahead = new ManualClock(SampleOrders.Now + TimeSpan.FromHours(2) + TimeSpan.FromSeconds(11));
        await _pools.CreateAsync(OfSpring(quantity: 10), CancellationToken.None);
        await SweepAsync(_pools, ahead);
        Assert.True(Assert.Single((await _pools.IndexAsync(CancellationToken.None)).AllSales).IsSettled);

        await DrawAsync(_pools);
        var drawn = Assert.Single((await _pools.IndexAsync(CancellationToken.None)).AllSales);
        await SweepAsync(_pools, ahead);

        Assert.False(drawn.IsSettled);
        Assert.True(Assert.Single((await _pools.IndexAsync(CancellationToken.None)).AllSales).IsSettled);
        Assert.Equal(ReserveOutcome.Reserved, (await OrderAsync("o-1", "u-1", quantity: 100)).Outcome);
    }

    [Fact]
    public async Task Return_AfterAClockAheadSettledTheSale_GoesToTheSku()
    {
        await CreateAsync(quantity: 1);
        _clock.Advance(TimeSpan.FromHours(1));
        await BuyAsync("o-1", "u-1");
        await ChangeAsync("o-1", "u-1", ReservationState.Confirmed);
        var ahead = new ManualClock(_clock.GetUtcNow() + TimeSpan.FromHours(1) + TimeSpan.FromSeconds(11));
        await SweepAsync(_pools, ahead);
        Assert.True(Assert.Single((await _pools.IndexAsync(CancellationToken.None)).AllSales).IsSettled);

        await ReturnAsync("o-1", "u-1");
        await SweepAsync(_pools, ahead);

        Assert.Equal(ReserveOutcome.Reserved, (await OrderAsync("o-2", "u-2", quantity: 100)).Outcome);
    }

    [Fact]
    public async Task Sweep_LastBatchIsInTheDocumentAlone_WritesItBeforeTheSaleIsSettled()
    {
        await CreateAsync(quantity: 1);
        _clock.Advance(TimeSpan.FromHours(1));
        await BuyAsync("o-1", "u-1");
        var id = TestPools.First("sale:spring");
        // The log entry of the purchase is written after its answer, and before the bucket's next batch: the faults are for another's writes.
        await (await _pools.RequireAsync(id.Pool, CancellationToken.None)).Bucket(id).LookAsync(CancellationToken.None);
        await using (var gone = TestPools.Of(_store, _clock))
        {
            var pool = await gone.RequireAsync(id.Pool, CancellationToken.None);
            await pool.Bucket(id).LookAsync(CancellationToken.None);
            _store.Sidecar.FailWrites(WriteFault.AppliedButConflict, WriteFault.ErrorNotApplied);
            await pool.ChangeAsync("u-1", new ReservationStep("o-1", ReservationState.Confirmed), CancellationToken.None);
        }

        // It may have been gone before it tried to write its log.
        _store.Sidecar.Heal();
        var last = (await _store.Documents.ReadAsync<StockDocument>(StockKeys.Bucket(id), CancellationToken.None))!.Seq;
        var before = await _store.Documents.ReadOnceAsync<StockBatch>(StockKeys.Batch(id, last), CancellationToken.None);
        _clock.Advance(TimeSpan.FromHours(1) + TimeSpan.FromSeconds(11));
        await SweepAsync(_pools);

        Assert.Null(before);
        Assert.True(Assert.Single((await _pools.IndexAsync(CancellationToken.None)).AllSales).IsSettled);
        Assert.NotNull(await _store.Documents.ReadOnceAsync<StockBatch>(StockKeys.Batch(id, last), CancellationToken.None));
    }

    [Fact]
    public void Settle_UnitsCameBackSinceTheLook_IsNotSettled()
    {
        var index = new StockIndex([Sku], [new IndexedSale("spring")]);

        Assert.Null(index.Reopen("spring").Settle("spring", reopened: 0));
        Assert.True(index.Reopen("spring").Settle("spring", reopened: 1)!.AllSales.Single().IsSettled);
    }

    [Fact]
    public async Task List_NewestFirst_PagesWithoutGaps()
    {
        foreach (var n in Enumerable.Range(1, 5))
        {
            await CreateAsync(id: $"sale-{n}", quantity: 1, key: $"k-{n}");
        }

        var ids = new List<string>();
        var cursor = "";
        do
        {
            var context = new DefaultHttpContext();
            context.Request.QueryString = new QueryString($"?limit=2{cursor}");
            var page = Assert.IsType<Ok<Page<SaleView>>>(await SaleEndpoints.ListAsync(context, _pools, Views, CancellationToken.None)).Value!;
            ids.AddRange(page.Items.Select(sale => sale.Id));
            cursor = page.NextCursor is null ? "" : $"&cursor={page.NextCursor}";
        }
        while (cursor.Length > 0);

        Assert.Equal(["sale-5", "sale-4", "sale-3", "sale-2", "sale-1"], ids);
    }

    private async Task ChangeAsync(string id, string user, ReservationState step) =>
        await (await _pools.RequireAsync("sale:spring", CancellationToken.None)).ChangeAsync(user, new ReservationStep(id, step), CancellationToken.None);

    private Task ReturnAsync(string id, string user) =>
        ReturnedUnits.ReturnAsync(new ChangeReservation(Sku, id, user, "spring"), _pools, CancellationToken.None);

    private SaleViews Views => new(_store.Documents, _clock);

    private Task<IResult> CreateAsync(
        string id = "spring",
        string sku = Sku,
        int quantity = 10,
        int limit = 1,
        int? buckets = null,
        string? strategy = null,
        int hours = 1,
        string key = "k-1",
        string user = "operator-1",
        DefaultHttpContext? context = null)
    {
        context ??= new DefaultHttpContext();
        context.Request.Headers[ShopHeaders.IdempotencyKey] = key;
        var starts = SampleOrders.Now.AddHours(1);
        return CreateSaleEndpoint.HandleAsync(
            new CreateSale(id, sku, new Money(9900, "CNY"), quantity, limit, starts, starts.AddHours(hours), strategy, buckets),
            new ShopCaller(user, ShopCaller.Operator),
            context,
            _pools,
            new SaleUnits(_pools, _store.Documents, _clock),
            Views,
            _store.Documents,
            _clock,
            CancellationToken.None);
    }

    private Task DrawAsync(StockPools pools) => RepeatAsync(async () =>
    {
        await new SaleUnits(pools, _store.Documents, _clock).DrawAsync(await pools.RequireAsync("sale:spring", CancellationToken.None), CancellationToken.None);
        return true;
    });

    private Task SweepAsync(StockPools pools, TimeProvider? clock = null) => new SweepSales(
        pools, new SaleUnits(pools, _store.Documents, clock ?? _clock), Views, _store.Documents, clock ?? _clock, NullLogger<SweepSales>.Instance)
        .SweepAsync(CancellationToken.None);

    private static StockSettings OfSpring(int quantity)
    {
        var starts = SampleOrders.Now.AddHours(1);
        return new StockSettings(
            Sku, Initial: 0, StockStrategy.GroupCommit, Buckets: 1, SampleOrders.Now,
            new SaleTerms("spring", new Money(9900, "CNY"), quantity, PerUserLimit: 1, starts, starts.AddHours(1), "r-1"));
    }

    private async Task<SaleView> ViewAsync() =>
        Assert.IsType<Ok<SaleView>>(await SaleEndpoints.GetAsync("spring", _pools, Views, CancellationToken.None)).Value!;

    private async Task<StockView> StockAsync() =>
        (await new StockViews(_pools, _store.Documents, _clock).ReadAsync(Sku, CancellationToken.None))!;

    private Task<ReserveResult> BuyAsync(string id, string user, StockPools? pools = null) =>
        ReserveAsync(pools ?? _pools, "sale:spring", id, SampleOrders.One(id, quantity: 1) with { UserId = user, SaleId = "spring" }, 1);

    private Task<ReserveResult> OrderAsync(string id, string user, int quantity) =>
        ReserveAsync(_pools, Sku, id, SampleOrders.One(id, quantity: quantity) with { UserId = user }, quantity);

    private static Task<ReserveResult> ReserveAsync(StockPools pools, string pool, string id, OrderContent order, int quantity) =>
        RepeatAsync(async () => await (await pools.RequireAsync(pool, CancellationToken.None))
            .ReserveAsync(new Reserve(id, Sku, quantity, order.Encode()), CancellationToken.None));

    /// <summary>While the outcome is unknown, as every caller may.</summary>
    private static async Task<TResult> RepeatAsync<TResult>(Func<Task<TResult>> call)
    {
        while (true)
        {
            try
            {
                return await call();
            }
            catch (Exception unknown) when (unknown is DependencyUnavailableException or OverloadedException)
            {
                continue;
            }
        }
    }

    private static string Problem(IResult result) => Assert.IsType<ProblemHttpResult>(result).ProblemDetails.Type![Problems.TypePrefix.Length..];
}
