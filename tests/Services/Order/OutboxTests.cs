using DaprShop.Order.Log;
using DaprShop.Order.Operations;
using DaprShop.Order.Orders;
using DaprShop.ServiceDefaults.State;
using DaprShop.TestKit;
using DaprShop.Tests.Services.State;

namespace DaprShop.Tests.Services.Order;

public sealed class OutboxTests : IAsyncLifetime
{
    private readonly ManualClock _clock = new(SampleOrders.Now.AddSeconds(90));
    private FaultyStore _store = null!;

    public async Task InitializeAsync() => _store = await FaultyStore.StartAsync();

    public async Task DisposeAsync() => await _store.DisposeAsync();

    [Fact]
    public async Task Get_OrdersBehindTheWatermarks_AreCountedWithTheOldest()
    {
        // Slot 2 was taken over: its first epoch has one record left, its second one that is done and one that is not.
        await WriteAsync(slot: 2, epoch: 1, n: 0, SampleOrders.One("o-1"));
        await WriteAsync(slot: 2, epoch: 2, n: 0, SampleOrders.One("o-2") with { CreatedAt = SampleOrders.Now.AddHours(-1) });
        await WriteAsync(slot: 2, epoch: 2, n: 1, SampleOrders.One("o-3") with { CreatedAt = SampleOrders.Now.AddSeconds(30) }, SampleOrders.One("o-4"));
        await SlotAsync(2, new SlotEpoch(1, Watermark: 0, SampleOrders.Now), new SlotEpoch(2, Watermark: 1, ClosedAt: null));
        await SlotAsync(5, new SlotEpoch(1, Watermark: 0, ClosedAt: null));

        var outbox = await OutboxEndpoint.HandleAsync(new OrderLogReader(_store.Documents), _clock, CancellationToken.None);

        Assert.Equal((3, SampleOrders.Now, 90.0), (outbox.Waiting, outbox.OldestAt, outbox.OldestSeconds));
        Assert.Equal([(2, 3), (5, 0)], outbox.Slots.Select(slot => (slot.Slot, slot.Waiting)));
    }

    [Fact]
    public async Task Get_NothingWaits_HasNoOldest()
    {
        var outbox = await OutboxEndpoint.HandleAsync(new OrderLogReader(_store.Documents), _clock, CancellationToken.None);

        Assert.Equal((0, null, 0.0), (outbox.Waiting, outbox.OldestAt, outbox.OldestSeconds));
    }

    private Task WriteAsync(int slot, long epoch, long n, params DaprShop.Contracts.Inventory.OrderContent[] orders) =>
        _store.Documents.WriteOnceAsync(
            OrderKeys.LogRecord(slot, epoch, n),
            new OrderLogRecord(slot, epoch, n, [.. orders.Select(order => order.Encode())]),
            CancellationToken.None);

    private Task SlotAsync(int slot, params SlotEpoch[] epochs) =>
        _store.Documents.ChangeAsync<OrderSlot, bool>(
            OrderKeys.Slot(slot),
            _ => Change.To(new OrderSlot(slot, "replica-1", "run-1", epochs.Length, SampleOrders.Now, epochs), true),
            CancellationToken.None);
}
