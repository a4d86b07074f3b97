using DaprShop.Contracts.Inventory;
using DaprShop.Order.Clients;
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

public sealed class TakeHoldTests : IAsyncLifetime
{
    private static readonly TimeSpan Window = TimeSpan.FromMinutes(15);

    private readonly ManualClock _clock = new(SampleOrders.Now);
    private readonly StubHttp _inventory = new((_, _) => new ChangeReservationResult(Done: true, ReservationState.Held));
    private readonly MeterReader _meters = new();
    private FaultyStore _store = null!;

    public async Task InitializeAsync() => _store = await FaultyStore.StartAsync(_clock);

    public async Task DisposeAsync()
    {
        _inventory.Dispose();
        _meters.Dispose();
        await _store.DisposeAsync();
    }

    [Theory]
    [InlineData(0, 900)]
    [InlineData(60, 840)]
    [InlineData(1000, -100)]
    public async Task Hold_TakenAgain_LeavesWhatIsLeftOfTheWindow(int later, int left)
    {
        var first = await HoldAsync();
        _clock.Advance(TimeSpan.FromSeconds(later));

        var again = await HoldAsync();

        Assert.Equal((SampleOrders.Now + Window, Window), (first.PayBefore, first.TimeToPay));
        Assert.Equal((first.PayBefore, TimeSpan.FromSeconds(left)), (again.PayBefore, again.TimeToPay));
    }

    [Fact]
    public async Task Hold_TakenByAClockDaysAhead_LeavesTheWindowAndNotDays()
    {
        await HoldAsync(new ManualClock(SampleOrders.Now.AddDays(3)));

        var again = await HoldAsync();

        Assert.Equal(Window, again.TimeToPay);
    }

    private async Task<HoldResult> HoldAsync(ManualClock? clock = null)
    {
        var records = new OrderRecords(_store.Documents);
        await records.CreateAsync(SampleOrders.One(), CancellationToken.None);
        var orders = new OrderStore(_store.Documents, records, tails: null!, log: null!);
        var advance = new OrderAdvance(_store.Documents, new OrderWatches(Options.Create(new OrderStreamOptions())), new SagaMetrics(_meters), clock ?? _clock, NullLogger<OrderAdvance>.Instance);
        var step = new TakeHold(orders, new InventoryClient(_inventory.Client()), advance, Options.Create(new PaymentWindow { Window = Window }), clock ?? _clock);
        return await step.RunAsync(context: null!, "o-1");
    }
}
