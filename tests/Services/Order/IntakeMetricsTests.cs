using DaprShop.Order.Log;
using DaprShop.Order.Operations;
using DaprShop.Order.Orders;
using DaprShop.Order.Saga;
using DaprShop.ServiceDefaults.Faults;
using DaprShop.TestKit;
using DaprShop.Tests.Services.Metrics;
using DaprShop.Tests.Services.State;

namespace DaprShop.Tests.Services.Order;

public sealed class IntakeMetricsTests : IAsyncLifetime
{
    private readonly ManualClock _clock = new(SampleOrders.Now);
    private readonly MeterReader _meters = new();
    private readonly OrderTails _tails = new();
    private FaultyStore _store = null!;
    private OutcomePublisher _outcomes = null!;

    public async Task InitializeAsync()
    {
        _store = await FaultyStore.StartAsync();
        _outcomes = new OutcomePublisher(_store.Events);
        _ = new IntakeMetrics(_meters, _tails, _outcomes, _clock);
    }

    public async Task DisposeAsync()
    {
        _meters.Dispose();
        await _store.DisposeAsync();
    }

    [Fact]
    public void Backlog_IsWhatWaitsWithTheAgeOfTheOldest()
    {
        _tails.Add(SampleOrders.One("o-1"));
        _tails.Add(SampleOrders.One("o-2") with { CreatedAt = SampleOrders.Now.AddSeconds(20) });
        _tails.Add(SampleOrders.One("o-2"));
        _clock.Advance(TimeSpan.FromSeconds(30));

        Assert.Equal((2, 2, 30), (Read(IntakeMetrics.Accepted), Read(IntakeMetrics.Backlog), Read(IntakeMetrics.Age)));
        _tails.Remove("o-1");
        Assert.Equal((2, 1, 10), (Read(IntakeMetrics.Accepted), Read(IntakeMetrics.Backlog), Read(IntakeMetrics.Age)));
        _tails.Remove("o-2");
        Assert.Equal((2, 0, 0), (Read(IntakeMetrics.Accepted), Read(IntakeMetrics.Backlog), Read(IntakeMetrics.Age)));
    }

    [Fact]
    public async Task Untold_IsWhatTheBrokerHasNotTaken()
    {
        var order = SampleOrders.One();
        var confirmed = OrderState.AsPlaced(order) with
        {
            Status = OrderStatus.Confirmed,
            Timeline = [new OrderTransition(OrderStatus.Confirmed, SampleOrders.Now, "paid", "o-1:ReservationConfirmed", TraceId: null)],
        };

        // The sidecar of this test has no broker yet.
        await Assert.ThrowsAsync<DependencyUnavailableException>(() => _outcomes.PublishAsync(order, confirmed, OrderStatus.Confirmed));
        Assert.Equal(1, Read(IntakeMetrics.Untold));

        _store.Sidecar.HasBroker = true;
        await _outcomes.PublishAsync(order, confirmed, OrderStatus.Confirmed);
        Assert.Equal(0, Read(IntakeMetrics.Untold));
    }

    private double Read(string name) => _meters.Read()[name];
}
