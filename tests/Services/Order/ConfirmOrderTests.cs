using DaprShop.Contracts.Inventory;
using DaprShop.Order.Clients;
using DaprShop.Order.Log;
using DaprShop.Order.Operations;
using DaprShop.Order.Orders;
using DaprShop.Order.Saga;
using DaprShop.Order.Streaming;
using DaprShop.TestKit;
using DaprShop.Tests.Services.Metrics;
using DaprShop.Tests.Services.State;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace DaprShop.Tests.Services.Order;

public sealed class ConfirmOrderTests : IAsyncLifetime
{
    private static readonly OrderContent Order = SampleOrders.One();

    private readonly MeterReader _meters = new();
    private readonly ManualClock _clock = new(Order.CreatedAt);
    private FaultyStore _store = null!;
    private OrderRecords _records = null!;
    private OrderAdvance _advance = null!;

    public async Task InitializeAsync()
    {
        _store = await FaultyStore.StartAsync();
        _store.Sidecar.HasBroker = true;
        _records = new OrderRecords(_store.Documents);
        _advance = new OrderAdvance(
            _store.Documents, new OrderWatches(Options.Create(new OrderStreamOptions())), new SagaMetrics(_meters), _clock, NullLogger<OrderAdvance>.Instance);
        await _records.CreateAsync(Order, CancellationToken.None);
        await HappenAsync(OrderEvent.HoldTaken, OrderEvent.PaymentSucceeded);
    }

    public async Task DisposeAsync()
    {
        await _store.DisposeAsync();
        _meters.Dispose();
    }

    /// <summary>Found by the simulation (seed 193): the first attempt's answer was lost, and a refund was faster than the second attempt.</summary>
    [Fact]
    public async Task Run_SoldByAnEarlierAttemptAndRefundedSince_StillTellsOfTheSale()
    {
        await HappenAsync(OrderEvent.ReservationConfirmed, OrderEvent.RefundRequested, OrderEvent.Refunded);

        var confirmed = await RunAsync(new ChangeReservationResult(Done: false, ReservationState.Returned));

        Assert.True(confirmed);
        Assert.Equal(["o-1:confirmed"], _store.Sidecar.Published);
    }

    [Fact]
    public async Task Run_SoldByAnEarlierAttemptAndAboutToBeRefunded_TellsOfTheSale()
    {
        await HappenAsync(OrderEvent.ReservationConfirmed, OrderEvent.RefundRequested);

        var confirmed = await RunAsync(new ChangeReservationResult(Done: true, ReservationState.Confirmed));

        Assert.True(confirmed);
        Assert.Equal(["o-1:confirmed"], _store.Sidecar.Published);
    }

    [Fact]
    public async Task Run_UnitsAreGone_SaysSoAndTellsNobody()
    {
        var confirmed = await RunAsync(new ChangeReservationResult(Done: false, ReservationState.Released));

        Assert.False(confirmed);
        Assert.Empty(_store.Sidecar.Published);
    }

    [Fact]
    public async Task Run_TwiceAndThenRefunded_MeasuresTheSagaOnce()
    {
        _clock.Advance(TimeSpan.FromSeconds(7));
        await RunAsync(new ChangeReservationResult(Done: true, ReservationState.Confirmed));
        _clock.Advance(TimeSpan.FromSeconds(7));
        await RunAsync(new ChangeReservationResult(Done: true, ReservationState.Confirmed));
        await HappenAsync(OrderEvent.RefundRequested, OrderEvent.Refunded);

        Assert.Equal(["confirmed 7"], _meters.Read(SagaMetrics.Duration));
    }

    private async Task<bool> RunAsync(ChangeReservationResult answer)
    {
        using var inventory = new StubHttp((_, _) => answer);
        var orders = new OrderStore(_store.Documents, _records, new OrderTails(), new OrderLogReader(_store.Documents));
        return await new ConfirmOrder(orders, new InventoryClient(inventory.Client()), _advance, new OutcomePublisher(_store.Events))
            .RunAsync(context: null!, new ConfirmOrderInput(Order.OrderId, "pay_1"));
    }

    private async Task HappenAsync(params OrderEvent[] events)
    {
        foreach (var happened in events)
        {
            await _advance.AdvanceAsync(Order, happened, new TransitionDetails(), CancellationToken.None);
        }
    }
}
