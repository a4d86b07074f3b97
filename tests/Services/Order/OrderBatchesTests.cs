using System.Collections.Concurrent;
using System.Text.Json;
using DaprShop.Contracts;
using DaprShop.Contracts.Api;
using DaprShop.Contracts.Catalog;
using DaprShop.Contracts.Inventory;
using DaprShop.Order.Clients;
using DaprShop.Order.Log;
using DaprShop.Order.Orders;
using DaprShop.Order.Placing;
using DaprShop.Order.Reading;
using DaprShop.Order.Saga;
using DaprShop.ServiceDefaults.Faults;
using DaprShop.ServiceDefaults.Ids;
using DaprShop.ServiceDefaults.Json;
using DaprShop.ServiceDefaults.State;
using DaprShop.TestKit;
using DaprShop.Tests.Services.State;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace DaprShop.Tests.Services.Order;

/// <summary>Acceptance by the batch over a store of the tests, with a catalogue and an inventory that answer as told.</summary>
public sealed class OrderBatchesTests : IAsyncLifetime
{
    private const string Unknown = "SKU-UNKNOWN";

    private readonly ManualClock _standing = new();
    private readonly LenientTime _time = new();
    private readonly OrderTails _tails = new();
    private readonly StubHttp _catalog;
    private readonly StubHttp _inventory;
    private readonly ConcurrentDictionary<string, EncodedOrder> _reserved = new(StringComparer.Ordinal);
    private readonly ManualResetEventSlim _open = new(initialState: true);
    private readonly IntakePace _pace;
    private FaultyStore _store = null!;
    private BulkReads _reads = null!;
    private OrderLog _log = null!;
    private OrderBatches _batches = null!;

    public OrderBatchesTests()
    {
        _catalog = new StubHttp((_, body) => new PriceList([.. Read<PriceQuery>(body).Skus
            .Where(sku => sku != Unknown)
            .Select(sku => new ProductPrice(sku, new Money(500, "CNY")))]));
        _inventory = new StubHttp((_, body) =>
        {
            Assert.True(_open.Wait(TimeSpan.FromMinutes(2)), "the test never let inventory answer");
            return new ReserveManyResult([.. Read<ReserveMany>(body).Commands.Select(Reserve)]);
        });

        // A crowd on a clock that stands: no relay takes anything in.
        _pace = new IntakePace(_tails, Options.Create(new IntakeOptions()), _standing);
        _pace.Accepting(count: 512);
    }

    public async Task InitializeAsync()
    {
        _store = await FaultyStore.StartAsync();
        _reads = BulkReadsTests.Over(_store.Sidecar.Address, _store.Calls);
        var intake = new OrderIntake(
            orders: null!, new OrderRecords(_store.Documents), workflows: null!, new UserOrders(_store.Documents), new InventoryClient(_inventory.Client()), _tails, NullLogger<OrderIntake>.Instance);
        _log = new OrderLog(
            _store.Documents,
            _tails,
            new OrderLogReader(_store.Documents),
            intake,
            _pace,
            new ReplicaName("replica-a"),
            new IdSource(),
            _time,
            NullLogger<OrderLog>.Instance);
        await _log.StartAsync(CancellationToken.None);
        await Eventually.True(() => _log.CanAccept);
        _batches = Batches(new IntakeOptions());
    }

    public async Task DisposeAsync()
    {
        _open.Set();
        await _batches.DisposeAsync();
        await _log.StopAsync(CancellationToken.None);
        _log.Dispose();
        _reads.Dispose();
        _open.Dispose();
        await _store.DisposeAsync();
    }

