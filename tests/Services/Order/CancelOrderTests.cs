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

public sealed class CancelOrderTests
{
    [Fact]
    public async Task Run_OneLineWasSoldBeforeAnotherCouldNotBe_ReturnsItsUnits()
    {
        await using var store = await FaultyStore.StartAsync();
        store.Sidecar.HasBroker = true;
        using var inventory = new StubHttp((path, body) => new ChangeReservationResult(
            Done: path.EndsWith("/return", StringComparison.Ordinal) || body.Contains("SKU-1002", StringComparison.Ordinal), ReservationState.Released));
        var order = SampleOrders.Two();
        var records = new OrderRecords(store.Documents);
        await records.CreateAsync(order, CancellationToken.None);
        using var meters = new MeterReader();
        var clock = new ManualClock(order.CreatedAt);
        var advance = new OrderAdvance(
            store.Documents, new OrderWatches(Options.Create(new OrderStreamOptions())), new SagaMetrics(meters), clock, NullLogger<OrderAdvance>.Instance);
        foreach (var happened in new[] { OrderEvent.HoldTaken, OrderEvent.PaymentSucceeded })
        {
            await advance.AdvanceAsync(order, happened, new TransitionDetails(), CancellationToken.None);
        }

        var orders = new OrderStore(store.Documents, records, new OrderTails(), new OrderLogReader(store.Documents));
        clock.Advance(TimeSpan.FromSeconds(40));
        var cancelled = await new CancelOrder(orders, new InventoryClient(inventory.Client()), advance, new OutcomePublisher(store.Events))
            .RunAsync(context: null!, new CancelOrderInput(order.OrderId, OrderEvent.ConfirmRefused, PaymentId: null));

        Assert.True(cancelled);
        Assert.Equal(
            ["/internal/reservations/release", "/internal/reservations/return", "/internal/reservations/release"],
            inventory.Requests.Select(request => request.Path));
        Assert.Equal(["o-2:cancelled"], store.Sidecar.Published);
        Assert.Equal(["cancelled 40"], meters.Read(SagaMetrics.Duration));
    }
}
