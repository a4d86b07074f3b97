using System.Collections.Concurrent;
using System.Text.Json;
using DaprShop.Contracts.Inventory;
using DaprShop.Order.Clients;
using DaprShop.Order.Placing;
using DaprShop.ServiceDefaults.Faults;
using DaprShop.ServiceDefaults.Json;
using DaprShop.TestKit;
using DaprShop.Tests.Services.State;

namespace DaprShop.Tests.Services.Order;

/// <summary>The backstop gives up an attempt that stood still; a repeat of its request may be finishing that very attempt.</summary>
public sealed class OrderReservationTests : IAsyncLifetime
{
    private readonly ConcurrentDictionary<string, bool> _reserved = new();
    private readonly StubHttp _inventory;
    private readonly ManualClock _clock = new();
    private Func<int, Task> _meanwhile = _ => Task.CompletedTask;
    private int _asked;
    private FaultyStore _store = null!;
    private OrderReservation _reservation = null!;

    public OrderReservationTests() => _inventory = new StubHttp(AnswerAsync);

    public async Task InitializeAsync()
    {
        _store = await FaultyStore.StartAsync();
        _reservation = new OrderReservation(new InventoryClient(_inventory.Client()), _store.Documents, _clock);
    }

    public async Task DisposeAsync() => await _store.DisposeAsync();

    [Fact]
    public async Task Reserve_AttemptGivenUpAsItRan_ReservesUnderTheNextAndKeepsNothingOfTheFirst()
    {
        _meanwhile = attempt => attempt == 1 ? _reservation.RefuseAsync("o-2", attempt, CancellationToken.None) : Task.CompletedTask;

        var outcome = await _reservation.ReserveAsync(SampleOrders.Two(), CancellationToken.None);

        Assert.Equal(ReserveOutcome.Reserved, outcome.Outcome);
        Assert.Equal(["o-2:2:SKU-1001", "o-2:2:SKU-1002"], outcome.Order!.Lines.Select(line => line.ReservationId));
        Assert.Equal(["o-2:2:SKU-1001", "o-2:2:SKU-1002"], _reserved.Keys.Order());
    }

    [Fact]
    public async Task Reserve_EveryAttemptGivenUp_IsNoRefusalOfTheStock()
    {
        _meanwhile = attempt => _reservation.RefuseAsync("o-2", attempt, CancellationToken.None);

        await Assert.ThrowsAsync<DependencyUnavailableException>(() => _reservation.ReserveAsync(SampleOrders.Two(), CancellationToken.None));

        Assert.Equal(3, _asked);
        Assert.Empty(_reserved);
    }

    private async Task<object?> AnswerAsync(string path, string body)
    {
        if (path != "/internal/reservations/batch")
        {
            var change = JsonSerializer.Deserialize<ChangeReservation>(body, ShopJson.Documents)!;
            Assert.Equal("/internal/reservations/release", path);
            _reserved.TryRemove(change.ReservationId, out _);
            return new ChangeReservationResult(Done: true, ReservationState.Released);
        }

        var commands = JsonSerializer.Deserialize<ReserveMany>(body, ShopJson.Documents)!.Commands;
        foreach (var command in commands)
        {
            _reserved[command.ReservationId] = true;
        }

        _asked++;
        await _meanwhile(_asked);
        return new ReserveManyResult([.. commands.Select(_ => new ReserveResult(ReserveOutcome.Reserved, Order: null, Replayed: false, Available: 1))]);
    }
}
