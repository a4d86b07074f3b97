using DaprShop.Contracts.Api;
using DaprShop.Contracts.Events;
using DaprShop.Contracts.Inventory;
using DaprShop.Contracts.Payments;
using DaprShop.Order.Clients;
using DaprShop.Order.DeadLetters;
using DaprShop.Order.Log;
using DaprShop.Order.Operations;
using DaprShop.Order.Orders;
using DaprShop.Order.Reading;
using DaprShop.Order.Reconciling;
using DaprShop.Order.Refunding;
using DaprShop.Order.Saga;
using DaprShop.Order.Streaming;
using DaprShop.ServiceDefaults.Faults;
using DaprShop.ServiceDefaults.Ids;
using DaprShop.ServiceDefaults.Json;
using DaprShop.ServiceDefaults.State;
using DaprShop.TestKit;
using DaprShop.Tests.Services.Metrics;
using DaprShop.Tests.Services.State;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace DaprShop.Tests.Services.Order;

/// <summary>One confirmed order an hour ago, whose units are held and not sold: a drift that inventory's confirm makes right.</summary>
public sealed class ReconcilerTests : IAsyncLifetime
{
    private static readonly OrderContent Order = SampleOrders.One();

    private readonly ManualClock _clock = new(SampleOrders.Now);
    private readonly Inventory _inventory = new();
    private readonly MeterReader _meters = new();
    private BulkReads _bulk = null!;
    private StubHttp _inventoryHttp = null!;
    private StubHttp _paymentHttp = null!;
    private FaultyStore _store = null!;
    private ReconciliationHistory _history = null!;
    private ObservedGauges _observed = null!;

    public async Task InitializeAsync()
    {
        _store = await FaultyStore.StartAsync();
        _bulk = BulkReadsTests.Over(_store.Sidecar.Address, _store.Calls);
        _history = new ReconciliationHistory(_store.Documents, _clock);
        _observed = new ObservedGauges(_clock);
        _inventoryHttp = new StubHttp((path, _) => _inventory.Answer(path));
        _paymentHttp = new StubHttp((_, _) => new ProviderLedger([new LedgerEntry(1, "capture", "ch_1", "ch_1", "o-1", 1000, "CNY", SampleOrders.Now)]));
        var orders = new OrderRecords(_store.Documents);
        await orders.CreateAsync(Order, CancellationToken.None);
        await _store.Documents.ChangeAsync<OrderSlot, OrderSlot>(
            OrderKeys.Slot(0), found => OrderSlots.Take(found, 0, "replica-a", "run-1", SampleOrders.Now), CancellationToken.None);
        await _store.Documents.WriteOnceAsync(OrderKeys.LogRecord(0, 1, 0), new OrderLogRecord(0, 1, 0, [EncodedOrder.Of(Order, ShopJson.Documents)]), CancellationToken.None);
        await new UserOrders(_store.Documents).AddAsync(Order, CancellationToken.None);
        var advance = new OrderAdvance(_store.Documents, new OrderWatches(Options.Create(new OrderStreamOptions())), new SagaMetrics(_meters), _clock, NullLogger<OrderAdvance>.Instance);
        foreach (var happened in new[] { OrderEvent.HoldTaken, OrderEvent.PaymentSucceeded, OrderEvent.ReservationConfirmed })
        {
            await advance.AdvanceAsync(Order, happened, new TransitionDetails(), CancellationToken.None);
        }

        _clock.Advance(TimeSpan.FromHours(1));
    }

    public async Task DisposeAsync()
    {
        _observed.Dispose();
        _meters.Dispose();
        _bulk.Dispose();
        await _store.DisposeAsync();
        _inventoryHttp.Dispose();
        _paymentHttp.Dispose();
    }

    [Fact]
    public async Task Run_DriftThatIsSafe_IsRepairedAndTheNextRunFindsNothing()
    {
        await using var reconciler = Reconciler();

        var first = await RunAsync(reconciler);
        var second = await RunAsync(reconciler);

        var drift = Assert.Single(first.Drifts);
        Assert.Equal(("confirmed-not-sold", "o-1", "SKU-1001", true), (drift.Kind, drift.OrderId, drift.Sku, drift.Repaired));
        Assert.Equal(("Completed", new ReconciliationCounts(1, 1, 1, 1, 1)), (first.Status, first.Counts));
        Assert.Equal(("Completed", new ReconciliationCounts(1, 1, 1, 0, 0)), (second.Status, second.Counts));
        Assert.Equal(1, _inventory.Moves);
        var (runs, next) = await _history.ReadAsync(before: null, limit: 20, CancellationToken.None);
        Assert.Equal(["1", "0"], runs.Select(run => run.Id));
        Assert.Null(next);
    }

