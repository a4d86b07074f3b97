using DaprShop.Contracts.Inventory;
using DaprShop.Order.Clients;
using DaprShop.Order.Log;
using DaprShop.Order.Orders;
using DaprShop.Order.Placing;
using DaprShop.Order.Reading;
using DaprShop.Order.Saga;
using DaprShop.ServiceDefaults.Faults;
using DaprShop.ServiceDefaults.State;
using DaprShop.TestKit;
using DaprShop.Tests.Services.State;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace DaprShop.Tests.Services.Order;

/// <summary>One slot's appender, reader and relay over a store that misbehaves.</summary>
public sealed class OrderLogTests : IAsyncLifetime
{
    private const int Slot = 3;
    private const long Epoch = 1;

    private readonly OrderTails _tails = new();
    private readonly HastyClock _clock = new();
    private readonly IntakePace _pace;
    private FaultyStore _store = null!;

    public OrderLogTests() => _pace = new IntakePace(_tails, Options.Create(new IntakeOptions()), TimeProvider.System);

    public async Task InitializeAsync() => _store = await FaultyStore.StartAsync(_clock);

    public async Task DisposeAsync()
    {
        await _store.DisposeAsync();
    }

    [Fact]
    public async Task Append_WritesFailInEveryWay_SkipsNoNumberAndKeepsEveryOrder()
    {
        var committed = new List<long>();
        await using var appender = Appender(record =>
        {
            committed.Add(record.N);
            return ValueTask.CompletedTask;
        });
        _clock.Hurries = true;
        _store.Sidecar.FailWrites(
            WriteFault.ErrorNotApplied, WriteFault.AppliedButNoAnswer, WriteFault.AppliedButHangs, WriteFault.AppliedButError, WriteFault.ErrorNotApplied);

        for (var n = 0; n < 12; n++)
        {
            await AppendStubbornlyAsync(appender, SampleOrders.One($"o-{n}"));
        }

        // Whoever appended is answered before the relay is told.
        await appender.CompleteAsync();
        var records = await RecordsAsync();
        Assert.Equal(Enumerable.Range(0, records.Count).Select(n => (long)n), records.Select(record => record.N));
        Assert.Equal(records.Select(record => record.N), committed);
        Assert.Equal(12, records.SelectMany(record => record.Orders).DistinctBy(order => order.OrderId).Count());
    }

    [Fact]
    public async Task Append_LeaseNearlyOver_CommitsNothing()
    {
        var clock = new ManualClock();
        await using var appender = new SlotAppender(
            Slot, Epoch, clock.GetTimestamp(), _store.Documents, _tails, clock, NullLogger.Instance, _ => ValueTask.CompletedTask);
        clock.Advance(OrderSlots.Lease - OrderSlots.Reserve);

        await Assert.ThrowsAsync<DependencyUnavailableException>(() => appender.AppendAsync([SampleOrders.One().Encode()]));

        Assert.Equal(0, _store.Sidecar.Writes);
    }

    [Fact]
    public async Task FindUnrelayed_BulkReadLeavesOutTheRecord_FindsTheOrder()
    {
        await WriteSlotAsync();
        await using (var appender = Appender(_ => ValueTask.CompletedTask))
        {
            await appender.AppendAsync([SampleOrders.One("o-1").Encode()]);
            await appender.AppendAsync([SampleOrders.One("o-2").Encode()]);
            await appender.AppendAsync([SampleOrders.One("o-3").Encode()]);
        }

        _store.Sidecar.FailBulkItems(2);

        var found = await new OrderLogReader(_store.Documents).FindUnrelayedAsync("o-3", CancellationToken.None);

        Assert.Equal("o-3", found?.OrderId);
    }

    [Fact]
    public async Task Relay_SlotLostBeforeItsOrdersWereRelayed_ForgetsThemAsNew()
    {
        var slot = await WriteSlotAsync();
        await using var unreachable = await FaultyStore.StartAsync();
        unreachable.Sidecar.FailReads(int.MaxValue);
        var relay = new SlotRelay(
            slot, new OrderLogReader(_store.Documents), Intake(unreachable.Documents, new StubHttp((_, _) => null)), _pace, _tails, TimeProvider.System, NullLogger.Instance);
        var appender = Appender(relay.CommittedAsync);
        await appender.AppendAsync([SampleOrders.One("o-1").Encode()]);
        await appender.AppendAsync([SampleOrders.One("o-2").Encode()]);
        Assert.Equal(2, _tails.Count);

        await appender.DisposeAsync();
        await relay.DisposeAsync();

        Assert.Equal(0, _tails.Count);
        Assert.Equal(0, relay.Progress.Watermarks[Epoch]);
    }

    [Fact]
    public async Task TakeIn_KeyAlreadyNamesAnotherBody_GivesTheLaterOnesStockBack()
    {
        using var inventory = new StubHttp((_, _) => new ChangeReservationResult(Done: true, ReservationState.Released));
        await _store.Documents.ChangeAsync<OrderContent, bool>(
            OrderKeys.Record("o-1"), _ => Change.To(SampleOrders.One("o-1"), true), CancellationToken.None);
        var twin = SampleOrders.One("o-1", bodyHash: "other", sku: "SKU-1002");
        _tails.Add(twin);

        var record = await Intake(_store.Documents, inventory).TakeInAsync(twin, CancellationToken.None);

        Assert.Equal("hash", record.BodyHash);
        var (path, body) = Assert.Single(inventory.Requests);
        Assert.Equal("/internal/reservations/release", path);
        Assert.Contains("SKU-1002", body, StringComparison.Ordinal);
        Assert.Equal(0, _tails.Count);
    }

    private OrderIntake Intake(DocumentStore documents, StubHttp inventory) => new(
        orders: null!, new OrderRecords(documents), workflows: null!, new UserOrders(documents), new InventoryClient(inventory.Client()), _tails, NullLogger<OrderIntake>.Instance);

    private SlotAppender Appender(Func<OrderLogRecord, ValueTask> committed) => new(
        Slot, Epoch, TimeProvider.System.GetTimestamp(), _store.Documents, _tails, new EndlessLease(), NullLogger.Instance, committed);

    private static async Task AppendStubbornlyAsync(SlotAppender appender, OrderContent order)
    {
        while (true)
        {
            try
            {
                await appender.AppendAsync([order.Encode()]);
                return;
            }
            catch (DependencyUnavailableException)
            {
                continue;
            }
        }
    }

    private Task<OrderSlot> WriteSlotAsync() => _store.Documents.ChangeAsync<OrderSlot, OrderSlot>(
        OrderKeys.Slot(Slot), found => OrderSlots.Take(found, Slot, "replica-a", "run-1", SampleOrders.Now), CancellationToken.None);

    private async Task<List<OrderLogRecord>> RecordsAsync()
    {
        var records = new List<OrderLogRecord>();
        await foreach (var record in new OrderLogReader(_store.Documents).RecordsAsync(Slot, Epoch, first: 0, CancellationToken.None))
        {
            records.Add(record);
        }

        return records;
    }

    /// <summary>Real timers under a monotonic clock that stands: a slow machine loses no lease.</summary>
    private sealed class EndlessLease : TimeProvider
    {
        public override long GetTimestamp() => 0;
    }
}
