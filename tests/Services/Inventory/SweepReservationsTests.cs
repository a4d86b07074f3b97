using DaprShop.Contracts;
using DaprShop.Contracts.Inventory;
using DaprShop.Contracts.Orders;
using DaprShop.Inventory.Reservations;
using DaprShop.Inventory.Stock;
using DaprShop.Order.Orders;
using DaprShop.ServiceDefaults.Ids;
using DaprShop.ServiceDefaults.State;
using DaprShop.TestKit;
using DaprShop.Tests.Services.Metrics;
using DaprShop.Tests.Services.Order;
using DaprShop.Tests.Services.State;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace DaprShop.Tests.Services.Inventory;

public sealed class SweepReservationsTests : IAsyncLifetime
{
    private const string Sku = "SKU-1001";

    private readonly ManualClock _clock = new(SampleOrders.Now);
    private readonly Dictionary<string, EnsureOutcome> _orders = [];
    private readonly MeterReader _meters = new();
    private FaultyStore _store = null!;
    private StockPools _pools = null!;
    private StockBucket _bucket = null!;
    private StubHttp _orderService = null!;
    private SweepReservations _sweep = null!;

    public async Task InitializeAsync()
    {
        _store = await FaultyStore.StartAsync(_clock);
        _pools = TestPools.Of(_store, _clock);
        _orderService = new StubHttp((_, body) =>
            _orders.Where(order => body.Contains($"\"{order.Key}\"", StringComparison.Ordinal)).Select(order => new EnsureOrderResult(order.Value)).FirstOrDefault());
        _sweep = new SweepReservations(
            _pools,
            new OrderBackstop(_orderService.Client()),
            new StockMetrics(_meters, _store.Documents, _clock),
            _store.Locks,
            Options.Create(new SweepOptions()),
            _clock,
            NullLogger<SweepReservations>.Instance);
        await _pools.CreateAsync(TestPools.Settings(Sku, units: 10), CancellationToken.None);
        _bucket = (await _pools.RequireAsync(Sku, CancellationToken.None)).Bucket(TestPools.First(Sku));
    }

    public async Task DisposeAsync()
    {
        await _pools.DisposeAsync();
        await _store.DisposeAsync();
        _orderService.Dispose();
        _meters.Dispose();
    }

    [Theory]
    [InlineData("Unknown", 9, 9, 0)]
    [InlineData("Unknown", 29, 9, 1)]
    [InlineData("Unknown", 30, 10, 1)]
    [InlineData("Finished", 10, 10, 1)]
    [InlineData("Started", 3600, 9, 1)]
    public async Task Sweep_TentativeReservation_GivesBackOnlyWhatNoOrderClaims(string outcome, int age, long available, int asked)
    {
        _orders["o-1"] = Enum.Parse<EnsureOutcome>(outcome);
        await ReserveAsync("o-1");
        _clock.Advance(TimeSpan.FromSeconds(age));

        await _sweep.SweepAsync(CancellationToken.None);

        Assert.Equal((available, asked), (await AvailableAsync(), _orderService.Requests.Count));
    }

    [Fact]
    public async Task Sweep_HeldReservation_IsLeftToItsSaga()
    {
        await ReserveAsync("o-1");
        await _bucket.DecideAsync((stock, now) => StockDecisions.Hold(stock, "o-1", now), CancellationToken.None);
        _clock.Advance(TimeSpan.FromHours(1));

        await _sweep.SweepAsync(CancellationToken.None);

        Assert.Equal((9L, 0), (await AvailableAsync(), _orderService.Requests.Count));
    }

    [Fact]
    public async Task Sweep_OneCannotBeJudged_TheOthersAre()
    {
        _orders["o-2"] = EnsureOutcome.Finished;
        await ReserveAsync("o-1");
        await ReserveAsync("o-2");
        _clock.Advance(TimeSpan.FromMinutes(1));

        await _sweep.SweepAsync(CancellationToken.None);

        Assert.Equal((9L, 2), (await AvailableAsync(), _orderService.Requests.Count));
    }