    [Fact]
    public async Task Accept_EveryOutcomeInOneBatch_EachGetsItsOwn()
    {
        var (first, others) = await HoldFirstBatchAsync(
            Draft("o-ok"), Draft("o-sold-out", "SKU-EMPTY"), Draft("o-reused", "SKU-REUSED"), Draft("o-busy", "SKU-BUSY"), Draft("o-lost", "SKU-LOST"),
            Draft("o-nothing", Unknown), Draft("o-replayed", "SKU-KNOWN"));

        Assert.NotNull((await first).Order);
        Assert.Equal("o-ok", (await others[0]).Order?.OrderId);
        Assert.Equal((409, true), ((await others[1]).Refusal!.StatusCode, (await others[1]).IsSoldOut));
        Assert.Equal(422, (await others[2]).Refusal!.StatusCode);
        Assert.Equal(429, (await others[3]).Refusal!.StatusCode);
        await Assert.ThrowsAsync<DependencyUnavailableException>(() => others[4]);
        Assert.Equal(400, (await others[5]).Refusal!.StatusCode);
        Assert.Equal((true, "first-hash"), ((await others[6]).Replayed, (await others[6]).Order!.BodyHash));

        // One call each for the first order and for all that came while it was reserved.
        Assert.Equal(2, _catalog.Requests.Count);
        Assert.Equal(2, _inventory.Requests.Count);
        var records = await RecordsAsync();
        Assert.Equal([["o-first"], ["o-ok", "o-replayed"]], records.Select(record => record.Orders.Select(order => order.OrderId)));
    }

    [Fact]
    public async Task Accept_OneKeyTwiceInABatch_IsOneOrderAndAnotherBodyIsRefused()
    {
        var (first, others) = await HoldFirstBatchAsync(Draft("o-twice"), Draft("o-twice"), Draft("o-twice", hash: "other"));

        await first;
        Assert.False((await others[0]).Replayed);
        Assert.Equal((true, "o-twice"), ((await others[1]).Replayed, (await others[1]).Order?.OrderId));
        Assert.Equal(422, (await others[2]).Refusal!.StatusCode);
        Assert.Equal(2, (await RecordsAsync()).SelectMany(record => record.Orders).DistinctBy(order => order.OrderId).Count());
    }

    [Fact]
    public async Task Accept_KeyNamesAnOrderAlready_AnswersItWithoutAskingInventory()
    {
        await _store.Documents.ChangeAsync<OrderContent, bool>(
            OrderKeys.Record("o-1"), _ => Change.To(SampleOrders.One("o-1", quantity: 7), true), CancellationToken.None);

        var same = await _batches.AcceptAsync(Draft("o-1"));
        var other = await _batches.AcceptAsync(Draft("o-1", hash: "other"));

        Assert.Equal((true, 7), (same.Replayed, same.Order!.Lines[0].Quantity));
        Assert.Equal(422, other.Refusal!.StatusCode);
        Assert.Empty(_inventory.Requests);
    }

    [Theory]
    [InlineData(false, 422)]
    [InlineData(true, null)]
    public async Task Accept_KeyNamesAnOrderOverSeveralSkus_IsReusedUnlessThatWasRefused(bool refused, int? status)
    {
        var standing = refused ? IntentStatus.Refused : IntentStatus.Open;
        await _store.Documents.ChangeAsync<OrderIntent, bool>(
            OrderKeys.Intent("o-2"),
            _ => Change.To(new OrderIntent(standing, Attempt: 1, SampleOrders.Now, SampleOrders.Two("o-2", "other")), true),
            CancellationToken.None);

        var outcome = await _batches.AcceptAsync(Draft("o-2"));

        Assert.Equal(status, outcome.Refusal?.StatusCode);
        Assert.Equal(refused, outcome.Order is not null);
    }

    [Fact]
    public async Task Accept_WhatTheKeyNamesCannotBeRead_ReservesNothing()
    {
        await _store.Documents.ChangeAsync<OrderContent, bool>(
            OrderKeys.Record("o-1"), _ => Change.To(SampleOrders.One("o-1"), true), CancellationToken.None);
        _store.Sidecar.FailBulkItems(1);

        await Assert.ThrowsAsync<DependencyUnavailableException>(() => _batches.AcceptAsync(Draft("o-1", hash: "other")));

        Assert.Empty(_inventory.Requests);
        Assert.Equal(422, (await _batches.AcceptAsync(Draft("o-1", hash: "other"))).Refusal!.StatusCode);
    }

    [Fact]
    public async Task Accept_RecordIsNotKnownToBeWritten_IsUnknownAndTheRepeatIsTheSameOrder()
    {
        var unknown = await FailOneAsync();

        // The log repeats the record by itself; a repeat of the request meets the order in one form or the other.
        await Eventually.True(() => _tails.Find(unknown) is not null);
        Assert.Equal(unknown, (await _batches.AcceptAsync(Draft(unknown))).Order?.OrderId);
    }