    [Fact]
    public async Task Run_TellsTheMetricsWhichPromisesItSawBroken()
    {
        await using var reconciler = Reconciler();
        var before = _observed.Read();

        await RunAsync(reconciler);
        var adrift = _observed.Read();
        await RunAsync(reconciler);
        var mended = _observed.Read();
        _clock.Advance(TimeSpan.FromMinutes(40));
        var longAfter = _observed.Read();

        Assert.Empty(before);
        Assert.Equal((1, 0), (adrift["ended-orders-settled-stock"], adrift["charged-at-most-once"]));
        Assert.Equal((0, 0), (mended["ended-orders-settled-stock"], mended[InvariantGauges.Lag]));
        Assert.Empty(longAfter);
    }

    [Fact]
    public async Task Run_TellsTheMetricsWhatDriftedAndWhichLettersAreOpen()
    {
        await using var reconciler = Reconciler();
        await Letters.AddAsync(Subscriptions.All[0], DeadMessage.Of("{}"u8.ToArray()), failure: null, CancellationToken.None);

        await RunAsync(reconciler);
        var adrift = (_meters.Read(ReconciliationMetrics.Drift), _meters.Read(ReconciliationMetrics.OpenLetters));
        await RunAsync(reconciler);
        _inventory.IsUp = false;
        await RunAsync(reconciler);

        Assert.Equal(["confirmed-not-sold,true 1"], adrift.Item1);
        Assert.Equal([$"{Subscriptions.All[0].Name} 1"], adrift.Item2);
        Assert.Empty(_meters.Read(ReconciliationMetrics.Drift));
        Assert.Equal(["completed 2", "failed 1"], _meters.Read(ReconciliationMetrics.Runs));
    }

