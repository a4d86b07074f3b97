using DaprShop.Contracts.Inventory;
using DaprShop.Order.Clients;
using DaprShop.Order.Log;
using DaprShop.Order.Orders;
using DaprShop.Order.Placing;
using DaprShop.Order.Reading;
using DaprShop.Order.Saga;
using DaprShop.ServiceDefaults.Ids;
using DaprShop.ServiceDefaults.State;
using DaprShop.TestKit;
using DaprShop.Tests.Services.State;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace DaprShop.Tests.Services.Order;

/// <summary>Replicas over one store: whoever comes later gets its share of the order logs from whoever was there.</summary>
public sealed class OrderLogSharingTests : IAsyncLifetime
{
    private readonly LenientTime _time = new();
    private readonly OrderTails _tails = new();
    private readonly StubHttp _inventory = new((_, _) => new ChangeReservationResult(Done: true, ReservationState.Released));
    private readonly IntakePace _pace;
    private readonly List<OrderLog> _logs = [];
    private FaultyStore _store = null!;

    public OrderLogSharingTests()
    {
        // A crowd on a clock that stands: no relay takes anything in.
        _pace = new IntakePace(_tails, Options.Create(new IntakeOptions()), new ManualClock());
        _pace.Accepting(count: 512);
    }

    public async Task InitializeAsync() => _store = await FaultyStore.StartAsync();

    public async Task DisposeAsync()
    {
        foreach (var log in _logs)
        {
            await log.StopAsync(CancellationToken.None);
            log.Dispose();
        }

        _inventory.Dispose();
        await _store.DisposeAsync();
    }

    [Fact]
    public async Task Start_WhileAnotherHoldsEverySlot_GetsHalfOfThemAndNoOrderIsRefused()
    {
        var first = await StartAsync("replica-a");
        await Eventually.Get(OwnersAsync, owners => owners == "replica-a 16");

        var second = await StartAsync("replica-b");
        var appended = new List<string>();
        await Eventually.Get(
            async () =>
            {
                // The first goes on accepting while it gives slots away.
                appended.Add($"o-{appended.Count}");
                await first.AppendAsync([SampleOrders.One(appended[^1]).Encode()]);
                return await OwnersAsync();
            },
            owners => owners == "replica-a 8, replica-b 8");

        await Eventually.True(() => second.CanAccept);
        await second.AppendAsync([SampleOrders.One("o-second").Encode()]);
        var reader = new OrderLogReader(_store.Documents);
        foreach (var id in appended.Append("o-second"))
        {
            Assert.Equal(id, (await reader.FindUnrelayedAsync(id, CancellationToken.None))?.OrderId);
        }
    }

    [Fact]
    public async Task Slots_TakenAgainAfterTheyWereGivenUp_KeepWhatWasWritten()
    {
        var log = await StartAsync("replica-a");
        await Eventually.Get(OwnersAsync, owners => owners == "replica-a 16");
        var appended = new List<string>();
        await AppendToAllAsync();

        // Another replica comes and is gone before it takes anything.
        await SeeAsync(found => OrderReplicas.See(found, "replica-b", _time.GetUtcNow()));
        var reader = new OrderLogReader(_store.Documents);
        await Eventually.Get(() => reader.SlotsAsync(CancellationToken.None), slots => slots.Count(slot => slot.LeaseUntil <= _time.GetUtcNow()) == 8);
        await SeeAsync(_ => Change.To(new OrderReplicas(new Dictionary<string, DateTimeOffset>()), 0));
        await Eventually.Get(() => reader.SlotsAsync(CancellationToken.None), slots => slots.Count(slot => slot.Epoch == 2) == 8);
        await AppendToAllAsync();

        foreach (var id in appended)
        {
            Assert.Equal(id, (await reader.FindUnrelayedAsync(id, CancellationToken.None))?.OrderId);
        }

        async Task AppendToAllAsync()
        {
            await Eventually.True(() => log.CanAccept);
            // The logs take turns.
            for (var n = 0; n < OrderKeys.Slots; n++)
            {
                appended.Add($"o-{appended.Count}");
                await log.AppendAsync([SampleOrders.One(appended[^1]).Encode()]);
            }
        }

        async Task SeeAsync(Func<OrderReplicas?, Change<OrderReplicas, int>> change) =>
            await _store.Documents.ChangeAsync(OrderKeys.Replicas, change, CancellationToken.None);
    }

    private async Task<OrderLog> StartAsync(string replica)
    {
        var intake = new OrderIntake(
            orders: null!,
            new OrderRecords(_store.Documents),
            workflows: null!,
            new UserOrders(_store.Documents),
            new InventoryClient(_inventory.Client()),
            _tails,
            NullLogger<OrderIntake>.Instance);
        var log = new OrderLog(
            _store.Documents,
            _tails,
            new OrderLogReader(_store.Documents),
            intake,
            _pace,
            new ReplicaName(replica),
            new IdSource(),
            _time,
            NullLogger<OrderLog>.Instance);
        _logs.Add(log);
        await log.StartAsync(CancellationToken.None);
        return log;
    }

    private async Task<string> OwnersAsync()
    {
        var slots = await new OrderLogReader(_store.Documents).SlotsAsync(CancellationToken.None);
        return string.Join(", ", slots.GroupBy(slot => slot.Owner).OrderBy(group => group.Key, StringComparer.Ordinal).Select(group => $"{group.Key} {group.Count()}"));
    }
}