    [Fact]
    public async Task Accept_TooManyWait_IsOverloaded()
    {
        await using var small = Batches(new IntakeOptions { MaxWaiting = 2 });
        _open.Reset();
        var first = small.AcceptAsync(Draft("o-first"));
        await Eventually.True(() => !_inventory.Requests.IsEmpty);
        var waiting = new[] { small.AcceptAsync(Draft("o-1")), small.AcceptAsync(Draft("o-2")) };

        var refused = await small.AcceptAsync(Draft("o-3"));

        Assert.Equal(429, refused.Refusal!.StatusCode);
        _open.Set();
        Assert.All(await Task.WhenAll([first, .. waiting]), outcome => Assert.NotNull(outcome.Order));
    }

    /// <summary>Spoils the record of one order. A slot's lease may be written at the same moment and meet the fault instead: then the next one.</summary>
    private async Task<string> FailOneAsync()
    {
        for (var n = 0; n < 20; n++)
        {
            try
            {
                _store.Sidecar.FailWrites(WriteFault.AppliedButError);
                await _batches.AcceptAsync(Draft($"o-{n}"));
                _store.Sidecar.Heal();
            }
            catch (DependencyUnavailableException)
            {
                return $"o-{n}";
            }
        }

        throw new InvalidOperationException("No record met the fault.");
    }

    /// <summary>Keeps inventory from answering the first order until all others wait for the next batch.</summary>
    private async Task<(Task<AcceptanceOutcome> First, Task<AcceptanceOutcome>[] Others)> HoldFirstBatchAsync(params OrderDraft[] drafts)
    {
        _open.Reset();
        var first = _batches.AcceptAsync(Draft("o-first"));
        await Eventually.True(() => !_inventory.Requests.IsEmpty);
        var others = drafts.Select(_batches.AcceptAsync).ToArray();
        _open.Set();
        return (first, others);
    }

    private OrderBatches Batches(IntakeOptions options) => new(
        _reads,
        SampleOrders.PricesOf(_catalog),
        new InventoryClient(_inventory.Client()),
        _log,
        _tails,
        _pace,
        Options.Create(options),
        _time,
        NullLogger<OrderBatches>.Instance);

    private ReserveResult Reserve(Reserve command) => command.Sku switch
    {
        "SKU-EMPTY" => Result(ReserveOutcome.SoldOut),
        "SKU-REUSED" => Result(ReserveOutcome.KeyReused),
        "SKU-BUSY" => Result(ReserveOutcome.Overloaded),
        "SKU-LOST" => Result(ReserveOutcome.Unavailable),
        "SKU-KNOWN" => new ReserveResult(
            ReserveOutcome.Reserved, SampleOrders.One(command.Order.OrderId, "first-hash", sku: command.Sku).Encode(), Replayed: true, Available: 1),
        _ when _reserved.TryAdd(command.ReservationId, command.Order) => Result(ReserveOutcome.Reserved),
        _ when _reserved[command.ReservationId] is var known && known.BodyHash == command.Order.BodyHash =>
            new ReserveResult(ReserveOutcome.Reserved, known, Replayed: true, Available: 1),
        _ => Result(ReserveOutcome.KeyReused),
    };

    private static ReserveResult Result(ReserveOutcome outcome) => new(outcome, Order: null, Replayed: false, Available: 1);

    private static OrderDraft Draft(string orderId, string sku = "SKU-1001", string hash = "hash") =>
        new(orderId, "shopper-1", hash, [new PlaceOrderLine(sku, 1)], "tok_ok", TraceParent: null);

    private static T Read<T>(string body) => JsonSerializer.Deserialize<T>(body, ShopJson.Documents)!;

    private async Task<List<OrderLogRecord>> RecordsAsync()
    {
        var reader = new OrderLogReader(_store.Documents);
        var records = new List<OrderLogRecord>();
        foreach (var slot in await reader.SlotsAsync(CancellationToken.None))
        {
            await foreach (var record in reader.RecordsAsync(slot.Slot, slot.Epoch, first: 0, CancellationToken.None))
            {
                records.Add(record);
            }
        }

        return [.. records.OrderBy(record => record.Orders.Count)];
    }
}