    [Fact]
    public async Task Sweep_AskedForAgainMeanwhile_CountsItsAgeFromThere()
    {
        _orders["o-1"] = EnsureOutcome.Unknown;
        await ReserveAsync("o-1");
        _clock.Advance(TimeSpan.FromSeconds(29));
        await ReserveAsync("o-1");
        _clock.Advance(TimeSpan.FromSeconds(2));

        await _sweep.SweepAsync(CancellationToken.None);

        Assert.Equal((9L, 0), (await AvailableAsync(), _orderService.Requests.Count));
    }

    [Fact]
    public async Task Sweep_ClockBehindTheDocuments_ExpiresNothing()
    {
        _orders["o-1"] = EnsureOutcome.Finished;
        await ReserveAsync("o-1");
        _clock.Advance(TimeSpan.FromMinutes(1));
        var ahead = _clock.GetUtcNow() + TimeSpan.FromSeconds(3);
        await _bucket.DecideAsync((stock, _) => StockDecisions.Reserve(stock, Command("o-2"), sale: null, ahead), CancellationToken.None);

        await _sweep.SweepAsync(CancellationToken.None);

        Assert.Equal(8, await AvailableAsync());
    }

    [Theory]
    [InlineData("Unknown", 29, 10 - 1)]
    [InlineData("Unknown", 30, 10)]
    [InlineData("Started", 3600, 10 - 1)]
    public async Task Sweep_ReservedByAClockDaysAhead_CountsItsAgeFromWhereItWasSeen(string outcome, int seconds, long available)
    {
        _orders["o-1"] = Enum.Parse<EnsureOutcome>(outcome);
        var ahead = _clock.GetUtcNow() + TimeSpan.FromDays(3);
        await _bucket.DecideAsync((stock, _) => StockDecisions.Reserve(stock, Command("o-1"), sale: null, ahead), CancellationToken.None);

        await _sweep.SweepAsync(CancellationToken.None);
        _clock.Advance(TimeSpan.FromSeconds(seconds));
        await _sweep.SweepAsync(CancellationToken.None);

        Assert.Equal(available, await AvailableAsync());
    }

    [Fact]
    public async Task Sweep_TellsTheMetricsWhatTheUnitsAre()
    {
        await ReserveAsync("o-1");
        await ReserveAsync("o-2");
        await _bucket.DecideAsync((stock, now) => StockDecisions.Hold(stock, "o-1", now), CancellationToken.None);
        await _bucket.DecideAsync((stock, now) => StockDecisions.Confirm(stock, "o-1", now), CancellationToken.None);
        var settled = TestPools.Settings(Sku, units: 4) with { Sale = new SaleTerms("spring", new Money(100, "CNY"), 4, 1, SampleOrders.Now, SampleOrders.Now, "r-1") };
        await _pools.CreateAsync(settled, CancellationToken.None);
        await _store.Documents.ChangeAsync<StockIndex, bool>(
            StockKeys.Index, found => Change.To(found!.Settle("spring", reopened: 0)!, true), CancellationToken.None);

        await _sweep.SweepAsync(CancellationToken.None);

        Assert.Equal([$"{Sku},available 12", $"{Sku},reserved 1", $"{Sku},sold 1"], _meters.Read(StockMetrics.Units));
    }

    [Fact]
    public async Task Sweep_MoreSkusThanHaveANameOfTheirOwn_AreOneSeries()
    {
        for (var n = 1; n <= 101; n++)
        {
            await _pools.CreateAsync(TestPools.Settings($"SKU-{n}", units: n), CancellationToken.None);
        }

        await _sweep.SweepAsync(CancellationToken.None);

        var units = _meters.Read(StockMetrics.Units);
        Assert.Equal(101, units.Count);
        Assert.Contains("other,available 201", units);
    }

    private static Reserve Command(string id) => new(id, Sku, 1, SampleOrders.One(id, quantity: 1).Encode());

    private Task<ReserveResult> ReserveAsync(string id) =>
        _bucket.DecideAsync((stock, now) => StockDecisions.Reserve(stock, Command(id), sale: null, now), CancellationToken.None);

    private async Task<long> AvailableAsync() =>
        (await _store.Documents.ReadAsync<StockDocument>(StockKeys.Bucket(TestPools.First(Sku)), CancellationToken.None))!.Available;
}