    /// <summary>The lock only sheds contention: here it has expired, and a second run holds it while the first goes on.</summary>
    [Fact]
    public async Task Run_LockExpiresWhileHeld_TwoRunsSideBySideMoveUnitsOnce()
    {
        await using var one = Reconciler();
        await using var other = Reconciler();
        var begun = await Task.WhenAll(
            one.StartAsync(DaprShop.Order.Reconciling.Reconciler.Cron, CancellationToken.None),
            other.StartAsync(DaprShop.Order.Reconciling.Reconciler.Operator, CancellationToken.None));

        var runs = await Eventually.Get(
            async () => (await _history.ReadAsync(before: null, limit: 2, CancellationToken.None)).Runs,
            found => found.Count == 2 && found.All(run => run.Status == "Completed"),
            TimeSpan.FromSeconds(60));

        Assert.All(begun, Assert.NotNull);
        Assert.Equal((1, ReservationState.Confirmed), (_inventory.Moves, _inventory.State));
        Assert.Equal(["cron", "operator"], runs.Select(run => run.Trigger).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Post_WhileOneRuns_AnswersWithThatOne()
    {
        await using var reconciler = Reconciler();
        var running = await _history.BeginAsync("cron", CancellationToken.None);
        _store.Sidecar.LockIsTaken = true;

        var accepted = Assert.IsType<Accepted<Reconciliation>>(await ReconciliationEndpoints.RunAsync(reconciler, _history, CancellationToken.None));

        Assert.Equal((running.Id, "Running"), (accepted.Value!.Id, accepted.Value.Status));
    }

    [Fact]
    public async Task Post_WhileOneBeginsOrEnds_SaysToRepeat()
    {
        await using var reconciler = Reconciler();
        _store.Sidecar.LockIsTaken = true;

        var refused = Assert.IsType<ProblemHttpResult>(await ReconciliationEndpoints.RunAsync(reconciler, _history, CancellationToken.None));

        Assert.Equal($"{Problems.TypePrefix}illegal-transition", refused.ProblemDetails.Type);
    }

    [Fact]
    public async Task Run_AServiceDoesNotAnswer_IsRecordedAsFailed()
    {
        _inventory.IsUp = false;
        await using var reconciler = Reconciler();

        var run = await RunAsync(reconciler);

        Assert.Equal(("Failed", "A service that it reads from did not answer; run it again."), (run.Status, run.Error));
        Assert.Equal(0, _inventory.Moves);
    }

    [Fact]
    public async Task Run_ItsProcessDied_IsSeenAsFailedLater()
    {
        await _history.BeginAsync("cron", CancellationToken.None);
        _clock.Advance(TimeSpan.FromMinutes(31));

        var (runs, _) = await _history.ReadAsync(before: null, limit: 1, CancellationToken.None);

        Assert.Equal(("Failed", "The process that ran it ended."), (runs[0].Status, runs[0].Error));
    }

    [Fact]
    public async Task History_MoreRunsThanAreKept_HasTheNewestAndPages()
    {
        for (var n = 0; n < ReconciliationHistory.Kept + 5; n++)
        {
            await _history.BeginAsync("cron", CancellationToken.None);
        }

        var ids = new List<string>();
        var cursor = "";
        do
        {
            var context = new DefaultHttpContext();
            context.Request.QueryString = new QueryString($"?limit=40{cursor}");
            var page = Assert.IsType<Ok<Page<Reconciliation>>>(
                await ReconciliationEndpoints.ListAsync(context, _history, CancellationToken.None)).Value!;
            ids.AddRange(page.Items.Select(run => run.Id));
            cursor = page.NextCursor is null ? "" : $"&cursor={page.NextCursor}";
        }
        while (cursor.Length > 0);

        Assert.Equal(Enumerable.Range(5, ReconciliationHistory.Kept).Reverse().Select(n => $"{n}"), ids);
    }

    private DeadLetterStore Letters => new(_store.Documents, _bulk, _clock);

    private async Task<Reconciliation> RunAsync(Reconciler reconciler) =>
        await reconciler.RunAsync(await _history.BeginAsync("operator", CancellationToken.None), CancellationToken.None);

    private Reconciler Reconciler()
    {
        var log = new OrderLogReader(_store.Documents);
        var orders = new OrderStore(_store.Documents, new OrderRecords(_store.Documents), new OrderTails(), log);
        var (inventory, payments) = (new InventoryClient(_inventoryHttp.Client()), new PaymentClient(_paymentHttp.Client()));
        var userOrders = new UserOrders(_store.Documents);
        return new Reconciler(
            new FactsReader(new AuditReader(log, _store.Documents, inventory, payments, _clock), log, userOrders, _clock),
            _observed.Gauges,
            new ReconciliationMetrics(_meters, Letters, _clock),
            new DriftRepairs(orders, inventory, payments, new NoRefunds(), intake: null!, sagas: null!, userOrders, NullLogger<DriftRepairs>.Instance),
            _history,
            _store.Locks,
            Options.Create(new ReconciliationOptions()),
            _clock,
            NullLogger<Reconciler>.Instance);
    }

    private sealed class NoRefunds : IRefundStarter
    {
        public Task<bool> EnsureAsync(string orderId, CancellationToken cancellationToken) => Task.FromResult(false);
    }

    /// <summary>Inventory with one reservation, as idempotent as the real one.</summary>
    private sealed class Inventory
    {
        private readonly Lock _lock = new();

        public bool IsUp { get; set; } = true;

        public int Moves { get; private set; }

        public ReservationState State { get; private set; } = ReservationState.Held;

        public object? Answer(string path)
        {
            lock (_lock)
            {
                if (!IsUp)
                {
                    return null;
                }

                if (path == "/internal/reservations/confirm")
                {
                    Moves += State == ReservationState.Held ? 1 : 0;
                    State = ReservationState.Confirmed;
                    return new ChangeReservationResult(Done: true, State);
                }

                var held = State == ReservationState.Held ? 2 : 0;
                var stock = new StockFold("SKU-1001", "SKU-1001/0", 10, 0, 8, held, 2 - held, 0, 0, 0, 3);
                return new List<StockAudit> { new(stock, stock, held, [new AuditedReservation("o-1", "o-1", State, 2, SampleOrders.Now)]) };
            }
        }
    }
}
